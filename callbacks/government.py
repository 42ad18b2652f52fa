"""Group consumption: the address becomes a question, its answer charts, cards and a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from api.group_view import GroupView, read_view
from callbacks import group_answers, group_drawing
from callbacks.kept_answers import KeptAnswers, key_of
from components import ids, view
from components.ids import Government
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput
from data_layer.readings.model import Action
from security.viewer import current_viewer

ROLES = {Role.GOVERNMENT, Role.ADMIN}
Words = Mapping[str, str | Sequence[str]]
OUTPUTS = {
    "title": Output(Government.TITLE, "children"),
    "controls": Output(Government.CONTROLS, "children"),
    "message": Output(Government.MESSAGE, "children"),
    "cards": Output(Government.CARDS, "children"),
    "over_time_head": Output(Government.OVER_TIME_HEAD, "children"),
    "over_time": Output(ids.chart_source(Government.OVER_TIME), "data"),
    "areas_head": Output(Government.AREAS_HEAD, "children"),
    "areas": Output(ids.chart_source(Government.AREAS), "data"),
    "dwelling_types_head": Output(Government.DWELLING_TYPES_HEAD, "children"),
    "dwelling_types": Output(ids.chart_source(Government.DWELLING_TYPES), "data"),
    "groups_head": Output(Government.GROUPS_HEAD, "children"),
    "groups": Output(Government.GROUPS, "rowData"),
}


def register(app: Dash, book: Book) -> None:
    """Answer each new address; clicks on areas and dwelling types change the address."""
    kept = KeptAnswers(book)

    @app.callback(output=OUTPUTS, inputs=[Input(Government.VIEW, "data")])
    def show(words: Words | None) -> dict[str, Any]:
        given = words or {}
        asked, refused = _view(book, given)
        scope = book.authorize(current_viewer(), Action.READ_GROUPS)

        def drawn() -> dict[str, Any]:
            answer = group_answers.answer(book, scope, asked)
            return group_drawing.drawn(book, given, asked, answer, refused=refused)

        return kept.give((scope.at_least, key_of(given)), drawn)

    for chart, function in (
        (Government.AREAS, "toggleArea"),
        (Government.DWELLING_TYPES, "toggleDwelling"),
    ):
        app.clientside_callback(
            ClientsideFunction("meterbook", function),
            Output(ids.chart(chart), "id"),
            Input(ids.chart(chart), "clickData"),
            State(Government.VIEW, "id"),
            prevent_initial_call=True,
        )
    app.clientside_callback(
        ClientsideFunction("meterbook", "sorted"),
        Output(Government.GROUPS, "id"),
        Input(Government.GROUPS, "columnState"),
        State(Government.VIEW, "id"),
        prevent_initial_call=True,
    )


def _view(book: Book, words: Words) -> tuple[GroupView, str]:
    """What the address asks for; when it cannot be read, the usual view and the reason."""
    now = epoch_of(book.clock())
    try:
        return read_view({name: view.words(words, name) for name in words}, book.zone, now=now), ""
    except BadInput as error:
        return read_view({}, book.zone, now=now), error.sentence
