"""REST: readings of meters come in, one by one or up to a thousand at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, Response

from api.answers import json_answer
from api.contract import MeterReading, ReadingReceived, ReadingsReceived
from api.parameters import (
    Given,
    Json,
    json_body,
    json_object,
    meter_id,
    parameters,
    reading_time,
    reading_wh,
)
from api.reference import Call
from data_layer.accounts.model import Role, Viewer
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError
from data_layer.readings import operations
from data_layer.readings.model import Action, Reading, ReadingBatch, SeriesKey, Verdict
from data_layer.readings.rules import REST, error_for
from security import policy
from security.policy import KILOBYTE
from security.viewer import current_viewer

MOST_AT_ONCE = 1000
CALLS = {
    "meter_readings.receive_one": Call("Take one reading", MeterReading, ReadingReceived),
    "meter_readings.receive_many": Call(
        "Take up to a thousand readings", MeterReading, ReadingsReceived, many=MOST_AT_ONCE
    ),
}
FIELDS = tuple(MeterReading.model_fields)
LARGEST_BATCH = 256 * KILOBYTE
_UNSAFE = re.compile(r"[^!-+\--~]", re.ASCII)
LONGEST_SOURCE = 64


def meter_readings(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: POST /api/receive_meter_reading, POST /api/receive_meter_readings."""
    door = Blueprint("meter_readings", __name__)
    policy.allow("meter_readings.receive_one", {Role.ADMIN}, takes_keys=True)
    policy.allow(
        "meter_readings.receive_many", {Role.ADMIN}, largest_body=LARGEST_BATCH, takes_keys=True
    )

    @door.post("/api/receive_meter_reading")
    def receive_one() -> Response:
        given = parameters(*FIELDS)
        book, viewer = book_of(), current_viewer()
        row = _row(given, book.zone.parse)
        scope = book.authorize(viewer, Action.SUBMIT_READINGS)
        reading = Reading(row.key.meter_id, row.key.register_id, row.read_at, row.value_wh,
                          source=source_of(viewer))  # fmt: skip
        receipt = operations.submit_one(book.readings, scope, reading, rules=REST)
        is_duplicate = receipt.duplicates > 0
        message = "this very reading is stored already" if is_duplicate else "the reading is stored"
        return json_answer({"success": True, "message": message, "duplicate": is_duplicate})

    @door.post("/api/receive_meter_readings")
    def receive_many() -> Response:
        items = json_body()
        if not isinstance(items, list) or not 1 <= len(items) <= MOST_AT_ONCE:
            raise BadInput(f"the body must be a list of 1 to {MOST_AT_ONCE:,} readings.")
        book, viewer = book_of(), current_viewer()
        scope = book.authorize(viewer, Action.SUBMIT_READINGS)
        parse = cache(book.zone.parse)  # most readings of a list are of one time
        read = [_row_or_error(item, parse) for item in items]
        rows = {n: one for n, one in enumerate(read) if isinstance(one, _Row)}
        receipt = operations.submit(
            book.readings, scope, _batch(rows, source_of(viewer)), rules=REST
        )
        sentences = {refused.line: refused.sentence for refused in receipt.rejections}
        verdicts = dict(zip(rows, map(Verdict, receipt.verdicts.tolist()), strict=True))
        return json_answer(
            {
                "success": receipt.accepted + receipt.duplicates == len(items),
                "accepted": receipt.accepted,
                "duplicates": receipt.duplicates,
                "rejected": len(items) - receipt.accepted - receipt.duplicates,
                "outcomes": [
                    _refused(one)
                    if isinstance(one, MeterbookError)
                    else _outcome(verdicts[n], sentences.get(n + 1, ""))
                    for n, one in enumerate(read)
                ],
            }
        )

    return door


@dataclass(frozen=True, slots=True)
class _Row:
    """One reading as it was sent, in canonical form."""

    key: SeriesKey
    read_at: int
    value_wh: int


def _row(given: Given, parse: Callable[[str], int]) -> _Row:
    return _Row(SeriesKey(meter_id(given)), reading_time(given, parse), reading_wh(given))


def _row_or_error(item: Json, parse: Callable[[str], int]) -> _Row | BadInput:
    try:
        return _row(json_object(item, FIELDS), parse)
    except BadInput as error:
        return error


def _batch(rows: Mapping[int, _Row], source: str) -> ReadingBatch:
    """The rows in columns; `line` is the place in the list that was sent, from 1."""
    codes: dict[SeriesKey, int] = {}
    series_code = [codes.setdefault(row.key, len(codes)) for row in rows.values()]
    return ReadingBatch.of(
        tuple(codes),
        series_code,
        [row.read_at for row in rows.values()],
        [row.value_wh for row in rows.values()],
        source=source,
        line=[n + 1 for n in rows],
    )


def _outcome(verdict: Verdict, sentence: str) -> Mapping[str, Any]:
    if verdict is Verdict.ACCEPTED:
        return {"outcome": "accepted", "status": 200}
    if verdict is Verdict.DUPLICATE:
        return {"outcome": "duplicate", "status": 200}
    return _refused(error_for(verdict, sentence))


def _refused(error: MeterbookError) -> Mapping[str, Any]:
    """As a single upload is refused, without its own status line."""
    return {
        "outcome": "rejected",
        "status": error.status,
        "type": f"urn:meterbook:problem:{error.problem}",
        "field": error.field,
        "detail": error.sentence,
    }


def source_of(viewer: Viewer) -> str:
    """`api:k7` for a key, `api:` and the e-mail for a person, in characters safe in every file."""
    name = viewer.name if viewer.name.startswith("api:") else f"api:{viewer.name}"
    return _UNSAFE.sub("_", name)[:LONGEST_SOURCE]
