"""What may be asked about single meters, and the one place that checks it is allowed.

Every query takes a `Scope` and keeps to it: a meter outside it is answered like one that does
not exist, and nothing from before a household moved in is shown. Grids of meters and readings
want a scope to read readings.

Missing is, whoever asks: a half hour of what is asked that has ended by now and that is not wholly
known. One that has not ended is still to come. Each counts where it starts, so that days add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_layer.clock import HALF_HOUR, epoch_of
from data_layer.errors import BadInput, Forbidden
from data_layer.quantities import VOID_WH
from data_layer.readings import periods
from data_layer.readings.model import (
    Action,
    Buckets,
    Consumption,
    Ints,
    Kind,
    Reading,
    ReadingBatch,
    RowFilter,
    RowPage,
    Scope,
    SeriesKey,
)
from data_layer.readings.order import effective
from data_layer.readings.periods import Period
from data_layer.readings.room import ReadingRoom, Standing, require_meter, unknown_meter
from index.history import slots_at_or_after


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """A meter's consumption over consecutive buckets, all its counting registers together.

    `edges` has one more element than the other columns. A bucket of which nothing is known, or
    nothing may be shown, is not `known` and carries zeros. Wh and half hours.
    """

    edges: Ints
    consumption_wh: Ints
    estimated_wh: Ints
    missing_half_hours: Ints
    known: npt.NDArray[np.bool_]
    to_come: Ints
    """Half hours that are not wholly known and have not ended: not missing, not complete either."""

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Buckets of which every half hour is known."""
        whole: npt.NDArray[np.bool_] = (self.missing_half_hours == 0) & (self.to_come == 0)
        return self.known & whole


def consumption(
    room: ReadingRoom,
    scope: Scope,
    *,
    meter_id: str,
    period: str = "",
    start: int | None = None,
    end: int | None = None,
) -> Consumption:
    """How much a meter used over a named period or over [start, end), cut to what is known.

    Readings and consumption are None when nothing is known in the period, consumption also when
    only a moment of it is. The readings at both ends are sums over the counting registers. Raises
    NotFound, BadInput.
    """
    _require_meter_to_read(room, scope, meter_id)
    keys = room.counting(meter_id)
    now = epoch_of(room.clock())
    if period:
        latest_at = _latest_at(room, keys, now) if period == Period.LAST_30MIN else None
        start, end = periods.bounds(period, room.zone, now, latest_at)
    if start is None or end is None:
        names = ", ".join(name.value for name in Period)
        raise BadInput(
            f"period {period!r} is not complete: name one of {names}, or give both start and end.",
            field="period",
        )
    if end <= start:
        raise BadInput(
            f"end {room.zone.format(end)} must be later than start {room.zone.format(start)}.",
            field="end",
        )
    newest = latest(room, scope, meter_id=meter_id)
    data_until = None if newest is None else room.zone.local(newest.read_at)
    shown_from = max(start, scope.earliest(meter_id) or start)
    known = room.store.known(keys, shown_from, end) if shown_from < end else None
    ended = _ended(room)
    if known is None or known[0] == end:
        missing = _starting(room, start, min(end, ended))
        return Consumption(meter_id, period, None, None, None, 0, missing, None, None, data_until)
    first, last = known
    ends = _sum_of_registers(room, keys, np.array([first, last], dtype=np.int64))
    used = _used(room, keys, np.array([first, last], dtype=np.int64)) if first < last else None
    between = 0 if used is None else int(_missing(room, keys, used)[0])
    between -= _gaps(room, keys, max(first, ended), last)
    before = _starting(room, start, min(first, ended))
    after = _starting(room, last, min(end, ended))
    return Consumption(
        meter_id=meter_id,
        period=period,
        start_reading_wh=_value(ends[0]),
        end_reading_wh=_value(ends[1]),
        consumption_wh=None if used is None else int(used.consumption_wh.sum()),
        estimated_wh=0 if used is None else int(used.estimated_wh.sum()),
        missing_half_hours=before + between + after,
        start_time=room.zone.local(first),
        end_time=room.zone.local(last),
        data_until=data_until,
        missing_between=between,
    )


def series(
    room: ReadingRoom, scope: Scope, *, meter_id: str, start: int, end: int, resolution: str
) -> SeriesTable:
    """A meter's consumption over [start, end) in buckets of half_hour, hour, day, week, month
    or year. Raises NotFound, BadInput.
    """
    _require_meter_to_read(room, scope, meter_id)
    edges = room.zone.boundaries(start, end, resolution)
    keys = room.counting(meter_id)
    since = scope.earliest(meter_id)
    table = _table(room, keys, edges, since)
    ended = _ended(room)
    if edges[-1] > ended:
        whole = int(np.searchsorted(edges, ended, side="left"))
        table.to_come[whole:] = table.missing_half_hours[whole:]
        if whole and edges[whole] > ended:
            rest = np.array([ended, edges[whole]], dtype=np.int64)
            table.to_come[whole - 1] = _table(room, keys, rest, since).missing_half_hours[0]
        table.missing_half_hours[:] -= table.to_come
    return table


def _table(
    room: ReadingRoom, keys: tuple[SeriesKey, ...], edges: Ints, since: int | None
) -> SeriesTable:
    """What is shown from `since` on; all that is not known counts as missing, whenever it is."""
    hidden = 0 if since is None else int(np.searchsorted(edges[1:], since, side="right"))
    shown = edges[hidden:].copy()
    if since is not None:
        shown[0] = max(shown[0], since)
    table = _blank(room, edges)
    if len(shown) > 1 and keys:
        used = _used(room, keys, shown)
        table.consumption_wh[hidden:] = used.consumption_wh.sum(axis=0)
        table.estimated_wh[hidden:] = used.estimated_wh.sum(axis=0)
        cut_half_hours = _starting(room, int(edges[hidden]), int(shown[0]))
        table.missing_half_hours[hidden:] = _missing(room, keys, used)
        table.missing_half_hours[hidden] += cut_half_hours
        table.known[hidden:] = (used.reporting > 0).all(axis=0)
    return table


def registers_at(room: ReadingRoom, scope: Scope, *, meter_id: str, times: Ints) -> Ints:
    """The meter's register at each time in Wh, summed over its counting registers; VOID_WH where
    unknown or before its occupant moved in."""
    _require_meter_to_read(room, scope, meter_id)
    values = _sum_of_registers(room, room.counting(meter_id), times)
    since = scope.earliest(meter_id)
    return values if since is None else np.where(times < since, VOID_WH, values)


def segments(room: ReadingRoom, scope: Scope, *, meter_id: str, start: int, end: int) -> int:
    """How many segments the meter's counting registers have over [start, end], the most of any.

    With more than one, consumption is not the difference of the readings at both ends.
    """
    _require_meter_to_read(room, scope, meter_id)
    keys = room.counting(meter_id)
    codes = np.repeat(np.arange(len(keys)), 2)
    ends = np.tile([start, end], len(keys))
    around = effective(room.store.neighbors(ReadingBatch.of(keys, codes, ends, ends * 0)))
    opens = (around.kind == Kind.INITIAL) & (around.read_at > start) & (around.read_at < end)
    opened = np.bincount(around.series_code[opens], minlength=1)
    return 1 + int(opened.max())


def latest(room: ReadingRoom, scope: Scope, *, meter_id: str) -> Reading | None:
    """The newest effective reading of the meter's counting registers that may be shown."""
    _require_meter_to_read(room, scope, meter_id)
    found = room.store.latest(room.counting(meter_id)).rows()
    since = scope.earliest(meter_id)
    shown = [reading for reading in found if since is None or reading.read_at >= since]
    return max(shown, key=lambda reading: (reading.read_at, reading.kind), default=None)


def rows(room: ReadingRoom, scope: Scope, wanted: RowFilter) -> RowPage:
    """One page of stored readings, all revisions, for the admin's grid."""
    _require_reading_of_readings(scope)
    return room.store.rows(wanted)


def revisions(room: ReadingRoom, scope: Scope, *, key: SeriesKey, read_at: int) -> ReadingBatch:
    """Everything stored for one register at one instant: every revision and kind."""
    _require_reading_of_readings(scope)
    return room.store.revisions(key, read_at)


def top(
    room: ReadingRoom,
    scope: Scope,
    *,
    start: int,
    end: int,
    limit: int = 20,
    descending: bool = True,
) -> list[tuple[str, int]]:
    """Meters with the most (or least) consumption over [start, end): (meter_id, Wh)."""
    _require_reading_of_readings(scope)
    if end <= start:
        raise BadInput("a period must end after it starts.", field="to")
    return room.store.top(start, end, limit, descending=descending)


def _require_meter_to_read(room: ReadingRoom, scope: Scope, meter_id: str) -> None:
    if scope.action not in (Action.READ_METER, Action.READ_READINGS):
        raise Forbidden(f"permission to {scope.action} does not show single meters.")
    require_meter(scope, meter_id)
    if room.standing(meter_id) is Standing.UNKNOWN and not room.store.registers(meter_id):
        raise unknown_meter(meter_id)


def _require_reading_of_readings(scope: Scope) -> None:
    if scope.action is not Action.READ_READINGS or scope.meter_ids is not None:
        raise Forbidden(f"permission to {scope.action} does not show the readings of all meters.")


def _latest_at(room: ReadingRoom, keys: tuple[SeriesKey, ...], now: int) -> int | None:
    """Time of the latest reading at or before now; with several registers the one of all.

    The newest reading may stand up to five minutes ahead of now; then the one before it counts.
    """
    at_now = ReadingBatch.of(keys, range(len(keys)), [now] * len(keys), [0] * len(keys))
    found = room.store.neighbors(at_now)
    times: dict[SeriesKey, int] = {}
    for code, read_at in zip(found.series_code.tolist(), found.read_at.tolist(), strict=True):
        if read_at <= now:
            key = found.series[code]
            times[key] = max(read_at, times.get(key, read_at))
    return min(times.values(), default=None)


def _used(room: ReadingRoom, keys: tuple[SeriesKey, ...], edges: Ints) -> Buckets:
    return room.store.series(keys, edges)


def _missing(room: ReadingRoom, keys: tuple[SeriesKey, ...], used: Buckets) -> Ints:
    """Half hours of each bucket that are missing in any of the registers."""
    if len(keys) == 1:
        alone: Ints = used.missing_half_hours[0]
        return alone
    edges = used.edges
    half_hours = room.zone.boundaries(int(edges[0]), int(edges[-1]), "half_hour")
    fine_edges = np.union1d(half_hours, edges)
    fine = _used(room, keys, fine_edges)
    missing = fine.missing_half_hours.max(axis=0)
    starts = np.searchsorted(fine_edges, edges[:-1])
    summed: Ints = np.add.reduceat(missing, starts)
    return summed


def _sum_of_registers(room: ReadingRoom, keys: tuple[SeriesKey, ...], times: Ints) -> Ints:
    values = room.store.registers_at(keys, times)
    unknown = (values == VOID_WH).any(axis=0)
    return np.where(unknown, VOID_WH, values.sum(axis=0))


def _gaps(room: ReadingRoom, keys: tuple[SeriesKey, ...], start: int, end: int) -> int:
    """Half hours that start in [start, end) and are not wholly known."""
    if start >= end:
        return 0
    used = _used(room, keys, np.array([start, end], dtype=np.int64))
    return int(_missing(room, keys, used)[0])


def _ended(room: ReadingRoom) -> int:
    """Where the half hour begins that now lies in: those before it have ended."""
    now = epoch_of(room.clock())
    return now - (now - room.zone.grid_phase) % HALF_HOUR


def _starting(room: ReadingRoom, start: int, end: int) -> int:
    """How many half hours start in [start, end)."""
    first, stop = slots_at_or_after(np.array([start, end]), room.zone.grid_phase).tolist()
    return max(0, int(stop - first))


def _blank(room: ReadingRoom, edges: Ints) -> SeriesTable:
    """Nothing known: every half hour of every bucket is missing."""
    half_hours = np.diff(slots_at_or_after(edges, room.zone.grid_phase))
    zeros = np.zeros(len(half_hours), dtype=np.int64)
    return SeriesTable(
        edges=edges,
        consumption_wh=zeros.copy(),
        estimated_wh=zeros.copy(),
        missing_half_hours=half_hours,
        known=np.zeros(len(half_hours), dtype=np.bool_),
        to_come=zeros.copy(),
    )


def _value(watt_hours: np.int64) -> int | None:
    return None if watt_hours == VOID_WH else int(watt_hours)
