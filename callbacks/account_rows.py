"""The accounts a search finds, as rows of the grid, and the words above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component
from typing_extensions import TypedDict

from callbacks.endless_rows import RowsRequest, response, wanted
from components import filters, messages, view
from components.ids import Accounts
from data_layer.accounts.model import Account, Status, Viewer
from data_layer.accounts.search import AccountFilter, search
from data_layer.book import Book
from data_layer.errors import BadInput
from data_layer.readings.model import Action
from pages.accounts import PATH

Words = Mapping[str, str | Sequence[str]]


class AccountRow(TypedDict):
    """A chosen row of the grid, as far as it is heeded."""

    meter_id: str
    owner_name: str
    email: str
    status: str


SHOWN = (
    "meter_id",
    "owner_name",
    "email",
    "address",
    "region",
    "area",
    "dwelling_type",
    "status",
)
ANY = "any"
STATUSES = ((ANY, "All"), *((status.value, status.value.capitalize()) for status in Status))


def controls(words: Words) -> Component:
    """Search and status as a form that writes the address."""
    search = dbc.Input(
        id="accounts-search",
        type="search",
        name="search",
        value=view.word(words, "search"),
        placeholder="Meter, owner, e-mail, address",
    )
    return view.form(
        [
            html.Div(
                filters.field("Find", search, control_id="accounts-search"), className="field-wide"
            ),
            filters.choice(
                "Status",
                "status",
                STATUSES,
                view.word(words, "status", ANY),
                control_id="accounts-status",
            ),
            dbc.Button("Find", type="submit", outline=True, color="secondary"),
        ],
        PATH,
        store_id=Accounts.VIEW,
        className="controls",
    )


def asked(words: Words) -> AccountFilter:
    """The filter that the address asks for. Raises BadInput."""
    status = view.word(words, "status", ANY)
    if status not in dict(STATUSES):
        raise BadInput(f"status {status[:40]!r} must be any, active or inactive.", field="status")
    return AccountFilter(
        text=view.word(words, "search"), status=None if status == ANY else Status(status)
    )


def count(book: Book, viewer: Viewer, words: Words) -> tuple[str, Component | None]:
    """How many are shown, in words, and what is wrong with the file, if anything; then what is
    said in place of the grid when there are none."""
    book.authorize(viewer, Action.READ_ACCOUNTS)
    everybody = book.accounts.all()
    try:
        shown = search(everybody, asked(words)).total
    except BadInput as error:
        return error.sentence, None
    all_of_them = f"{len(everybody):,} {'account' if len(everybody) == 1 else 'accounts'}"
    said = all_of_them if shown == len(everybody) else f"{shown:,} of {all_of_them}"
    told = f"{said}. {book.accounts.problem}" if book.accounts.problem else said
    return told, None if shown else nothing(is_register_empty=not everybody)


def nothing(*, is_register_empty: bool) -> Component:
    """Why no account is shown, and what to do."""
    if is_register_empty:
        return messages.empty(
            "No accounts yet",
            "Readings are taken of registered meters only. Register the first household above.",
        )
    return messages.empty(
        "No account fits this search",
        "It looks for a part of meter, owner, e-mail or address, among accounts of this status.",
        view.link("Show all accounts", PATH, store_id=Accounts.VIEW, className="btn btn-primary"),
    )


def block(book: Book, viewer: Viewer, request: RowsRequest | None, words: Words) -> dict[str, Any]:
    """One block of rows for the grid."""
    block = wanted(request)
    book.authorize(viewer, Action.READ_ACCOUNTS)
    try:
        filtered = replace(
            asked(words),
            sort_by=block.sort_by if block.sort_by in SHOWN else "meter_id",
            descending=block.descending,
            offset=block.start,
            limit=block.end - block.start,
        )
    except BadInput:
        return response([], 0)
    page = search(book.accounts.all(), filtered)
    return response([_row(account) for account in page.accounts], page.total)


def _row(account: Account) -> dict[str, str]:
    return {name: str(getattr(account, name)) for name in SHOWN}


def chosen_account(chosen: list[AccountRow] | None) -> dict[str, Any]:
    """What stands above the grid once a row is chosen."""
    if not chosen:
        return {
            "text": "Choose a row to see what can be done with it.",
            "no_actions": True,
            "usage": "/",
            "close_label": "Deactivate",
            "close_color": "danger",
            "no_link": True,
        }
    row = chosen[0]
    is_active = row["status"] == Status.ACTIVE.value
    return {
        "text": [html.Strong(row["meter_id"]), f" {row['owner_name']}, {row['status']}"],
        "no_actions": False,
        "usage": view.address("/usage", {}, meter=str(row["meter_id"])),
        "close_label": "Deactivate" if is_active else "Activate",
        "close_color": "danger" if is_active else "secondary",
        "no_link": not row["email"] or not is_active,
    }
