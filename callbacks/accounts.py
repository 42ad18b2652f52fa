"""What happens on the accounts page: search, register, modify, close, hand out sign-in links."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html
from dash.exceptions import PreventUpdate

from callbacks import account_acts, account_rows
from callbacks.endless_rows import RowsRequest
from components import ids
from components.account_form import LABELS
from components.ids import Accounts
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import BadInput
from security.viewer import current_viewer

ROLES = {Role.ADMIN}
Chosen = list[account_rows.AccountRow] | None
FIELDS = State(ids.account_field(ALL), "value")  # type: ignore[arg-type]
MESSAGE = Output(Accounts.MESSAGE, "children", allow_duplicate=True)
CHANGED = Output(Accounts.CHANGED, "data", allow_duplicate=True)


def register(app: Dash, book: Book) -> None:
    """The grid with its search, and one callback for each act."""
    _register_grid(app, book)
    _register_form(app, book)
    _register_closing(app, book)
    _register_link(app, book)


def _register_grid(app: Dash, book: Book) -> None:
    @app.callback(Output(Accounts.CONTROLS, "children"), Input(Accounts.VIEW, "data"))
    def show_search(words: account_rows.Words | None) -> Any:
        # Not after a change: what is being typed meanwhile must stay.
        return account_rows.controls(words or {})

    @app.callback(
        Output(Accounts.COUNT, "children"),
        Output(Accounts.EMPTY, "children"),
        Input(Accounts.VIEW, "data"),
        Input(Accounts.CHANGED, "data"),
    )
    def show(words: account_rows.Words | None, _: int | None) -> tuple[Any, ...]:
        return account_rows.count(book, current_viewer(), words or {})

    @app.callback(
        Output(Accounts.GRID, "getRowsResponse"),
        Input(Accounts.GRID, "getRowsRequest"),
        State(Accounts.VIEW, "data"),
    )
    def rows(request: RowsRequest | None, words: account_rows.Words | None) -> dict[str, Any]:
        return account_rows.block(book, current_viewer(), request, words or {})

    app.clientside_callback(
        ClientsideFunction("meterbook", "askAgain"),
        Input(Accounts.VIEW, "data"),
        Input(Accounts.CHANGED, "data"),
        State(Accounts.GRID, "id"),
        prevent_initial_call=True,
    )

    @app.callback(
        output={
            "text": Output(Accounts.SELECTED, "children"),
            "no_actions": Output(Accounts.ACTIONS, "hidden"),
            "usage": Output(Accounts.USAGE, "href"),
            "close_label": Output(Accounts.DEACTIVATE, "children"),
            "close_color": Output(Accounts.DEACTIVATE, "color"),
            "no_link": Output(Accounts.LINK, "disabled"),
        },
        inputs=[Input(Accounts.GRID, "selectedRows")],
    )
    def choose(chosen: Chosen) -> dict[str, Any]:
        return account_rows.chosen_account(chosen)


def _register_form(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "form": Output(Accounts.FORM, "children"),
            "title": Output(Accounts.DIALOG_TITLE, "children"),
            "edited": Output(Accounts.EDITED, "data"),
            "message": Output(Accounts.FORM_MESSAGE, "children", allow_duplicate=True),
            "is_open": Output(Accounts.DIALOG, "is_open", allow_duplicate=True),
        },
        inputs=[Input(Accounts.REGISTER, "n_clicks"), Input(Accounts.MODIFY, "n_clicks")],
        state=[State(Accounts.GRID, "selectedRows")],
        prevent_initial_call=True,
    )
    def open_form(_register: int | None, _modify: int | None, chosen: Chosen) -> dict[str, Any]:
        is_new = ctx.triggered_id == Accounts.REGISTER
        return account_acts.form(book, current_viewer(), "" if is_new else _meter(chosen))

    @app.callback(
        Output(ids.account_words("area"), "children"),
        Input(ids.account_field("region"), "value"),
    )
    def offer_areas(region: str | None) -> list[html.Option]:
        return account_acts.area_suggestions(book, current_viewer(), region or "")

    @app.callback(
        output={
            "errors": Output(ids.account_error(ALL), "children"),  # type: ignore[arg-type]
            "form_message": Output(Accounts.FORM_MESSAGE, "children", allow_duplicate=True),
            "is_open": Output(Accounts.DIALOG, "is_open", allow_duplicate=True),
            "message": MESSAGE,
            "changed": CHANGED,
        },
        inputs=[
            Input(Accounts.SAVE, "n_clicks"),
            Input(ids.account_field(ALL), "n_submit"),  # type: ignore[arg-type]
        ],
        state=[
            FIELDS,
            State(ids.account_field(ALL), "id"),  # type: ignore[arg-type]
            State(Accounts.EDITED, "data"),
            State(Accounts.CHANGED, "data"),
        ],
        prevent_initial_call=True,
    )
    def save(
        _clicks: int | None,
        _entered: list[int | None],
        values: list[str | None],
        names: list[dict[str, str]],
        edited: str | None,
        changed: int | None,
    ) -> dict[str, Any]:
        _require_press()
        given = _filled_in(names, values)
        return account_acts.saved(
            book, current_viewer(), given, edited=edited or "", changed=changed or 0
        )

    @app.callback(
        Output(Accounts.DIALOG, "is_open", allow_duplicate=True),
        Input(Accounts.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )
    def cancel(_: int | None) -> bool:
        return False


def _register_closing(app: Dash, book: Book) -> None:
    @app.callback(
        Output(Accounts.CONFIRM, "is_open", allow_duplicate=True),
        Output(f"{Accounts.CONFIRM}-title", "children"),
        Output(Accounts.CONFIRM_TEXT, "children"),
        Output(Accounts.CONFIRM_YES, "children"),
        Output(Accounts.CONFIRM_YES, "color"),
        Input(Accounts.DEACTIVATE, "n_clicks"),
        State(Accounts.GRID, "selectedRows"),
        prevent_initial_call=True,
    )
    def ask(_: int | None, chosen: Chosen) -> tuple[bool, str, str, str, str]:
        return (True, *account_acts.closing_question(book, current_viewer(), _meter(chosen)))

    @app.callback(
        output={
            "is_open": Output(Accounts.CONFIRM, "is_open", allow_duplicate=True),
            "message": MESSAGE,
            "changed": CHANGED,
        },
        inputs=[Input(Accounts.CONFIRM_YES, "n_clicks")],
        state=[State(Accounts.GRID, "selectedRows"), State(Accounts.CHANGED, "data")],
        prevent_initial_call=True,
    )
    def close(_: int | None, chosen: Chosen, changed: int | None) -> dict[str, Any]:
        return account_acts.closed(book, current_viewer(), _meter(chosen), changed=changed or 0)

    @app.callback(
        Output(Accounts.CONFIRM, "is_open", allow_duplicate=True),
        Input(Accounts.CONFIRM_NO, "n_clicks"),
        prevent_initial_call=True,
    )
    def keep(_: int | None) -> bool:
        return False


def _register_link(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "text": Output(Accounts.LINK_TEXT, "children"),
            "is_open": Output(Accounts.LINK_DIALOG, "is_open", allow_duplicate=True),
            "message": MESSAGE,
        },
        inputs=[Input(Accounts.LINK, "n_clicks")],
        state=[State(Accounts.GRID, "selectedRows")],
        prevent_initial_call=True,
    )
    def hand_out(_: int | None, chosen: Chosen) -> dict[str, Any]:
        return account_acts.link(book, current_viewer(), _meter(chosen))

    @app.callback(
        Output(Accounts.LINK_DIALOG, "is_open", allow_duplicate=True),
        Output(Accounts.LINK_TEXT, "children", allow_duplicate=True),
        Input(Accounts.LINK_CLOSE, "n_clicks"),
        prevent_initial_call=True,
    )
    def forget(_: int | None) -> tuple[bool, str]:
        return False, ""


def _filled_in(names: list[dict[str, str]], values: list[str | None]) -> dict[str, str]:
    """The form by its fields. Raises BadInput unless they are exactly those it shows."""
    given = {each.get("name", ""): value or "" for each, value in zip(names, values, strict=False)}
    if len(names) != len(values) or given.keys() != LABELS.keys():
        raise BadInput("these are not the fields of the form.")
    return given


def _meter(chosen: Chosen) -> str:
    """The chosen row's meter; nothing happens without one."""
    if not chosen:
        raise PreventUpdate
    return chosen[0]["meter_id"]


def _require_press() -> None:
    """Fields that have just appeared were not submitted."""
    if not any(each["value"] for each in ctx.triggered):
        raise PreventUpdate
