"""REST: accounts are registered, found, modified and closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
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
from api.parameters import meter_id, one_of, optional, page, parameters, text
from api.reference import Call
from data_layer.accounts.model import Account, AccountType, Role, Status
from data_layer.accounts.rules import check_meter_id
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
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        kept = book.accounts.register(account, actor=viewer.name)
        message = f"meter {kept.meter_id} is registered to {kept.owner_name}"
        return json_answer({"meter_id": kept.meter_id, "message": message})

    @door.get("/api/accounts")
    def find() -> Response:
        given = parameters(*AccountsAsked.model_fields)
        offset, limit = page(given)
        status = one_of(given, "status", list(Status)) if given.get("status") else None
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
        return json_answer({"accounts": [*map(_facts, found.accounts)], "total": found.total})

    @door.get("/api/accounts/<path:meter>")
    def show(meter: str) -> Response:
        parameters()
        book = book_of()
        book.authorize(current_viewer(), Action.READ_ACCOUNTS)
        return json_answer(_facts(_account(book, meter)))

    @door.patch("/api/accounts/<path:meter>")
    def modify(meter: str) -> Response:
        given = parameters(*ChangedAccount.model_fields)
        changes: dict[str, Any] = {name: optional(given, name) for name in given}
        if "account_type" in given:
            changes["account_type"] = AccountType(one_of(given, "account_type", list(AccountType)))
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        changed = replace(_account(book, meter), **changes)
        return json_answer(_facts(book.accounts.modify(changed, actor=viewer.name)))

    def set_open(meter: str, *, is_open: bool) -> Response:
        parameters()
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.MANAGE_ACCOUNTS)
        act = book.accounts.activate if is_open else book.accounts.deactivate
        return json_answer(_facts(act(_account(book, meter).meter_id, actor=viewer.name)))

    @door.post("/api/accounts/<path:meter>/deactivate")
    def deactivate(meter: str) -> Response:
        return set_open(meter, is_open=False)

    @door.post("/api/accounts/<path:meter>/activate")
    def activate(meter: str) -> Response:
        return set_open(meter, is_open=True)

    return door


def _account(book: Book, meter: str) -> Account:
    """The account of a meter. Raises BadInput, NotFound."""
    account = book.accounts.get(check_meter_id(meter))
    if account is None:
        raise unknown_meter(meter)
    return account


def _facts(account: Account) -> dict[str, object]:
    """An account without its hash."""
    facts: dict[str, object] = asdict(account)
    return facts | {"has_password": bool(facts.pop("password_hash"))}
