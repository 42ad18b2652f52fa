"""The bills a filter finds, as rows of the grid, with the fields above it and the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component
from typing_extensions import TypedDict

from api import bill_words
from api.bill_filter import SORTS, read_bill_filter
from callbacks.endless_rows import RowsRequest, response, wanted
from components import filters, messages, view
from components.ids import Billing
from data_layer.accounts.model import Viewer
from data_layer.accounts.rules import check_meter_id
from data_layer.billing import lists, operations, queries
from data_layer.billing.model import Bill
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError
from data_layer.readings.model import Action
from pages.billing import PATH

Words = Mapping[str, str | Sequence[str]]


class BillRow(TypedDict):
    """A chosen row of the grid, as far as it is heeded."""

    meter_id: str
    month: str


def around(words: Words) -> dict[str, Any]:
    """Everything around the grid: fields, what could not be read of the address, the export."""
    refused: Component | str = ""
    try:
        read_bill_filter(_lists(words))
    except BadInput as error:
        refused = messages.error(error.sentence)
    return {
        "controls": _controls(words),
        "message": refused,
        "export": html.A(
            "All these bills as CSV",
            href=view.address("/exports/bills.csv", words),
            className="btn btn-outline-secondary",
            download="",
        ),
    }


def _controls(words: Words) -> Component:
    """The filter as a form that writes the address."""
    month, meter = "billing-filter-month", "billing-filter-meter"
    month_field = dbc.Input(
        id=month, type="month", name="month", value=view.word(words, "month"), placeholder="2026-10"
    )
    meter_field = dbc.Input(
        id=meter,
        type="search",
        name="meter",
        value=view.word(words, "meter"),
        placeholder="part of its id",
        autocomplete="off",
    )
    return view.form(
        [
            filters.field("Month", month_field, control_id=month),
            filters.field("Meter", meter_field, control_id=meter),
            dbc.Button("Filter", type="submit", outline=True, color="secondary"),
            view.link("Clear", PATH, store_id=Billing.VIEW, className="btn btn-link"),
        ],
        PATH,
        store_id=Billing.VIEW,
        keep={name: word for name, word in words.items() if name == "sort"},
        className="controls",
    )


def block(
    book: Book, viewer: Viewer, request: RowsRequest | None, words: Words
) -> tuple[dict[str, Any], str, Component | None]:
    """One block of rows, how many there are in words, and what is said when there are none."""
    asked = wanted(request)
    scope = book.authorize(viewer, Action.READ_BILLS)
    try:
        filtered = read_bill_filter(_lists(words))
    except BadInput as error:
        return response([], 0), error.sentence, None
    by_column = asked.sort_by in SORTS
    page = lists.find(
        book.billing,
        scope,
        replace(
            filtered,
            sort_by=SORTS[asked.sort_by] if by_column else filtered.sort_by,
            descending=asked.descending if by_column else filtered.descending,
            offset=asked.start,
            limit=asked.end - asked.start,
        ),
    )
    rows = [_row(book, bill) for bill in page.bills]
    return response(rows, page.total), _counted(page.total), None if page.total else _nothing(words)


def _counted(total: int) -> str:
    if not total:
        return "No bills"
    return f"{total:,} {'bill' if total == 1 else 'bills'}, the newest version of each"


def _nothing(words: Words) -> Component:
    """Why no bill is shown, and what to do."""
    if any(word for name, word in words.items() if name in ("month", "meter")):
        return messages.empty(
            "No bill fits this filter",
            "Nothing was billed that fits month and meter at once. Widen it, or clear it.",
            view.link("Clear the filter", PATH, store_id=Billing.VIEW, className="btn btn-primary"),
            symbol="receipt",
        )
    return messages.empty(
        "No bills yet",
        "An account is billed once it has a tariff and a month of readings is over. Give accounts "
        "a tariff, then bill a month above.",
        html.A("Tariffs", href="/tariffs", className="btn btn-outline-secondary"),
        html.A("Accounts", href="/accounts", className="btn btn-outline-secondary"),
        symbol="receipt",
    )


def _row(book: Book, bill: Bill) -> dict[str, object]:
    return {
        "key": f"{bill.meter_id}|{bill.month}|{bill.version}",
        "month": bill.month,
        "meter_id": bill.meter_id,
        "owner_name": bill.owner_name,
        "consumption_kwh": bill.consumption_wh / 1000,
        "gross": bill_words.money(bill.gross, bill),
        "version": bill.version,
        "made_at": book.zone.local(bill.made_at).strftime("%Y-%m-%d %H:%M"),
        "reason": bill.reason,
    }


def chosen_bill(book: Book, viewer: Viewer, chosen: list[BillRow] | None) -> dict[str, Any]:
    """What stands above the grid once a bill is chosen: its amount and every version of it."""
    scope = book.authorize(viewer, Action.READ_BILLS)
    found: list[Bill] = []
    if chosen:
        row = chosen[0]
        meter_id, month = check_meter_id(row["meter_id"]), row["month"]
        found = queries.versions(book.billing, scope, meter_id=meter_id, month=month)
    if not found:
        text = "Choose a row to see every version of its bill."
        return {"text": text, "no_actions": True, "pdf": "/"}
    newest = found[0]
    told = (
        f" {newest.owner_name}, {bill_words.month_name(newest)}: "
        f"{bill_words.money(newest.gross, newest)} for {bill_words.kwh(newest.consumption_wh)}"
    )
    versions = html.Ul(
        [_version(book, bill, is_newest=bill is newest) for bill in found], className="reasons"
    )
    return {
        "text": [html.Strong(_sheet(newest)), told, versions],
        "no_actions": False,
        "pdf": _pdf(newest),
    }


def _sheet(bill: Bill) -> html.A:
    """The bill as its household sees it."""
    href = view.address("/bill", {}, meter=bill.meter_id, month=bill.month)
    return html.A(bill.meter_id, href=href, title="The bill as its household sees it")


def _version(book: Book, bill: Bill, *, is_newest: bool) -> html.Li:
    """When and why a version was made; an earlier one has its own link."""
    told = f"{bill_words.made(bill, book.zone)}, {bill_words.money(bill.gross, bill)}"
    if is_newest:
        return html.Li(told)
    return html.Li([f"{told}. ", html.A("Its PDF", href=_pdf(bill), download="")])


def _pdf(bill: Bill) -> str:
    path = f"/exports/bills/{bill.month}.pdf"
    return view.address(path, {}, meter_id=bill.meter_id, version=str(bill.version))


def made_again(book: Book, viewer: Viewer, row: BillRow) -> tuple[Component, str]:
    """The chosen bill made anew from the readings there are now; what came of it, in words."""
    meter_id, month = row["meter_id"], row["month"]
    try:
        scope = book.authorize(viewer, Action.MANAGE_BILLS, meter_id)
        issued = operations.issue(book.billing, scope, meter_id=meter_id, month=month)
    except MeterbookError as error:
        return messages.error(error.sentence), ""
    bill = issued.bill
    which = f"the bill of {meter_id} for {bill_words.month_name(bill)}"
    if not issued.is_new:
        said = f"Nothing has changed: {which} stays as it is, version {bill.version}."
        return messages.success(said), ""
    said = f"Version {bill.version} of {which} is made: {bill.reason}."
    return messages.success(said), f"{meter_id} {month} {bill.version}"


def _lists(words: Words) -> dict[str, tuple[str, ...]]:
    return {name: view.words(words, name) for name in words}
