"""`flask staff`: the people of the utility and of the government."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from cli.address import set_up_address
from cli.console import OperatorCommand, aligned, answer, load_settings, password_from_stdin
from cli.home_access import beside_the_server
from data_layer.accounts.model import OPERATOR, Role, StaffMember, Status
from data_layer.accounts.passwords import check_password, hash_password
from data_layer.accounts.rules import check_email
from data_layer.book import Book
from data_layer.errors import Conflict, NotFound

ROLES = (Role.ADMIN.value, Role.GOVERNMENT.value)
staff = AppGroup("staff", help="The people of the utility and of the government.")


@staff.command("add", cls=OperatorCommand, with_appcontext=False)
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--name", default="", help="Full name; the e-mail when not given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
def add(email: str, *, role: str, name: str, password_stdin: bool) -> None:
    """Add EMAIL as staff.

    Without a password, a one-time link is printed with which they set their own.
    """
    email = check_email(email)
    password = password_from_stdin() if password_stdin else None
    if password is not None:
        check_password(password, email=email)
    with beside_the_server(create=True) as book:
        member = StaffMember(email=email, name=name or email, role=Role(role))
        book.staff.register(member, actor=OPERATOR.name)
        link = None
        if password is None:
            link = _issued(book, email)
        else:
            book.staff.set_password_hash(email, hash_password(password), actor=OPERATOR.name)
    lines = [f"{email} is added as {role}."]
    if link is not None:
        lines.append(_to_open(link))
    answer({"email": email, "role": role, "name": name or email, "set_up_link": link}, lines)


@staff.command("list", cls=OperatorCommand, with_appcontext=False)
def list_staff() -> None:
    """List everybody who is or was staff."""
    with beside_the_server() as book:
        members = book.staff.all()
    facts = [_facts(member) for member in members]
    heads = ("e-mail", "name", "role", "status", "password")
    rows = [[_text(value) for value in row.values()] for row in facts]
    answer({"staff": facts}, aligned([heads, *rows]))


@staff.command("link", cls=OperatorCommand, with_appcontext=False)
@click.argument("email")
def link(email: str) -> None:
    """Print a one-time link with which EMAIL sets a new password.

    The old password works until the link is used; a link issued earlier works no more.
    """
    with beside_the_server() as book:
        member = _known(book, email)
        if member.status is Status.INACTIVE:
            raise Conflict(f"{member.email} is inactive: a password would not help.", field="email")
        address = _issued(book, member.email)
    answer({"email": member.email, "set_up_link": address}, [_to_open(address)])


@staff.command("deactivate", cls=OperatorCommand, with_appcontext=False)
@click.argument("email")
def deactivate(email: str) -> None:
    """Close EMAIL's sign-in and end their sessions; the last active admin stays."""
    with beside_the_server() as book:
        member = book.staff.deactivate(email, actor=OPERATOR.name)
        book.sessions.end_all(member.email)
    answer(_facts(member), [f"{member.email} is inactive and signed out everywhere."])


def _known(book: Book, email: str) -> StaffMember:
    member = book.staff.get(email)
    if member is None:
        raise NotFound(f"{email!r} is not registered as staff.", field="email")
    return member


def _issued(book: Book, email: str) -> str:
    token = book.sign_in.issue_link(email, actor=OPERATOR.name)
    return set_up_address(load_settings(), token)


def _to_open(link: str) -> str:
    return f"To set a password, open once, within 24 hours: {link}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "set" if value else "none yet"
    return str(value)


def _facts(member: StaffMember) -> dict[str, object]:
    """Everything but the password hash."""
    return {
        "email": member.email,
        "name": member.name,
        "role": member.role.value,
        "status": member.status.value,
        "has_password": bool(member.password_hash),
    }
