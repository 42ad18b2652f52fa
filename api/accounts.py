"""REST: accounts are registered, found, modified and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from api.account_contract import (
    AccountAnswer,
    AccountRegistered,
    AccountsAnswer,
    AccountsAsked,
    ChangedAccount,
    NewAccount,
)
from api.answers import json_answer
from api.parameters import Given, decimal, meter_id, one_of, optional, page, parameters, text
from api.reference import Call
from data_layer.accounts.model import Account, AccountType, Role, Status
from data_layer.accounts.rules import check_meter_id, check_sanctioned_kw
from data_layer.accounts.search import AccountFilter, search
from data_layer.book import Book
from data_layer.readings.model import Action
from data_layer.readings.room import unknown_meter
from security import policy
from security.viewer import current_viewer

CALLS = {
    "accounts.register_account": Call("Register an account", NewAccount, AccountRegistered),
    "accounts.find": Call("Find accounts", AccountsAsked, AccountsAnswer),
    "accounts.show": Call("Show an account", None, AccountAnswer),
    "accounts.modify": Call("Change an account", ChangedAccount, AccountAnswer),
    "accounts.deactivate": Call("Close an account; its history stays", None, AccountAnswer),
    "accounts.activate": Call("Open a closed account again", None, AccountAnswer),
}
OPTIONAL = ("region", "area", "postcode", "dwelling_type", "email", "tariff_code", "moved_in")


def accounts(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: POST /api/register_account, /api/accounts and below."""
    door = Blueprint("accounts", __name__)
    for name in CALLS:
        policy.allow(name, {Role.ADMIN}, takes_keys=True)

    @door.post("/api/register_account")
    def register_account() -> Response:
        given = parameters(*NewAccount.model_fields)
        others: dict[str, Any] = {name: optional(given, name) for name in OPTIONAL}
        required = (meter_id(given), text(given, "owner_name"), text(given, "address"))
        account = Account(*required, **others)
        load = check_sanctioned_kw(decimal(given, "sanctioned_kw"))
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        kept = book.accounts.register(account, actor=viewer.name)
        book.supplies.sanction(kept.meter_id, load, actor=viewer.name)
        message = f"meter {kept.meter_id} is registered to {kept.owner_name}"
        warnings = _warnings(book, kept)
        return json_answer({"meter_id": kept.meter_id, "message": message, "warnings": warnings})

    @door.get("/api/accounts")
    def find() -> Response:
        given = parameters(*AccountsAsked.model_fields)
        offset, limit = page(given)
        is_narrowed = given.get("status") is not None
        status = one_of(given, "status", list(Status)) if is_narrowed else None
        book = book_of()
        book.authorize(current_viewer(), Action.READ_ACCOUNTS)
        wanted = AccountFilter(
            text=optional(given, "search"),
            region=optional(given, "region"),
            area=optional(given, "area"),
            dwelling_type=optional(given, "dwelling_type"),
            status=None if status is None else Status(status),
            offset=offset,
            limit=limit,
        )
        found = search(book.accounts.all(), wanted)
        shown = _facts(book, book.supplies.all(), found.accounts)
        return json_answer({"accounts": shown, "total": found.total})

    @door.get("/api/accounts/<path:meter>")
    def show(meter: str) -> Response:
        parameters()
        book = book_of()
        book.authorize(current_viewer(), Action.READ_ACCOUNTS)
        return json_answer(_shown(book, _account(book, meter)))

    @door.patch("/api/accounts/<path:meter>")
    def modify(meter: str) -> Response:
        given = parameters(*ChangedAccount.model_fields)
        changes = _changes(given)
        load = check_sanctioned_kw(decimal(given, "sanctioned_kw"))
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        changed = replace(_account(book, meter), **changes)
        kept = book.accounts.modify(changed, actor=viewer.name)
        if "sanctioned_kw" in given:
            book.supplies.sanction(kept.meter_id, load, actor=viewer.name)
        return json_answer(_shown(book, kept))

    def set_open(meter: str, *, is_open: bool) -> Response:
        parameters()
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        act = book.accounts.activate if is_open else book.accounts.deactivate
        return json_answer(_shown(book, act(_account(book, meter).meter_id, actor=viewer.name)))

    @door.post("/api/accounts/<path:meter>/deactivate")
    def deactivate(meter: str) -> Response:
        return set_open(meter, is_open=False)

    @door.post("/api/accounts/<path:meter>/activate")
    def activate(meter: str) -> Response:
        return set_open(meter, is_open=True)

    return door


def _changes(given: Given) -> dict[str, Any]:
    """What is to be another in users.csv. Raises BadInput."""
    texts = given.keys() - {"sanctioned_kw"}
    changes: dict[str, Any] = {name: optional(given, name) for name in texts}
    if "account_type" in given:
        changes["account_type"] = AccountType(one_of(given, "account_type", list(AccountType)))
    return changes


def _account(book: Book, meter: str) -> Account:
    """The account of a meter. Raises BadInput, NotFound."""
    account = book.accounts.get(check_meter_id(meter))
    if account is None:
        raise unknown_meter(meter)
    return account


def _shown(book: Book, account: Account) -> dict[str, object]:
    """One account as it is told."""
    loads = {account.meter_id: book.supplies.sanctioned_kw(account.meter_id)}
    (facts,) = _facts(book, loads, [account])
    return facts


def _warnings(book: Book, account: Account) -> list[str]:
    return book.tariffs.warnings_of([account.tariff_code])[account.tariff_code]


def _facts(
    book: Book, loads: Mapping[str, Decimal], accounts: Sequence[Account]
) -> list[dict[str, object]]:
    """Accounts without their hashes, with the loads of their supplies."""
    told: list[dict[str, object]] = []
    warnings = book.tariffs.warnings_of({account.tariff_code for account in accounts})
    for account in accounts:
        facts: dict[str, object] = asdict(account)
        load = loads.get(account.meter_id)
        facts["sanctioned_kw"] = f"{load:f}" if load else None
        facts["warnings"] = warnings[account.tariff_code]
        told.append(facts | {"has_password": bool(facts.pop("password_hash"))})
    return told
