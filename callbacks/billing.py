"""What happens on the bills page: a month is billed and followed; bills are found, made again."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks import bill_rows, bill_run
from callbacks.endless_rows import RowsRequest
from components.ids import Billing
from data_layer.accounts.model import Role
from data_layer.book import Book
from security.viewer import current_viewer

ROLES = {Role.ADMIN}
Chosen = list[bill_rows.BillRow] | None
CHANGED = Output(Billing.CHANGED, "data", allow_duplicate=True)


def register(app: Dash, book: Book) -> None:
    """Billing a month, the grid with its filter, and the chosen bill."""
    _register_run(app, book)
    _register_grid(app, book)
    _register_chosen(app, book)


def _register_run(app: Dash, book: Book) -> None:
    @app.callback(Output(Billing.MONTH, "value"), Input(Billing.VIEW, "id"))
    def suggest(_: str | None) -> str:
        return bill_run.usual_month(book)

    @app.callback(
        output={
            "is_open": Output(Billing.CONFIRM, "is_open", allow_duplicate=True),
            "error": Output(Billing.MONTH_ERROR, "children", allow_duplicate=True),
            "asked": Output(Billing.ASKED, "data"),
            "title": Output(f"{Billing.CONFIRM}-title", "children"),
            "text": Output(Billing.CONFIRM_TEXT, "children"),
        },
        inputs=[Input(Billing.FORM, "n_submit")],
        state=[State(Billing.MONTH, "value")],
        prevent_initial_call=True,
    )
    def ask(_: int | None, month: str | None) -> dict[str, Any]:
        return bill_run.question(book, current_viewer(), (month or "").strip())

    @app.callback(
        Output(Billing.CONFIRM, "is_open", allow_duplicate=True),
        Output(Billing.MONTH_ERROR, "children", allow_duplicate=True),
        Output(Billing.POLL, "disabled", allow_duplicate=True),
        Input(Billing.CONFIRM_YES, "n_clicks"),
        State(Billing.ASKED, "data"),
        prevent_initial_call=True,
    )
    def begin(_: int | None, asked: str | None) -> tuple[bool, str, bool]:
        refused = bill_run.begun(book, current_viewer(), asked or "")
        return False, refused, bool(refused)

    @app.callback(
        Output(Billing.CONFIRM, "is_open", allow_duplicate=True),
        Input(Billing.CONFIRM_NO, "n_clicks"),
        prevent_initial_call=True,
    )
    def leave(_: int | None) -> bool:
        return False

    @app.callback(
        Output(Billing.OUTCOME, "children"),
        Output(Billing.POLL, "disabled", allow_duplicate=True),
        CHANGED,
        Input(Billing.POLL, "n_intervals"),
        prevent_initial_call="initial_duplicate",
    )
    def follow(looks: int | None) -> tuple[Any, bool, Any]:
        drawn, job = bill_run.followed(book, current_viewer())
        is_over = job is None or job.finished
        has_ended = bool(looks) and job is not None and is_over
        return drawn, is_over, f"job {job.id}" if job and has_ended else no_update


def _register_grid(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "controls": Output(Billing.CONTROLS, "children"),
            "message": Output(Billing.MESSAGE, "children", allow_duplicate=True),
            "export": Output(Billing.EXPORT, "children"),
        },
        inputs=[Input(Billing.VIEW, "data")],
        prevent_initial_call="initial_duplicate",
    )
    def show(words: bill_rows.Words | None) -> dict[str, Any]:
        return bill_rows.around(words or {})

    @app.callback(
        Output(Billing.GRID, "getRowsResponse"),
        Output(Billing.COUNT, "children"),
        Output(Billing.EMPTY, "children"),
        Input(Billing.GRID, "getRowsRequest"),
        State(Billing.VIEW, "data"),
    )
    def rows(request: RowsRequest | None, words: bill_rows.Words | None) -> tuple[Any, ...]:
        return bill_rows.block(book, current_viewer(), request, words or {})

    app.clientside_callback(
        ClientsideFunction("meterbook", "askAgain"),
        Input(Billing.VIEW, "data"),
        Input(Billing.CHANGED, "data"),
        State(Billing.GRID, "id"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("meterbook", "sorted"),
        Input(Billing.GRID, "columnState"),
        State(Billing.VIEW, "id"),
        prevent_initial_call=True,
    )


def _register_chosen(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "text": Output(Billing.SELECTED, "children"),
            "no_actions": Output(Billing.ACTIONS, "hidden"),
            "pdf": Output(Billing.PDF, "href"),
        },
        inputs=[Input(Billing.GRID, "selectedRows")],
    )
    def choose(chosen: Chosen) -> dict[str, Any]:
        return bill_rows.chosen_bill(book, current_viewer(), chosen)

    @app.callback(
        Output(Billing.MESSAGE, "children", allow_duplicate=True),
        CHANGED,
        Input(Billing.AGAIN, "n_clicks"),
        State(Billing.GRID, "selectedRows"),
        prevent_initial_call=True,
    )
    def make_again(_: int | None, chosen: Chosen) -> tuple[Any, Any]:
        if not chosen:
            raise PreventUpdate
        said, changed = bill_rows.made_again(book, current_viewer(), chosen[0])
        return said, changed or no_update
