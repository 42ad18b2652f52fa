"""`flask staff`: the people of the utility and of the government."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, answer, password_from_stdin
from cli.home_access import beside_the_server
from data_layer.accounts.model import OPERATOR, Role, StaffMember
from data_layer.accounts.passwords import check_password, hash_password
from data_layer.accounts.rules import check_email

ROLES = (Role.ADMIN.value, Role.GOVERNMENT.value)
staff = AppGroup("staff", help="Add people of the utility and of the government.")


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
    with beside_the_server() as book:
        member = StaffMember(email=email, name=name or email, role=Role(role))
        book.staff.register(member, actor=OPERATOR.name)
        link = None
        if password is None:
            link = f"/set-up/{book.sign_in.issue_link(email, actor=OPERATOR.name)}"
        else:
            book.staff.set_password_hash(email, hash_password(password), actor=OPERATOR.name)
    lines = [f"{email} is added as {role}."]
    if link is not None:
        lines.append(f"To set a password, open this address of the server once: {link}")
    answer({"email": email, "role": role, "name": name or email, "set_up_link": link}, lines)
