"""REST: what a meter used, over a named period and in buckets of any period."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import orjson
from flask import Blueprint, Response

from api.answers import column, json_answer, kwh, kwh_column, time_text
from api.contract import (
    ConsumptionAnswer,
    ConsumptionAsked,
    MeterUsageAsked,
    UsageAnswer,
    UsageAsked,
)
from api.parameters import instant, meter_id, parameters, text
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.accounts.rules import check_meter_id
from data_layer.book import Book
from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.errors import BadInput
from data_layer.readings import queries
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer

CALLS = {
    "meter_usage.get_consumption": Call(
        "How much a meter used over a named period", ConsumptionAsked, ConsumptionAnswer
    ),
    "meter_usage.usage": Call("What a meter used, bucket by bucket", UsageAsked, UsageAnswer),
    "meter_usage.usage_of_meter": Call(
        "What a meter used, bucket by bucket, by its own address", MeterUsageAsked, UsageAnswer
    ),
}
DAY = 86_400
SHORTEST = {
    "half_hour": HALF_HOUR,
    "hour": 2 * HALF_HOUR,
    "day": DAY,
    "week": 7 * DAY,
    "month": 28 * DAY,
    "year": 365 * DAY,
}
"""Resolutions, with the seconds of a bucket: most have no fewer."""
MOST_BUCKETS = 20_000
"""More than the half hours of a year."""
EDGES_KEPT = 64


def meter_usage(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET /api/get_consumption, /api/usage, /api/meters/<meter_id>/usage."""
    door = Blueprint("meter_usage", __name__)
    for name in ("get_consumption", "usage", "usage_of_meter"):
        roles = {Role.HOUSEHOLD, Role.ADMIN}
        policy.allow(f"meter_usage.{name}", roles, renews=False, takes_keys=True)

    @door.get("/api/get_consumption")
    def get_consumption() -> Response:
        given = parameters(*ConsumptionAsked.model_fields)
        meter, period = meter_id(given), text(given, "period")
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_METER, meter)
        used = queries.consumption(book.readings, scope, meter_id=meter, period=period)
        return json_answer(
            {
                "meter_id": used.meter_id,
                "period": used.period,
                "start_reading": kwh(used.start_reading_wh),
                "end_reading": kwh(used.end_reading_wh),
                "consumption": kwh(used.consumption_wh),
                "start_time": time_text(used.start_time),
                "end_time": time_text(used.end_time),
                "data_until": time_text(used.data_until),
                "estimated_kwh": kwh(used.estimated_wh),
                "missing_half_hours": used.missing_half_hours,
            }
        )

    @lru_cache(maxsize=EDGES_KEPT)
    def edges_text(zone: HomeZone, start: int, end: int, resolution: str) -> orjson.Fragment:
        """The same for every meter; writing times takes longer than finding the energies."""
        edges = zone.boundaries(start, end, resolution).tolist()
        return orjson.Fragment(orjson.dumps([zone.format(edge) for edge in edges]))

    def answer(meter: str, given: dict[str, str]) -> Response:
        book = book_of()
        zone = book.zone
        start, end = instant(given, "start", zone), instant(given, "end", zone)
        resolution = given.get("resolution", "half_hour")
        check_size(start, end, resolution)
        scope = book.authorize(current_viewer(), Action.READ_METER, meter)
        table = queries.series(
            book.readings, scope, meter_id=meter, start=start, end=end, resolution=resolution
        )
        return json_answer(
            {
                "meter_id": meter,
                "resolution": resolution,
                "zone": zone.name,
                "edges": edges_text(zone, start, end, resolution),
                "kwh": kwh_column(table.consumption_wh, table.known),
                "estimated_kwh": kwh_column(table.estimated_wh),
                "missing_half_hours": column(table.missing_half_hours),
            }
        )

    @door.get("/api/usage")
    def usage() -> Response:
        given = parameters(*UsageAsked.model_fields)
        return answer(meter_id(given), dict(given))

    @door.get("/api/meters/<path:meter>/usage")
    def usage_of_meter(meter: str) -> Response:
        return answer(check_meter_id(meter), dict(parameters(*MeterUsageAsked.model_fields)))

    return door


def check_size(start: int, end: int, resolution: str) -> None:
    """Refuse a question that asks for too many buckets, or none. Raises BadInput."""
    if resolution not in SHORTEST:
        raise BadInput(
            f"resolution {str(resolution)[:40]!r} is unknown: use one of {', '.join(SHORTEST)}.",
            field="resolution",
        )
    if end <= start:
        raise BadInput("end must be later than start.", field="end")
    if (end - start) // SHORTEST[resolution] > MOST_BUCKETS:
        raise BadInput(
            f"start and end are more than {MOST_BUCKETS:,} times {resolution} apart: ask for a "
            "shorter time or a coarser resolution.",
            field="resolution",
        )
