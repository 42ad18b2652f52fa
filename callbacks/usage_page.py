"""All outputs of the usage page, also when there is no meter, no reading or nothing to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from api.usage_view import UsageView
from callbacks import usage_answers, usage_cost, usage_drawing
from callbacks.meter_choice import meter_choice, no_meter
from callbacks.usage_answers import Seen
from callbacks.usage_cost import Priced
from callbacks.usage_drawing import EXPORT_PATH, PATH
from components import usage_controls, view
from components.ids import Usage
from components.shell import icon
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput
from data_layer.readings.model import Scope

Words = Mapping[str, str | Sequence[str]]


def page(
    book: Book, seen: Seen, words: Words, asked: UsageView, *, refused: BadInput | None
) -> dict[str, Any]:
    """Every output by its name."""
    errors = {refused.field or "": refused.sentence} if refused else {}
    if seen.scope is None:
        drawn = _nothing(seen)
    else:
        answer = usage_answers.answer(book, seen.scope, asked, seen.meter_id)
        drawn = _something(book, words, answer, usage_cost.priced(book, seen.viewer, answer))
    choices = usage_drawing.choices(book, words, asked, errors=errors)
    drawn["controls"] = usage_controls.presets(PATH, words, choices, store_id=Usage.VIEW)
    drawn["compare"] = usage_controls.comparisons(choices, store_id=Usage.VIEW)
    drawn["range"] = usage_controls.range_forms(PATH, words, choices, store_id=Usage.VIEW)
    drawn["meters"] = meter_choice(
        book, seen, words, path=PATH, store_id=Usage.VIEW, control_id="usage-meter"
    )
    return drawn


def cards(book: Book, scope: Scope, words: Words, meter_id: str) -> Component:
    """The five periods of the meter."""
    totals = usage_answers.period_totals(book, scope, meter_id)
    today = book.zone.day_of(epoch_of(book.clock()))
    return usage_drawing.cards(totals, words, today=today)


def _something(
    book: Book, words: Words, answer: usage_answers.Answer, priced: Priced
) -> dict[str, Any]:
    message = usage_drawing.message(book, words, answer)
    notes = [*usage_drawing.quality(book, answer), usage_cost.note(priced, answer.total.meter_id)]
    return {
        "message": message or usage_drawing.coarsened(answer),
        "title": usage_drawing.heading(words, answer, usage_cost.beside_total(priced)),
        "chart": usage_drawing.chart(book, words, answer),
        "chart_box": message is not None,
        "quality": None if message else notes,
        "actions": _actions(words, answer),
        "table": usage_drawing.table(book, words, answer),
    }


def _nothing(seen: Seen) -> dict[str, Any]:
    return {
        "message": no_meter(seen, question="Whose usage?"),
        "title": None,
        "chart": None,
        "chart_box": True,
        "quality": None,
        "actions": None,
        "table": None,
    }


def _actions(words: Words, answer: usage_answers.Answer) -> list[Component]:
    shown = {**words, "meter": answer.total.meter_id}
    as_table = answer.view.as_table
    resolution = answer.view.resolution if view.word(words, "resolution") else None
    return [
        view.link(
            [icon("table"), "Hide table" if as_table else "Show as table"],
            view.address(PATH, words, table=None if as_table else "1"),
            store_id=Usage.VIEW,
            className="btn btn-secondary btn-sm",
        ),
        html.A(
            [icon("download"), "CSV"],
            href=view.address(EXPORT_PATH, shown, table=None, resolution=resolution),
            className="btn btn-secondary btn-sm",
            title="Exactly what is shown, as a CSV file",
        ),
    ]
