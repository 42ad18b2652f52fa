"""All outputs of the bill page, also when there is no meter, no tariff or no bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.bill_view import BillView
from callbacks import bill_answers, bill_drawing, bill_states
from callbacks.bill_answers import Answer
from callbacks.meter_choice import meter_choice, no_meter
from callbacks.usage_answers import Seen
from components import messages
from components.ids import Bill
from data_layer.book import Book

Words = Mapping[str, str | Sequence[str]]


def page(book: Book, seen: Seen, words: Words, asked: BillView, *, refused: str) -> dict[str, Any]:
    """Every output by its name."""
    if seen.scope is None:
        drawn = _nothing() | {"message": no_meter(seen, question="Whose bill?")}
    else:
        answer = bill_answers.answer(book, seen.scope, asked, seen.meter_id)
        drawn = _something(book, words, answer, refused)
    drawn["meters"] = meter_choice(
        book,
        seen,
        {name: value for name, value in words.items() if name != "version"},
        path=bill_drawing.PATH,
        store_id=Bill.VIEW,
        control_id="bill-meter",
    )
    return drawn


def _nothing() -> dict[str, Any]:
    empty = dict.fromkeys(("controls", "head", "chart", "foot", "projection", "history"))
    return {**empty, "no_sheet": True}


def _something(book: Book, words: Words, answer: Answer, refused: str) -> dict[str, Any]:
    said = [messages.error(refused)] if refused else []
    drawn = _nothing() | {
        "controls": bill_drawing.controls(words, answer),
        "message": [*said, *bill_states.messages_of(words, answer)],
        "projection": bill_drawing.projection(book, answer),
        "history": bill_drawing.history(words, answer),
    }
    if answer.bill is not None:
        drawn |= {
            "no_sheet": False,
            "head": bill_drawing.head(book, answer.bill),
            "chart": bill_drawing.chart(book, answer.bill),
            "foot": bill_drawing.foot(words, answer, answer.bill),
        }
    return drawn
