"""What the meter says of a month: the same numbers as on the usage page, with where they stand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from data_layer.billing.model import DayUse, MonthUsage, ReadingKey, RegisterRead
from data_layer.errors import NotFound
from data_layer.quantities import VOID_WH
from data_layer.readings import queries
from data_layer.readings.model import Reading, ReadingBatch, Scope, SeriesKey
from data_layer.readings.order import effective
from data_layer.readings.room import ReadingRoom
from data_layer.tariffs.half_hours import HalfHours


def month_usage(
    room: ReadingRoom, scope: Scope, meter_id: str, first: date, stop: date
) -> MonthUsage:
    """The local days [first, stop) of a meter. Raises NotFound when nothing is known of them."""
    start, end = room.zone.day_start(first), room.zone.day_start(stop)
    found = queries.consumption(room, scope, meter_id=meter_id, start=start, end=end)
    if found.start_time is None or found.end_time is None or found.consumption_wh is None:
        raise NotFound(
            f"meter {meter_id[:40]!r} has no bill for {first:%Y-%m}: nothing is known of its "
            "consumption.",
            field="month",
        )
    fine = queries.series(
        room, scope, meter_id=meter_id, start=start, end=end, resolution="half_hour"
    )
    half_hours = HalfHours.of(room.zone, first, fine.consumption_wh, days=(stop - first).days)
    opens = half_hours.opens[:-1]
    days = tuple(
        DayUse(first + timedelta(days=number), *amounts)
        for number, amounts in enumerate(
            zip(
                *(
                    np.add.reduceat(column, opens).tolist()
                    for column in (
                        fine.consumption_wh,
                        fine.estimated_wh,
                        fine.missing_half_hours,
                    )
                ),
                strict=True,
            )
        )
    )
    ends = (int(found.start_time.timestamp()), int(found.end_time.timestamp()))
    return MonthUsage(
        half_hours,
        days,
        _read(room, meter_id, ends[0], opening=True),
        _read(room, meter_id, ends[1], opening=False),
    )


def _read(room: ReadingRoom, meter_id: str, at: int, *, opening: bool) -> RegisterRead:
    keys: list[ReadingKey] = []
    values: list[int | None] = []
    estimated = False
    for series in room.counting(meter_id):
        near = effective(room.store.neighbors(ReadingBatch.of([series], [0], [at], [0]))).rows()
        if here := _standing(near, at, opening=opening):
            values.append(here[0].value_wh)
            keys.append(_key(room, here[0]))
            continue
        estimated = True
        between = int(room.store.registers_at([series], np.array([at], dtype=np.int64))[0, 0])
        values.append(None if between == VOID_WH else between)
        keys += [] if between == VOID_WH else [_key(room, row) for row in _around(near, at)]
    known = [value for value in values if value is not None]
    return RegisterRead(
        at, sum(known) if len(known) == len(values) else None, estimated, tuple(keys)
    )


def _standing(near: list[Reading], at: int, *, opening: bool) -> list[Reading]:
    """The reading at this instant. Where a meter was exchanged just then, a bill begins with
    the new register and ends with the old one."""
    here = sorted((row for row in near if row.read_at == at), key=lambda row: row.kind)
    return here[-1:] if opening else here[:1]


def _around(near: list[Reading], at: int) -> list[Reading]:
    """The last reading before and the first after."""
    order = sorted(near, key=lambda row: (row.read_at, row.kind))
    before = [row for row in order if row.read_at < at]
    after = [row for row in order if row.read_at > at]
    return before[-1:] + after[:1]


def _key(room: ReadingRoom, row: Reading) -> ReadingKey:
    if row.value_wh is None:
        raise AssertionError("an effective reading has a value")
    series = SeriesKey(row.meter_id, row.register_id)
    revision = room.store.revision(series, row.read_at, row.kind)
    return ReadingKey(*series, row.read_at, row.kind, revision, row.value_wh)
