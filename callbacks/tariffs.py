"""What happens on the tariffs page: one is explained; a file is checked, entered or forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from callbacks import tariff_import, tariff_list, tariff_report
from components import messages
from components.ids import Tariffs
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import MeterbookError
from security.viewer import current_viewer

ROLES = {Role.ADMIN}
Words = dict[str, str | list[str]]
"""The words of the address; one may stand there several times."""
NEXT = Output(Tariffs.NEXT, "data", allow_duplicate=True)
SAID = Output(Tariffs.ENTERED, "children", allow_duplicate=True)


class Staged(TypedDict):
    """What the server's answer says of a file that has arrived."""

    file: str


def register(app: Dash, book: Book) -> None:
    """What is shown follows the address; each act on a file writes its next words."""
    _register_shown(app, book)
    _register_file(app, book)
    app.clientside_callback(
        ClientsideFunction("meterbook", "setWords"),
        Input(Tariffs.NEXT, "data"),
        State(Tariffs.VIEW, "id"),
        prevent_initial_call=True,
    )


def _register_shown(app: Dash, book: Book) -> None:
    @app.callback(
        output={
            "count": Output(Tariffs.COUNT, "children"),
            "message": Output(Tariffs.MESSAGE, "children"),
            "list": Output(Tariffs.LIST, "children"),
            "details": Output(Tariffs.DETAILS, "children"),
            "series": Output(Tariffs.SERIES, "children"),
        },
        inputs=[Input(Tariffs.VIEW, "data"), Input(Tariffs.CHANGED, "data")],
    )
    def show(words: Words | None, _: int | None) -> dict[str, Any]:
        return tariff_list.shown(book, current_viewer(), words or {})

    @app.callback(
        Output(Tariffs.REPORT, "children"),
        Output(Tariffs.SENDING, "hidden"),
        Input(Tariffs.VIEW, "data"),
    )
    def report(words: Words | None) -> tuple[Any, Any]:
        try:
            found = tariff_import.checked(book, current_viewer(), words or {})
        except MeterbookError as error:
            return messages.error(error.sentence), True
        if found is None:
            return "", no_update
        return tariff_report.drawn(book, found, words or {}), True


def _register_file(app: Dash, book: Book) -> None:
    @app.callback(
        NEXT,
        SAID,
        Input(Tariffs.STAGED, "data"),
        prevent_initial_call=True,
    )
    def check(staged: Staged | None) -> tuple[Any, Any]:
        file = _given(staged)["file"]
        return _next(lambda: tariff_import.arrived(book, current_viewer(), file))

    @app.callback(
        NEXT,
        SAID,
        Output(Tariffs.CHANGED, "data"),
        Input(Tariffs.ENTER, "n_clicks"),
        State(Tariffs.VIEW, "data"),
        State(Tariffs.CHANGED, "data"),
        prevent_initial_call=True,
    )
    def enter(clicks: int | None, words: Words | None, changed: int | None) -> tuple[Any, Any, Any]:
        asked = _given(clicks and words)
        try:
            said = tariff_import.entered(book, current_viewer(), asked)
        except MeterbookError as error:
            return no_update, messages.error(error.sentence), no_update
        return tariff_import.FORGOTTEN, said, (changed or 0) + 1

    @app.callback(
        NEXT,
        SAID,
        Input(Tariffs.DISCARD, "n_clicks"),
        State(Tariffs.VIEW, "data"),
        prevent_initial_call=True,
    )
    def discard(clicks: int | None, words: Words | None) -> tuple[Any, Any]:
        asked = _given(clicks and words)
        return _next(lambda: tariff_import.discarded(book, current_viewer(), asked))


def _given(value: Any) -> Any:
    """The input of a real act; a button that has just appeared was not pressed."""
    if not value:
        raise PreventUpdate
    return value


def _next(act: Callable[[], dict[str, str]]) -> tuple[Any, Any]:
    """The act's words for the address, or the sentence of what refused it."""
    try:
        return act(), ""
    except MeterbookError as error:
        return no_update, messages.error(error.sentence)
