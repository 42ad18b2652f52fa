"""Usage: the address becomes a question about one meter, its answer cards and a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from api.usage_view import UsageView, read_view
from callbacks import usage_answers, usage_hours, usage_page
from callbacks.kept_answers import KeptAnswers, key_of
from components import ids, view
from components.ids import Usage
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput
from security.viewer import current_viewer

ROLES = {Role.HOUSEHOLD, Role.ADMIN}
Words = Mapping[str, str | Sequence[str]]
OUTPUTS = {
    "meters": Output(Usage.METERS, "children"),
    "controls": Output(Usage.CONTROLS, "children"),
    "compare": Output(Usage.COMPARE, "children"),
    "range": Output(Usage.RANGE, "children"),
    "message": Output(Usage.MESSAGE, "children"),
    "title": Output(Usage.TITLE, "children"),
    "chart": Output(ids.chart_source(Usage.CHART), "data"),
    "chart_box": Output(Usage.CHART_BOX, "hidden"),
    "quality": Output(Usage.QUALITY, "children"),
    "actions": Output(Usage.ACTIONS, "children"),
    "table": Output(Usage.TABLE, "children"),
}


def register(app: Dash, book: Book) -> None:
    """Answer each new address; a click on a bar changes the address."""
    kept = KeptAnswers(book)

    @app.callback(output=OUTPUTS, inputs=[Input(Usage.VIEW, "data")])
    def show(words: Words | None) -> dict[str, Any]:
        given = words or {}
        asked, refused = _view(book, given)
        seen = usage_answers.seen(book, current_viewer(), asked)
        if seen.scope is None:
            return usage_page.page(book, seen, given, asked, refused=refused)
        return kept.give(
            ("page", seen.viewer, key_of(given)),
            lambda: usage_page.page(book, seen, given, asked, refused=refused),
        )

    @app.callback(Output(Usage.CARDS, "children"), Input(Usage.VIEW, "data"))
    def show_cards(words: Words | None) -> Any:
        given = words or {}
        asked, _ = _view(book, given)
        seen = usage_answers.seen(book, current_viewer(), asked)
        scope, meter_id = seen.scope, seen.meter_id
        if scope is None:
            return None  # why is said beside the meter's field
        found = kept.give(
            ("cards", seen.viewer, key_of(given)),
            lambda: {"cards": usage_page.cards(book, scope, given, meter_id)},
        )
        return found["cards"]

    @app.callback(
        output={
            "chart": Output(ids.chart_source(Usage.HOURS), "data"),
            "note": Output(Usage.HOURS_NOTE, "children"),
            "hidden": Output(Usage.HOURS_BOX, "hidden"),
            "shown": Output(Usage.HOURS_SHOWN, "data"),
        },
        inputs=[Input(Usage.VIEW, "data"), State(Usage.HOURS_SHOWN, "data")],
    )
    def show_hours(words: Words | None, shown: list[str] | None) -> dict[str, Any]:
        asked, _ = _view(book, words or {})
        return usage_hours.page(book, current_viewer(), words or {}, asked, shown=shown)

    for chart in (Usage.CHART, Usage.HOURS):
        app.clientside_callback(
            ClientsideFunction("meterbook", "follow"),
            Output(ids.chart(chart), "id"),
            Input(ids.chart(chart), "clickData"),
            State(Usage.VIEW, "id"),
            prevent_initial_call=True,
        )


def _view(book: Book, words: Words) -> tuple[UsageView, BadInput | None]:
    """What the address asks for; when it cannot be read, the usual view and the reason."""
    now = epoch_of(book.clock())
    asked = {name: view.words(words, name) for name in words}
    try:
        return read_view(asked, book.zone, now=now, may_coarsen=True), None
    except BadInput as error:
        usual = {"meter": asked.get("meter", ())}
        return read_view(usual, book.zone, now=now), error
