"""A correction by an admin: a new revision with its reason, checked like any reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from api.reading_filter import ACTUAL_WORD
from callbacks.page_source import page_source
from callbacks.reading_rows import ReadingRow
from components import messages
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.errors import MeterbookError
from data_layer.journeys.revise_reading import (
    CORRECTED,
    WITHDRAWN,
    checked_reason,
    correct,
    withdraw,
)
from data_layer.quantities import parse_kwh
from data_layer.readings.model import ACTUAL, Action, Kind, Reading, Scope, SeriesKey


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the dialog."""

    row: ReadingRow
    value: str
    withdraw: bool
    reason: str


def chosen_reading(book: Book, viewer: Viewer, chosen: list[ReadingRow] | None) -> Any:
    """The chosen reading in words, with why it was ever corrected."""
    book.authorize(viewer, Action.READ_READINGS)
    if not chosen:
        return "Choose a row to correct it."
    row = chosen[0]
    return [html.Strong(row["meter_id"]), f" {_told(row)}", *reasons(book, row)]


def reasons(book: Book, row: ReadingRow) -> list[Component]:
    """Each correction of this reading: what, who, when and why, from the audit."""
    told = [
        f"Revision {entry.details['revision']}: {entry.action.removeprefix('reading ')} by "
        f"{entry.actor} on {book.zone.local(entry.at):%Y-%m-%d %H:%M}: {entry.details['reason']}"
        for entry in book.audit.about(row["meter_id"], CORRECTED, WITHDRAWN)
        if (entry.details["register"], entry.details["read_at"])
        == (row["register_id"], row["epoch"])
    ]
    return [html.Ul([html.Li(line) for line in told], className="reasons")] if told else []


def opened(book: Book, viewer: Viewer, row: ReadingRow) -> dict[str, Any]:
    """The dialog with the present value, no reason yet."""
    return {
        "is_open": True,
        "text": chosen_reading(book, viewer, [row]),
        "value": "" if row["value_kwh"] is None else f"{row['value_kwh']:.3f}",
        "withdraw": False,
        "reason": "",
        "value_error": "",
        "reason_error": "",
    }


def saved(book: Book, viewer: Viewer, asked: Asked, *, changed: int) -> dict[str, Any]:
    """The new revision is in the log, or a sentence says beside which field it was refused."""
    said = {
        "is_open": True,
        "value_error": "",
        "reason_error": "",
        "message": no_update,
        "changed": no_update,
    }
    try:
        checked_reason(asked.reason)  # before the value: what is said beside it waits
        revision = _revised(book, viewer, asked)
    except MeterbookError as error:
        beside = "reason_error" if error.field == "reason" else "value_error"
        return {**said, beside: error.sentence}
    return {
        **said,
        "is_open": False,
        "message": messages.success(
            f"Revision {revision.revision} of {revision.meter_id} at "
            f"{book.zone.format(revision.read_at)} is in the log."
        ),
        "changed": changed + 1,
    }


def _revised(book: Book, viewer: Viewer, asked: Asked) -> Reading:
    key = SeriesKey(asked.row["meter_id"], asked.row["register_id"])
    scope = book.authorize(viewer, Action.CORRECT_READINGS, key.meter_id)
    act = _withdraw if asked.withdraw else _correct
    return act(book, scope, key, asked)


def _correct(book: Book, scope: Scope, key: SeriesKey, asked: Asked) -> Reading:
    kept_type = asked.row["type"]
    reading = Reading(
        meter_id=key.meter_id,
        register_id=key.register_id,
        read_at=asked.row["epoch"],
        value_wh=parse_kwh(asked.value.strip()),
        kind=Kind(asked.row["kind_code"]),
        type=ACTUAL if kept_type == ACTUAL_WORD else kept_type,
        source=page_source(scope.actor),
    )
    return correct(book.readings, book.audit, scope, reading, reason=asked.reason)


def _withdraw(book: Book, scope: Scope, key: SeriesKey, asked: Asked) -> Reading:
    return withdraw(
        book.readings,
        book.audit,
        scope,
        key,
        read_at=asked.row["epoch"],
        kind=Kind(asked.row["kind_code"]),
        source=page_source(scope.actor),
        reason=asked.reason,
    )


def _told(row: ReadingRow) -> str:
    value = "withdrawn" if row["value_kwh"] is None else f"{row['value_kwh']:,.3f} kWh"
    since = ", replaced since" if row["flag"] == "replaced" else ""
    where = f"register {row['register_id']}, {row['read_at']}"
    return f"{where}: {value}, source {row['source']}{since}"
