"""`flask account`: households and their meters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, aligned, answer, password_from_stdin, tell
from cli.home_access import beside_the_server
from data_layer.accounts.model import OPERATOR, Account
from data_layer.accounts.passwords import check_password, hash_password
from data_layer.accounts.rules import check_email, check_sanctioned_kw
from data_layer.book import Book
from data_layer.errors import BadInput, NotFound

SHOWN = ("meter_id", "owner_name", "email", "region", "area", "dwelling_type", "status")
Function = TypeVar("Function", bound=Callable[..., object])
account = AppGroup("account", help="Register, list, modify and deactivate accounts.")


def _attributes(function: Function) -> Function:
    """Options that `add` and `modify` share, each named like its column in users.csv."""
    for option, text in (
        ("--sanctioned-kw", "Load in kW the supply is sanctioned for."),
        ("--moved-in", "Date the occupant moved in; nothing earlier is shown to them."),
        ("--tariff-code", "Code of the tariff."),
        ("--dwelling-type", "For example 4-room."),
        ("--postcode", "Postcode."),
        ("--area", "Planning area inside the region."),
        ("--region", "Region."),
        ("--email", "E-mail with which the household signs in."),
    ):
        function = click.option(option, help=text)(function)
    return function


@account.command("add", cls=OperatorCommand, with_appcontext=False)
@click.option("--meter", "meter_id", required=True, help="Meter id, for example 531-204-118.")
@click.option("--owner", "owner_name", required=True, help="Name of the owner.")
@click.option("--address", required=True, help="Address of the meter.")
@_attributes
@click.option("--password-stdin", is_flag=True, help="Read the household's password from stdin.")
def add(*, password_stdin: bool, sanctioned_kw: str | None, **attributes: str | None) -> None:
    """Register an account."""
    new = Account(**_given(attributes))
    load = check_sanctioned_kw(sanctioned_kw or "")
    password = _password(new.email) if password_stdin else None
    with beside_the_server(create=True) as book:
        kept = book.accounts.register(new, actor=OPERATOR.name)
        book.supplies.sanction(kept.meter_id, load, actor=OPERATOR.name)
        if password is not None:
            kept = _with_password(book, kept, password)
        facts = {**_facts(book, kept), "warnings": _warned(book, kept)}
    answer(facts, [f"Meter {kept.meter_id} is registered to {kept.owner_name}."])


@account.command("list", cls=OperatorCommand, with_appcontext=False)
@click.argument("text", default="")
def list_accounts(text: str) -> None:
    """List accounts, or those that hold TEXT in meter, owner, e-mail or address."""
    with beside_the_server() as book:
        found = [one for one in book.accounts.all() if _holds(one, text)]
        facts = [_facts(book, one) for one in found]
    rows = [tuple(str(getattr(one, name)) for name in SHOWN) for one in found]
    answer({"accounts": facts}, aligned([SHOWN, *rows]))


@account.command("modify", cls=OperatorCommand, with_appcontext=False)
@click.argument("meter_id")
@click.option("--owner", "owner_name", help="Name of the owner.")
@click.option("--address", help="Address of the meter.")
@_attributes
@click.option("--password-stdin", is_flag=True, help="Read the household's password from stdin.")
def modify(
    meter_id: str, *, password_stdin: bool, sanctioned_kw: str | None, **attributes: str | None
) -> None:
    """Change what is given of the account of METER_ID; an empty text clears it."""
    given = _given(attributes)
    load = check_sanctioned_kw(sanctioned_kw or "")
    with beside_the_server() as book:
        present = book.accounts.get(meter_id)
        if present is None:
            raise NotFound(f"meter {meter_id[:40]!r} is not known.", field="meter_id")
        new = replace(present, **given)
        password = _password(new.email) if password_stdin else None
        kept = book.accounts.modify(new, actor=OPERATOR.name)
        if sanctioned_kw is not None:
            book.supplies.sanction(meter_id, load, actor=OPERATOR.name)
        if password is not None:
            kept = _with_password(book, kept, password)
        facts = {**_facts(book, kept), "warnings": _warned(book, kept)}
    answer(facts, [f"Meter {kept.meter_id} is modified."])


@account.command("deactivate", cls=OperatorCommand, with_appcontext=False)
@click.argument("meter_id")
def deactivate(meter_id: str) -> None:
    """Close the account of METER_ID; its history stays in every total."""
    with beside_the_server() as book:
        kept = book.accounts.deactivate(meter_id, actor=OPERATOR.name)
        facts = _facts(book, kept)
    answer(facts, [f"Meter {kept.meter_id} is {kept.status.value}."])


def _given(attributes: dict[str, str | None]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _password(email: str) -> str:
    """The password from stdin, once it satisfies the policy; before anything is changed."""
    if not email:
        raise BadInput("email is missing: a password belongs to one.", field="email")
    password = password_from_stdin()
    check_password(password, email=check_email(email))
    return password


def _with_password(book: Book, one: Account, password: str) -> Account:
    """Set the household's password and sign it out everywhere; the account as it is now."""
    book.accounts.set_password_hash(one.email, hash_password(password), actor=OPERATOR.name)
    book.sessions.end_all(one.email)
    return book.accounts.get(one.meter_id) or one


def _facts(book: Book, one: Account) -> dict[str, object]:
    """An account without its hash, with the load of its supply."""
    facts: dict[str, object] = {
        name: str(value) for name, value in asdict(one).items() if name != "password_hash"
    }
    load = book.supplies.sanctioned_kw(one.meter_id)
    more = {"sanctioned_kw": f"{load:f}" if load else "", "has_password": bool(one.password_hash)}
    return {**facts, **more}


def _warned(book: Book, one: Account) -> list[str]:
    """What is amiss with the account's tariff, told and given back."""
    warnings = book.tariffs.warnings_of([one.tariff_code])[one.tariff_code]
    for sentence in warnings:
        tell(f"Warning: {sentence}")
    return warnings


def _holds(one: Account, text: str) -> bool:
    wanted = text.casefold()
    return any(
        wanted in value.casefold()
        for value in (one.meter_id, one.owner_name, one.email, one.address)
    )
