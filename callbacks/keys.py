"""What happens on the page of API keys: one is made and shown once, or revoked after a question."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html
from dash.exceptions import PreventUpdate

from callbacks import key_acts
from callbacks.meter_search import meter_options
from components import ids
from components.ids import Keys
from data_layer.accounts.model import Role
from data_layer.book import Book
from security.viewer import current_viewer

ROLES = {Role.ADMIN}
MESSAGE = Output(Keys.MESSAGE, "children", allow_duplicate=True)
CHANGED = Output(Keys.CHANGED, "data", allow_duplicate=True)


def register(app: Dash, book: Book) -> None:
    """The list, and one callback for each step of making and revoking."""

    @app.callback(Output(Keys.TABLE, "children"), Input(Keys.CHANGED, "data"))
    def show(_: int | None) -> Any:
        return key_acts.listed(book, current_viewer())

    _register_making(app, book)
    _register_revoking(app, book)


def _register_making(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "is_open": Output(Keys.DIALOG, "is_open", allow_duplicate=True),
            **_fields(),
            "name": Output(Keys.NAME, "value"),
            "role": Output(Keys.ROLE, "value"),
            "meters": Output(Keys.METERS, "value"),
        },
        inputs=[Input(Keys.MAKE, "n_clicks")],
        prevent_initial_call=True,
    )
    def open_form(_: int | None) -> dict[str, Any]:
        return key_acts.empty_form()

    @app.callback(Output(Keys.METERS_BOX, "hidden"), Input(Keys.ROLE, "value"))
    def ask_for_meters(role: str | None) -> bool:
        return role != Role.HOUSEHOLD.value

    @app.callback(Output(Keys.METER_WORDS, "children"), Input(Keys.METERS, "value"))
    def suggest_meters(text: str | None) -> list[html.Option]:
        return meter_options(book, current_viewer(), text or "")

    @app.callback(
        output={
            "is_open": Output(Keys.DIALOG, "is_open", allow_duplicate=True),
            **_fields(),
            "made": Output(Keys.MADE, "is_open", allow_duplicate=True),
            "text": Output(Keys.MADE_TEXT, "children", allow_duplicate=True),
            "changed": CHANGED,
        },
        inputs=[Input(Keys.SAVE, "n_clicks")],
        state=[
            State(Keys.NAME, "value"),
            State(Keys.ROLE, "value"),
            State(Keys.METERS, "value"),
            State(Keys.CHANGED, "data"),
        ],
        prevent_initial_call=True,
    )
    def make(
        _: int | None,
        name: str | None,
        role: str | None,
        meters: str | None,
        changed: int | None,
    ) -> dict[str, Any]:
        asked = key_acts.Asked(name or "", role or "", meters or "")
        return key_acts.made(book, current_viewer(), asked, changed=changed or 0)

    @app.callback(
        Output(Keys.DIALOG, "is_open", allow_duplicate=True),
        Input(Keys.CANCEL, "n_clicks"),
        prevent_initial_call=True,
    )
    def cancel(_: int | None) -> bool:
        return False

    @app.callback(
        Output(Keys.MADE, "is_open", allow_duplicate=True),
        Input(Keys.MADE_CLOSE, "n_clicks"),
        prevent_initial_call=True,
    )
    def close(_: int | None) -> bool:
        return False

    @app.callback(
        Output(Keys.MADE_TEXT, "children", allow_duplicate=True),
        Input(Keys.MADE, "is_open"),
        prevent_initial_call=True,
    )
    def forget(is_open: bool | None) -> str:  # noqa: FBT001
        if is_open:
            raise PreventUpdate
        return ""


def _fields() -> dict[str, Output]:
    """The sentences of the form, one a field and one for all of it."""
    return {
        "name_error": Output(Keys.NAME_ERROR, "children", allow_duplicate=True),
        "role_error": Output(Keys.ROLE_ERROR, "children", allow_duplicate=True),
        "meters_error": Output(Keys.METERS_ERROR, "children", allow_duplicate=True),
        "form_message": Output(Keys.FORM_MESSAGE, "children", allow_duplicate=True),
    }


def _register_revoking(app: Dash, book: Book) -> None:
    @app.callback(
        Output(Keys.ASKED, "data"),
        Output(Keys.CONFIRM_TEXT, "children"),
        Output(Keys.CONFIRM, "is_open", allow_duplicate=True),
        Input(ids.revoke_key(ALL), "n_clicks"),  # type: ignore[arg-type]
        prevent_initial_call=True,
    )
    def ask(_: list[int | None]) -> tuple[str, str, bool]:
        if not any(each["value"] for each in ctx.triggered):
            raise PreventUpdate  # buttons that have just appeared were not pressed
        key_id = str((ctx.triggered_id or {}).get("key", ""))
        return key_id, key_acts.question(book, current_viewer(), key_id), True

    @app.callback(
        output={
            "is_open": Output(Keys.CONFIRM, "is_open", allow_duplicate=True),
            "message": MESSAGE,
            "changed": CHANGED,
        },
        inputs=[Input(Keys.CONFIRM_YES, "n_clicks")],
        state=[State(Keys.ASKED, "data"), State(Keys.CHANGED, "data")],
        prevent_initial_call=True,
    )
    def revoke(_: int | None, asked: str | None, changed: int | None) -> dict[str, Any]:
        return key_acts.revoked(book, current_viewer(), asked or "", changed=changed or 0)

    @app.callback(
        Output(Keys.CONFIRM, "is_open", allow_duplicate=True),
        Input(Keys.CONFIRM_NO, "n_clicks"),
        prevent_initial_call=True,
    )
    def keep(_: int | None) -> bool:
        return False
