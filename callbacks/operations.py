"""What happens on the operations page: it looks every second, and begins work when told to."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, ctx

from callbacks import home_state, work
from components.ids import LOGS, Operations
from data_layer.accounts.model import Role
from data_layer.book import Book
from security.viewer import current_viewer

ROLES = {Role.ADMIN}


def register(app: Dash, book: Book) -> None:
    """The state as it is now, and the acts with their question before."""

    @app.callback(
        output={
            "health": Output(Operations.HEALTH, "children"),
            "cards": Output(Operations.CARDS, "children"),
            "running": Output(Operations.RUNNING, "children"),
            "history": Output(Operations.HISTORY, "children"),
            "log": Output(Operations.LOG, "children"),
            "acts": Output(Operations.AUDIT, "children"),
            "stop": Output(Operations.STOP, "style"),
            "resume": Output(Operations.RESUME, "style"),
            "interval": Output(Operations.POLL, "interval"),
        },
        inputs=[Input(Operations.POLL, "n_intervals"), Input(Operations.LOG_CHOICE, "value")],
    )
    def look(_: int | None, log: str | None) -> dict[str, Any]:
        return home_state.shown(book, current_viewer(), log or LOGS[0])

    @app.callback(
        Output(Operations.ASKED, "data"),
        Output(f"{Operations.CONFIRM}-title", "children"),
        Output(Operations.CONFIRM_TEXT, "children"),
        Output(Operations.CONFIRM, "is_open", allow_duplicate=True),
        Input(Operations.END_DAY, "n_clicks"),
        Input(Operations.BACK_UP, "n_clicks"),
        Input(Operations.RESTORE, "n_clicks"),
        Input(Operations.STOP, "n_clicks"),
        Input(Operations.RESUME, "n_clicks"),
        prevent_initial_call=True,
    )
    def ask(*_clicks: int | None) -> tuple[str, str, str, bool]:
        return (*work.question(str(ctx.triggered_id)), True)

    @app.callback(
        Output(Operations.MESSAGE, "children"),
        Output(Operations.CONFIRM, "is_open", allow_duplicate=True),
        Output(Operations.POLL, "interval", allow_duplicate=True),
        Input(Operations.CONFIRM_YES, "n_clicks"),
        State(Operations.ASKED, "data"),
        prevent_initial_call=True,
    )
    def begin(_: int | None, asked: str | None) -> tuple[Any, bool, int]:
        return work.begun(book, current_viewer(), asked or ""), False, home_state.OFTEN

    @app.callback(
        Output(Operations.CONFIRM, "is_open", allow_duplicate=True),
        Input(Operations.CONFIRM_NO, "n_clicks"),
        prevent_initial_call=True,
    )
    def leave(_: int | None) -> bool:
        return False
