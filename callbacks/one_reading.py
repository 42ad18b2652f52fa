"""The form for one reading: from its texts to a line in the log, or a sentence beside a field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, html

from callbacks.meter_search import meter_options
from callbacks.page_source import page_source
from components import messages
from components.ids import Upload
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.clock import HALF_HOUR, epoch_of
from data_layer.errors import MeterbookError
from data_layer.quantities import parse_kwh
from data_layer.readings import operations
from data_layer.readings.model import DEFAULT_REGISTER, Action, Reading, Receipt
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage.log_names import LOG_NAME
from data_layer.storage.log_tail import last_lines
from security.viewer import current_viewer

FIELD_ERRORS = {
    "meter_id": Upload.METER_ERROR,
    "timestamp": Upload.TIME_ERROR,
    "reading": Upload.READING_ERROR,
}
LOOKED_AT = 200
"""Lines at the end of the log among which a new reading is looked for."""
Said = dict[str, Any]


def register(app: Dash, book: Book) -> None:
    """Suggest the time, find meters while typing, and take the reading."""

    @app.callback(Output(Upload.TIME, "value"), Input(Upload.FORM, "id"))
    def suggest_time(_: str | None) -> str:
        return latest_half_hour(book)

    @app.callback(
        Output(Upload.METERS, "children"),
        Input(Upload.METER, "value"),
    )
    def suggest_meters(text: str | None) -> list[html.Option]:
        return meter_options(book, current_viewer(), text or "")

    @app.callback(
        output={
            "receipt": Output(Upload.RECEIPT, "children"),
            "meter_id": Output(Upload.METER_ERROR, "children"),
            "timestamp": Output(Upload.TIME_ERROR, "children"),
            "reading": Output(Upload.READING_ERROR, "children"),
        },
        inputs={"_": Input(Upload.FORM, "n_submit")},
        state={
            "meter_id": State(Upload.METER, "value"),
            "time": State(Upload.TIME, "value"),
            "value": State(Upload.READING, "value"),
        },
        prevent_initial_call=True,
    )
    def take(_: int | None, meter_id: str | None, time: str | None, value: str | None) -> Said:
        return taken(book, current_viewer(), (meter_id or "").strip(), time or "", value or "")


def latest_half_hour(book: Book) -> str:
    """The half hour that has just ended, as the time field writes it."""
    now = epoch_of(book.clock())
    ended = now - (now - book.zone.grid_phase) % HALF_HOUR
    return book.zone.local(ended).strftime("%Y-%m-%dT%H:%M")


def taken(book: Book, viewer: Viewer, meter_id: str, time: str, value: str) -> Said:
    """The receipt, or the sentence of what was refused beside its field."""
    said: Said = {"receipt": "", "meter_id": "", "timestamp": "", "reading": ""}
    try:
        reading = _reading(book, viewer, meter_id, time, value)
        scope = book.authorize(viewer, Action.SUBMIT_READINGS, meter_id)
        receipt = operations.submit_one(book.readings, scope, reading, rules=UPLOAD_PAGE)
        return said | {"receipt": _receipt(book, reading, receipt)}
    except MeterbookError as error:
        if error.field in FIELD_ERRORS:
            return said | {error.field: error.sentence}
        return said | {"receipt": messages.error(error.sentence)}


def _reading(book: Book, viewer: Viewer, meter_id: str, time: str, value: str) -> Reading:
    """What the fields say. Raises BadInput naming field, value and rule."""
    return Reading(
        meter_id=meter_id,
        register_id=DEFAULT_REGISTER,
        read_at=book.zone.parse(time),
        value_wh=parse_kwh(value.strip()),
        source=page_source(viewer.name),
    )


def _receipt(book: Book, reading: Reading, receipt: Receipt) -> html.Div:
    """What became of the one reading, with its line in the log."""
    if receipt.duplicates:
        return messages.success("This very reading is in the book already; nothing was added.")
    return messages.success(
        [
            html.P("Accepted, and written to the log:"),
            html.Code(_log_line(book, reading), className="log-line"),
        ]
    )


def _log_line(book: Book, reading: Reading) -> str:
    """The reading's line as it stands in the log; a seal in between has moved it to its day."""
    moment = datetime.fromtimestamp(reading.read_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    begins = f"{reading.meter_id},{reading.register_id},{moment},"
    lines = last_lines(book.home / "logs" / LOG_NAME, LOOKED_AT)
    found = [line for line in lines if line.startswith(begins)]
    return found[-1] if found else f"daily/{book.zone.day_of(reading.read_at)}.csv"
