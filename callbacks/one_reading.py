"""The form for one reading: from its texts to a line in the log, or a sentence beside a field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from callbacks.field_errors import in_words, missing
from callbacks.meter_search import meter_options
from callbacks.page_source import page_source
from components import messages
from components.ids import Upload
from data_layer.accounts.model import Viewer
from data_layer.accounts.rules import check_meter_id
from data_layer.book import Book
from data_layer.clock import HALF_HOUR, epoch_of
from data_layer.errors import BadInput, Conflict, MeterbookError
from data_layer.quantities import parse_kwh
from data_layer.readings import operations
from data_layer.readings.model import DEFAULT_REGISTER, Action, Reading, Receipt
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage.log_names import LOG_NAME
from data_layer.storage.log_tail import last_lines
from security.viewer import current_viewer

LABELS = {"meter_id": "Meter", "timestamp": "Time", "reading": "Reading"}
WHICH = "Time is shown twice that night: choose which of the two is meant."
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
        Output(Upload.SHOWING_BOX, "hidden"),
        Output(Upload.SHOWING, "options"),
        Output(Upload.SHOWING, "value"),
        Input(Upload.TIME, "value"),
    )
    def offer_showings(time: str | None) -> tuple[bool, list[dict[str, str]], str]:
        options = showing_options(book, time or "")
        return not options, options, ""

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
            "showing": State(Upload.SHOWING, "value"),
            "value": State(Upload.READING, "value"),
        },
        prevent_initial_call=True,
    )
    def take(
        _: int | None,
        meter_id: str | None,
        time: str | None,
        showing: str | None,
        value: str | None,
    ) -> Said:
        texts = (meter_id, time, showing, value)
        return taken(book, current_viewer(), Entered(*((text or "").strip() for text in texts)))


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the form. `showing` is the offset chosen for a time shown twice."""

    meter_id: str
    time: str
    showing: str
    value: str


def latest_half_hour(book: Book) -> str:
    """The half hour that has just ended, as the time field writes it."""
    now = epoch_of(book.clock())
    ended = now - (now - book.zone.grid_phase) % HALF_HOUR
    return book.zone.local(ended).strftime("%Y-%m-%dT%H:%M")


def showing_options(book: Book, time: str) -> list[dict[str, str]]:
    """The two instants that a time in the doubled hour may mean; none for any other time."""
    try:
        instants = book.zone.showings(book.zone.parse(time))
    except BadInput:
        return []  # said when the form is sent
    if len(instants) == 1:
        return []
    words = ("first, before the clock goes back", "second, after the clock went back")
    offsets = [book.zone.format(instant)[-6:] for instant in instants]
    choices = zip(offsets, words, strict=True)
    return [{"value": offset, "label": f"The {said} (UTC{offset})"} for offset, said in choices]


def taken(book: Book, viewer: Viewer, entered: Entered) -> Said:
    """The receipt, or what is wrong with each field beside it."""
    said: Said = {"receipt": "", **dict.fromkeys(LABELS, "")}
    scope = book.authorize(viewer, Action.SUBMIT_READINGS)
    refused = faults(book, entered)
    if refused:
        return said | refused
    reading = _reading(book, viewer, entered)
    try:
        receipt = operations.submit_one(book.readings, scope, reading, rules=UPLOAD_PAGE)
        return said | {"receipt": _receipt(book, reading, receipt)}
    except MeterbookError as error:
        sentence: Any = in_words(error, LABELS)
        if isinstance(error, Conflict):
            sentence = [f"{sentence} ", _stored(book, reading)]
        if error.field in LABELS:
            return said | {error.field: sentence}
        return said | {"receipt": messages.error(sentence)}


def faults(book: Book, entered: Entered) -> dict[str, str]:
    """What is wrong with the texts of the fields, all of them at once."""
    checks = {
        "meter_id": (entered.meter_id, check_meter_id),
        "timestamp": (entered.time, lambda _: _instant(book, entered)),
        "reading": (entered.value, parse_kwh),
    }
    found = {}
    for field, (text, check) in checks.items():
        try:
            if not text:
                raise missing(field)
            check(text)
        except BadInput as error:
            found[field] = in_words(error, LABELS)
    return found


def _instant(book: Book, entered: Entered) -> int:
    """The instant meant. Raises BadInput, also when the time is shown twice and none is chosen."""
    options = showing_options(book, entered.time)
    if not options:
        return book.zone.parse(entered.time)
    if entered.showing not in [option["value"] for option in options]:
        raise BadInput(WHICH, field="timestamp")
    return book.zone.parse(entered.time + entered.showing)


def _reading(book: Book, viewer: Viewer, entered: Entered) -> Reading:
    """What the fields say. Raises BadInput naming field, value and rule."""
    return Reading(
        meter_id=entered.meter_id,
        register_id=DEFAULT_REGISTER,
        read_at=_instant(book, entered),
        value_wh=parse_kwh(entered.value),
        source=page_source(viewer.name),
    )


def _stored(book: Book, reading: Reading) -> Component:
    """The way to what stands there already, where it is corrected."""
    day = book.zone.day_of(reading.read_at).isoformat()
    words = {"meter": reading.meter_id, "from": day, "to": day}
    return html.A("Look at it and correct it", href=f"/readings?{urlencode(words)}")


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
