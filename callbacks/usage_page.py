"""All outputs of the usage page, also when there is no meter, no reading or nothing to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from api.usage_view import UsageView
from callbacks import usage_answers, usage_drawing
from callbacks.usage_answers import Seen
from callbacks.usage_drawing import EXPORT_PATH, PATH
from components import messages, usage_controls, view
from components.ids import Usage
from components.shell import icon
from data_layer.accounts.model import Account, Role, Viewer
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
        drawn = _nothing(seen.viewer, seen.unknown)
    else:
        answer = usage_answers.answer(book, seen.scope, asked, seen.meter_id)
        drawn = _something(book, words, answer)
    choices = usage_drawing.choices(book, words, asked, errors=errors)
    drawn["controls"] = usage_controls.presets(PATH, words, choices, store_id=Usage.VIEW)
    drawn["compare"] = usage_controls.comparisons(choices, store_id=Usage.VIEW)
    drawn["range"] = usage_controls.range_forms(PATH, words, choices, store_id=Usage.VIEW)
    drawn["meters"] = _meters(book, words, seen)
    return drawn


def cards(book: Book, scope: Scope, words: Words, meter_id: str) -> Component:
    """The five periods of the meter."""
    totals = usage_answers.period_totals(book, scope, meter_id)
    today = book.zone.day_of(epoch_of(book.clock()))
    return usage_drawing.cards(totals, words, today=today)


def _something(book: Book, words: Words, answer: usage_answers.Answer) -> dict[str, Any]:
    message = usage_drawing.message(book, words, answer)
    return {
        "message": message or usage_drawing.coarsened(answer),
        "title": usage_drawing.heading(words, answer),
        "chart": usage_drawing.chart(book, words, answer),
        "chart_box": message is not None,
        "quality": None if message else usage_drawing.quality(book, answer),
        "actions": _actions(words, answer),
        "table": usage_drawing.table(book, words, answer),
    }


def _nothing(viewer: Viewer, unknown: str) -> dict[str, Any]:
    if unknown:
        said = messages.empty("This meter is not known", unknown, symbol="question-circle")
    elif viewer.role is Role.ADMIN:
        said = messages.empty(
            "Whose usage?",
            "Name a meter above by its number, or come here from its account.",
            symbol="search",
        )
    else:
        said = messages.empty(
            "No meter is connected to your sign-in",
            "Ask your electricity company to enter your e-mail address with your meter.",
            symbol="plug",
        )
    return {
        "message": said,
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


def _meters(book: Book, words: Words, seen: Seen) -> Component | None:
    """How to come to another meter."""
    meters, chosen = seen.meters, seen.meter_id
    if seen.viewer.role is not Role.HOUSEHOLD:
        whose = _whose(book, chosen)
        return usage_controls.meter_search(
            PATH, words, chosen, store_id=Usage.VIEW, whose=whose, error=seen.unknown
        )
    if len(meters) > 1:
        options = [(account.meter_id, _label(account)) for account in meters]
        return usage_controls.meter_switch(PATH, words, options, chosen, store_id=Usage.VIEW)
    if meters:
        return html.P(_label(meters[0]), className="lead")
    return None


def _whose(book: Book, meter_id: str) -> str:
    account = book.accounts.get(meter_id) if meter_id else None
    return f"{account.owner_name}, {account.address}" if account else ""


def _label(account: Account) -> str:
    return f"{account.address} (meter {account.meter_id})"
