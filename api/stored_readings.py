"""REST: the readings of a meter as they are stored, every revision of them. For admins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flask import Blueprint, Response

from api.answers import json_answer, kwh
from api.office_contract import ReadingsAnswer, ReadingsAsked
from api.parameters import instant, meter_id, page, parameters
from api.reading_export import state_of
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.quantities import VOID_WH
from data_layer.readings import queries
from data_layer.readings.model import (
    FLAG_TEXT,
    KIND_TEXT,
    Action,
    Flag,
    Kind,
    ReadingBatch,
    RowFilter,
    RowPage,
)
from data_layer.readings.room import unknown_meter
from security import policy
from security.viewer import current_viewer

CALLS = {
    "stored_readings.find": Call("The stored readings of a meter", ReadingsAsked, ReadingsAnswer)
}
MOST_LOOKED_AT = 100_000
"""The half hours of more than five years."""


def stored_readings(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET /api/readings."""
    door = Blueprint("stored_readings", __name__)
    policy.allow("stored_readings.find", {Role.ADMIN}, renews=False, takes_keys=True)

    @door.get("/api/readings")
    def find() -> Response:
        given = parameters(*ReadingsAsked.model_fields)
        meter, (offset, limit) = meter_id(given), page(given)
        book = book_of()
        start = instant(given, "start", book.zone) if given.get("start") else None
        end = instant(given, "end", book.zone) if given.get("end") else None
        scope = book.authorize(current_viewer(), Action.READ_READINGS)
        # The store finds meters by a part of their id: others may be among what it gives.
        wanted = RowFilter(meter_contains=meter, start=start, end=end, limit=MOST_LOOKED_AT)
        found = queries.rows(book.readings, scope, wanted)
        if found.total > MOST_LOOKED_AT:
            raise BadInput(
                f"{found.total:,} readings are too many to look at (at most {MOST_LOOKED_AT:,}): "
                "ask for a shorter time.",
                field="start",
            )
        own = _places(found, meter)
        if not own and book.accounts.get(meter) is None:
            raise unknown_meter(meter)
        shown = [
            reading_facts(found.batch, place, book.zone, replaced=place in found.replaced)
            for place in own[offset : offset + limit]
        ]
        return json_answer({"readings": shown, "total": len(own)})

    return door


def _places(found: RowPage, meter: str) -> list[int]:
    """Where the meter's rows stand in the page."""
    batch = found.batch
    codes = [code for code, key in enumerate(batch.series) if key.meter_id == meter]
    places: list[int] = np.flatnonzero(np.isin(batch.series_code, codes)).tolist()
    return places


def reading_facts(
    batch: ReadingBatch, place: int, zone: HomeZone, *, replaced: bool
) -> dict[str, object]:
    """What is told of one stored reading, as StoredReading describes it."""
    key = batch.series[int(batch.series_code[place])]
    value = int(batch.value_wh[place])
    return {
        "meter_id": key.meter_id,
        "register_id": key.register_id,
        "read_at": zone.format(int(batch.read_at[place])),
        "value_kwh": None if value == VOID_WH else kwh(value),
        "kind": KIND_TEXT[Kind(int(batch.kind[place]))],
        "type": batch.types[int(batch.type_code[place])],
        "flag": FLAG_TEXT[Flag(int(batch.flag[place]))],
        "revision": int(batch.revision[place]),
        "source": batch.sources[int(batch.source_code[place])],
        "state": state_of(replaced=replaced, withdrawn=value == VOID_WH),
    }
