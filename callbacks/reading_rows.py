"""The readings a filter finds, as rows of the grid, and the fields above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component
from pydantic import Field
from typing_extensions import TypedDict

from api.reading_export import state_of
from api.reading_filter import ACTUAL_WORD, ANY, SORTS, read_filter
from callbacks.endless_rows import RowsRequest, Wanted, response, wanted
from components import filters, messages, view
from components.ids import Readings
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.clock import FIRST_YEAR, LAST_YEAR, HomeZone, epoch_of
from data_layer.errors import BadInput
from data_layer.readings import queries
from data_layer.readings.model import (
    FLAG_TEXT,
    KIND_TEXT,
    Action,
    Kind,
    Reading,
    RowFilter,
    RowPage,
)
from pages.readings import PATH

Words = Mapping[str, str | Sequence[str]]
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC) for year in (FIRST_YEAR + 1, LAST_YEAR - 1))


class ReadingRow(TypedDict):
    """One row of the grid; a chosen one comes back as it was sent, or as somebody made it up."""

    key: str
    meter_id: str
    register_id: str
    epoch: Annotated[int, Field(gt=epoch_of(FIRST), lt=epoch_of(LAST))]
    read_at: str
    value_kwh: float | None
    kind: str
    kind_code: Annotated[int, Field(ge=Kind.READ, le=Kind.INITIAL)]
    type: str
    flag: str
    revision: int
    source: str


FLAGS = ((ANY, "All"), ("valid", "Valid"), ("suspect", "Suspect"))


def around(book: Book, words: Words) -> dict[str, Any]:
    """Everything around the grid: fields, what could not be read of the address, the export."""
    return {
        "controls": controls(words),
        "message": _refused(book, words),
        "export": html.A(
            "All these readings as CSV",
            href=view.address("/exports/readings.csv", words),
            className="btn btn-outline-secondary",
            download="",
        ),
    }


def controls(words: Words) -> Component:
    """The filter as a form that writes the address."""

    def text(label: str, name: str, placeholder: str) -> Component:
        control_id = f"readings-filter-{name}"
        control = dbc.Input(
            id=control_id,
            type="text",
            name=name,
            value=view.word(words, name),
            placeholder=placeholder,
            autocomplete="off",
        )
        return filters.field(label, control, control_id=control_id)

    days = [
        filters.date_field(
            label, name, view.word(words, name), control_id=f"readings-filter-{name}"
        )
        for label, name in (("From", "from"), ("To", "to"))
    ]
    return view.form(
        [
            text("Meter", "meter", "part of its id"),
            text("Register", "register", "S"),
            text("Source", "source", "page:, file:, api:"),
            text("Type", "type", ACTUAL_WORD),
            filters.choice(
                "Flag",
                "flag",
                FLAGS,
                view.word(words, "flag", ANY),
                control_id="readings-filter-flag",
            ),
            *days,
            dbc.Button("Filter", type="submit", outline=True, color="secondary"),
            view.link("Clear", PATH, store_id=Readings.VIEW, className="btn btn-link"),
        ],
        PATH,
        store_id=Readings.VIEW,
        keep={name: word for name, word in words.items() if name == "sort"},
        className="controls controls-tight",
    )


def _refused(book: Book, words: Words) -> Component | str:
    try:
        read_filter(_lists(words), book.zone)
    except BadInput as error:
        return messages.error(error.sentence)
    return ""


def block(
    book: Book, viewer: Viewer, request: RowsRequest | None, words: Words
) -> tuple[dict[str, Any], str, Component | None]:
    """One block of rows, how many there are in words, and what is said when there are none."""
    asked = wanted(request)
    scope = book.authorize(viewer, Action.READ_READINGS)
    try:
        page = queries.rows(book.readings, scope, _filter(book, words, asked))
    except BadInput as error:
        return response([], 0), error.sentence, None
    rows = [
        _row(reading, book.zone, replaced=place in page.replaced)
        for place, reading in enumerate(page.batch.rows())
    ]
    said = f"{counted(page)}, {book.zone.name} time"
    return response(rows, page.total), said, None if page.total else nothing(words)


def nothing(words: Words) -> Component:
    """Why no reading is shown, and what to do."""
    if any(word for name, word in words.items() if name != "sort"):
        return messages.empty(
            "No reading fits this filter",
            "Nothing is stored that fits all its fields at once. Widen it, or clear it.",
            view.link(
                "Clear the filter", PATH, store_id=Readings.VIEW, className="btn btn-primary"
            ),
        )
    return messages.empty(
        "No readings yet",
        "The book is empty: send one reading, or a file of them.",
        html.A("Upload readings", href="/upload", className="btn btn-primary"),
    )


def counted(page: RowPage) -> str:
    """How many readings there are. Replaced ones are told apart where all rows are at hand."""
    is_whole = len(page.batch) == page.total
    told = page.total - (len(page.replaced) if is_whole else 0)
    said = f"{told:,} {'reading' if told == 1 else 'readings'}"
    if not is_whole:
        return f"{said}, replaced ones included"
    return f"{said} and {len(page.replaced)} replaced" if page.replaced else said


def _filter(book: Book, words: Words, asked: Wanted) -> RowFilter:
    """The address's filter for one block; a column the grid sorts by goes first."""
    filtered = read_filter(_lists(words), book.zone)
    by_column = asked.sort_by in SORTS
    return replace(
        filtered,
        sort_by=SORTS[asked.sort_by] if by_column else filtered.sort_by,
        descending=asked.descending if by_column else filtered.descending,
        offset=asked.start,
        limit=asked.end - asked.start,
    )


def _lists(words: Words) -> dict[str, tuple[str, ...]]:
    return {name: view.words(words, name) for name in words}


def _row(reading: Reading, zone: HomeZone, *, replaced: bool) -> ReadingRow:
    state = state_of(replaced=replaced, withdrawn=reading.value_wh is None)
    key = (reading.meter_id, reading.register_id, reading.read_at, int(reading.kind))
    return {
        "key": "|".join(map(str, (*key, reading.revision))),
        "meter_id": reading.meter_id,
        "register_id": reading.register_id,
        "epoch": reading.read_at,
        "read_at": zone.local(reading.read_at).strftime("%Y-%m-%d %H:%M:%S"),
        "value_kwh": None if reading.value_wh is None else reading.value_wh / 1000,
        "kind": KIND_TEXT[reading.kind] or "read",
        "kind_code": int(reading.kind),
        "type": reading.type or ACTUAL_WORD,
        "flag": state or FLAG_TEXT[reading.flag] or "valid",
        "revision": reading.revision,
        "source": reading.source,
    }
