"""What happens on the readings page: filter, page through, export, correct."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks import corrections, reading_rows
from callbacks.endless_rows import RowsRequest
from components.ids import Readings
from data_layer.accounts.model import Role
from data_layer.book import Book
from security.viewer import current_viewer

ROLES = {Role.ADMIN}
Chosen = list[reading_rows.ReadingRow] | None


def register(app: Dash, book: Book) -> None:
    """The grid with its filters, and the dialog that corrects a reading."""
    _register_grid(app, book)
    _register_dialog(app, book)


def _register_grid(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "controls": Output(Readings.CONTROLS, "children"),
            "message": Output(Readings.MESSAGE, "children", allow_duplicate=True),
            "export": Output(Readings.EXPORT, "children"),
        },
        inputs=[Input(Readings.VIEW, "data")],
        prevent_initial_call="initial_duplicate",
    )
    def show(words: reading_rows.Words | None) -> dict[str, Any]:
        return reading_rows.around(book, words or {})

    @app.callback(
        Output(Readings.GRID, "getRowsResponse"),
        Output(Readings.COUNT, "children"),
        Output(Readings.EMPTY, "children"),
        Input(Readings.GRID, "getRowsRequest"),
        State(Readings.VIEW, "data"),
    )
    def rows(request: RowsRequest | None, words: reading_rows.Words | None) -> tuple[Any, ...]:
        return reading_rows.block(book, current_viewer(), request, words or {})

    app.clientside_callback(
        ClientsideFunction("meterbook", "askAgain"),
        Input(Readings.VIEW, "data"),
        Input(Readings.CHANGED, "data"),
        State(Readings.GRID, "id"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("meterbook", "sorted"),
        Input(Readings.GRID, "columnState"),
        State(Readings.VIEW, "id"),
        prevent_initial_call=True,
    )


def _register_dialog(app: Dash, book: Book) -> None:
    @app.callback(
        Output(Readings.SELECTED, "children"),
        Output(Readings.CORRECT, "disabled"),
        Input(Readings.GRID, "selectedRows"),
    )
    def choose(chosen: Chosen) -> tuple[Any, bool]:
        return corrections.chosen_reading(book, current_viewer(), chosen), not chosen

    @app.callback(
        output={
            "is_open": Output(Readings.DIALOG, "is_open", allow_duplicate=True),
            "text": Output(Readings.DIALOG_TEXT, "children"),
            "value": Output(Readings.VALUE, "value"),
            "withdraw": Output(Readings.WITHDRAW, "value"),
            "reason": Output(Readings.REASON, "value"),
            "value_error": Output(Readings.VALUE_ERROR, "children", allow_duplicate=True),
            "reason_error": Output(Readings.REASON_ERROR, "children", allow_duplicate=True),
        },
        inputs=[Input(Readings.CORRECT, "n_clicks")],
        state=[State(Readings.GRID, "selectedRows")],
        prevent_initial_call=True,
    )
    def open_dialog(_: int | None, chosen: Chosen) -> dict[str, Any]:
        return corrections.opened(book, current_viewer(), _row(chosen))

    @app.callback(
        output={
            "is_open": Output(Readings.DIALOG, "is_open", allow_duplicate=True),
            "value_error": Output(Readings.VALUE_ERROR, "children", allow_duplicate=True),
            "reason_error": Output(Readings.REASON_ERROR, "children", allow_duplicate=True),
            "message": Output(Readings.MESSAGE, "children", allow_duplicate=True),
            "changed": Output(Readings.CHANGED, "data"),
        },
        inputs=[Input(Readings.SAVE, "n_clicks")],
        state=[
            State(Readings.GRID, "selectedRows"),
            State(Readings.VALUE, "value"),
            State(Readings.WITHDRAW, "value"),
            State(Readings.REASON, "value"),
            State(Readings.CHANGED, "data"),
        ],
        prevent_initial_call=True,
    )
    def save(
        _: int | None,
        chosen: Chosen,
        value: str | None,
        withdraw: bool | None,  # noqa: FBT001
        reason: str | None,
        changed: int | None,
    ) -> dict[str, Any]:
        asked = corrections.Asked(_row(chosen), value or "", bool(withdraw), reason or "")
        return corrections.saved(book, current_viewer(), asked, changed=changed or 0)

    @app.callback(
        Output(Readings.DIALOG, "is_open", allow_duplicate=True),
        Input(Readings.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )
    def cancel(_: int | None) -> bool:
        return False


def _row(chosen: Chosen) -> reading_rows.ReadingRow:
    """The chosen row; nothing happens without one."""
    if not chosen:
        raise PreventUpdate
    return chosen[0]
