"""Bill: the address becomes a question about one meter's bills, and its answer a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output

from api.bill_view import BillView, read_view
from callbacks import bill_page, usage_answers
from components import ids, view
from components.ids import Bill
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import BadInput
from data_layer.readings.model import Action
from security.viewer import current_viewer

ROLES = {Role.HOUSEHOLD, Role.ADMIN}
Words = Mapping[str, str | Sequence[str]]
OUTPUTS = {
    "meters": Output(Bill.METERS, "children"),
    "controls": Output(Bill.CONTROLS, "children"),
    "message": Output(Bill.MESSAGE, "children"),
    "no_sheet": Output(Bill.SHEET, "hidden"),
    "head": Output(Bill.HEAD, "children"),
    "chart": Output(ids.chart_source(Bill.DAYS), "data"),
    "foot": Output(Bill.FOOT, "children"),
    "projection": Output(Bill.PROJECTION, "children"),
    "history": Output(Bill.HISTORY, "children"),
}


def register(app: Dash, book: Book) -> None:
    """Answer each new address."""

    @app.callback(output=OUTPUTS, inputs=[Input(Bill.VIEW, "data")])
    def show(words: Words | None) -> dict[str, Any]:
        given = words or {}
        asked, refused = _view(given)
        seen = usage_answers.seen(book, current_viewer(), asked, action=Action.READ_BILLS)
        return bill_page.page(book, seen, given, asked, refused=refused)


def _view(words: Words) -> tuple[BillView, str]:
    """What the address asks for; when it cannot be read, the newest bill and the reason."""
    asked = {name: view.words(words, name) for name in words}
    try:
        return read_view(asked), ""
    except BadInput as error:
        return read_view({"meter": asked.get("meter", ())}), error.sentence
