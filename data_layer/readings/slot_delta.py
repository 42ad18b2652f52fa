"""What the tails change in each half hour of each place, so that group totals stay exact.

    totals over half hours  =  index's sums over its cells  +  what the tails add or take away

New readings change a series only between the effective readings before and after them. For just
those half hours the index's rule (`index.history`) is applied to the readings as they were and
as they are, all series at once, and the difference is kept by place: the work is in proportion
to what is new, the memory to places times half hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_layer.readings.half_hours import HalfHours
from data_layer.readings.model import GroupPath, Ints, SeriesKey
from data_layer.readings.places import Places
from data_layer.readings.spans import Spans
from data_layer.readings.tail import ranges
from data_layer.readings.view import View
from data_layer.readings.vocabulary import Words
from index.history import HALF_HOUR, slots_at_or_after

SLOTS_AT_ONCE = 1 << 20
_SLOT_BITS = 32


SEVERAL, NO_ROW = -2, -1


@dataclass(frozen=True, slots=True)
class Stretches:
    """Half hours [low, high) of meters, each known by the code of its first counting series."""

    lead: Ints
    cell: Ints
    row: Ints
    """The meter's row in the index: NO_ROW without one, SEVERAL with several registers."""
    low: Ints
    high: Ints

    @classmethod
    def nowhere(cls) -> Stretches:
        return cls(*(np.zeros(0, dtype=np.int64) for _ in range(5)))

    def where(self, chosen: Ints) -> Stretches:
        """Consecutive ones of the chosen half hours, which are counted through all stretches."""
        lengths = self.high - self.low
        owner = np.repeat(np.arange(len(lengths)), lengths)[chosen]
        slot = ranges(self.low, self.high)[chosen]
        opens = np.ones(len(chosen), dtype=np.bool_)
        opens[1:] = (owner[1:] != owner[:-1]) | (slot[1:] != slot[:-1] + 1)
        closes = np.ones(len(chosen), dtype=np.bool_)
        closes[:-1] = opens[1:]
        owner = owner[opens]
        return Stretches(
            self.lead[owner], self.cell[owner], self.row[owner], slot[opens], slot[closes] + 1
        )

    @classmethod
    def together(cls, many: Sequence[Stretches]) -> Stretches:
        columns = zip(*((s.lead, s.cell, s.row, s.low, s.high) for s in many), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, slots=True)
class SlotDelta:
    """Differences by place and half-hour number, sorted by them, no pair twice."""

    cell: Ints
    slot: Ints
    consumption: Ints
    estimated: Ints
    full: Ints
    """Series in which the half hour became wholly known, less those in which it ceased to be."""
    reporting: Ints
    """Meters of which some part of the half hour became known, less those that ceased."""
    became: Stretches
    """Where meters began to report; with `ceased`, tells of buckets of many half hours."""
    ceased: Stretches
    series: Mapping[int, int]
    """By place: series that have readings now, less those that have none any more."""
    meters: Mapping[int, int]
    """By place: meters that have readings now, less those that have none any more."""

    @classmethod
    def nothing(cls) -> SlotDelta:
        none = np.zeros(0, dtype=np.int64)
        nowhere = Stretches.nowhere()
        return cls(none, none, none, none, none, none, nowhere, nowhere, {}, {})

    @property
    def is_nothing(self) -> bool:
        return not (len(self.slot) or len(self.became.lead) or self.series or self.meters)

    def plus(self, other: SlotDelta) -> SlotDelta:
        return _summed([self, other])

    def between(self, cells: Ints, low: int, high: int) -> Iterator[slice]:
        """For each of the cells that has any, its rows for half hours in [low, high)."""
        key = (self.cell << _SLOT_BITS) + self.slot
        base = cells << _SLOT_BITS
        starts = np.searchsorted(key, base + low).tolist()
        stops = np.searchsorted(key, base + high).tolist()
        for start, stop in zip(starts, stops, strict=True):
            if stop > start:
                yield slice(start, stop)


def difference(
    before: View, after: View, spans: Spans, places: Places, cells: Words[GroupPath]
) -> SlotDelta:
    """What changed from one view to another, given where readings came in between."""
    meters = of_meters(after, spans, places)
    words = after.words.series.words
    cell_of = {
        lead: cells.code(path)
        for lead in np.unique(meters.code).tolist()
        if (path := places.path(words[lead].meter_id)) is not None
    }
    meters = meters.take(np.isin(meters.code, list(cell_of)))
    if not len(meters):
        return SlotDelta.nothing()
    registers = {lead: places.counting(words[lead].meter_id) for lead in cell_of}
    reach = reached(after, meters, registers.__getitem__)
    rows = {lead: _row(after, own) for lead, own in registers.items()}
    parts = [
        _compare(before, after, part, registers.__getitem__)
        for part in _in_parts(reach, cell_of, rows, after.grid_phase)
    ]
    return _summed([*parts, _appeared(before, after, registers, cell_of)])


def _row(view: View, registers: Sequence[SeriesKey]) -> int:
    """The index's row of a meter with one register."""
    if len(registers) > 1:
        return SEVERAL
    row = view.index.row(registers[0])
    return NO_ROW if row is None else row


def of_meters(view: View, spans: Spans, places: Places) -> Spans:
    """The spans of series that count for their meters, by the code of each meter's first one."""
    words = view.words.series
    lead_of: dict[int, int] = {}
    for code in np.unique(spans.code).tolist():
        key = words.words[code]
        counting = places.counting(key.meter_id)
        if key in counting:
            lead_of[code] = words.code(counting[0])
    counted = spans.take(np.isin(spans.code, list(lead_of)))
    leads = np.array([lead_of[code] for code in counted.code.tolist()], dtype=np.int64)
    return Spans.together([Spans(leads, counted.first, counted.last)])


def reached(view: View, meters: Spans, registers: Callable[[int], Sequence[SeriesKey]]) -> Spans:
    """The spans widened to the effective readings before and after them, of all registers."""
    widened = []
    for part in meters.rounds():
        keys, owner = registers_of(part, registers)
        found = view.gather(keys, part.first[owner], part.last[owner])
        meter = owner[found.series_code]
        first, last = part.first.copy(), part.last.copy()
        earlier, later = found.read_at < part.first[meter], found.read_at > part.last[meter]
        same = found.series_code[1:] == found.series_code[:-1]
        # A gathering may hold more than the nearest; only they bound what changes.
        before, after = np.flatnonzero(earlier), np.flatnonzero(later)
        before = np.setdiff1d(before, np.flatnonzero(earlier[1:] & same), assume_unique=True)
        after = np.setdiff1d(after, np.flatnonzero(later[:-1] & same) + 1, assume_unique=True)
        np.minimum.at(first, meter[before], found.read_at[before])
        np.maximum.at(last, meter[after], found.read_at[after])
        widened.append(Spans(part.code, first, last))
    return Spans.together(widened)


def registers_of(
    meters: Spans, registers: Callable[[int], Sequence[SeriesKey]]
) -> tuple[list[SeriesKey], Ints]:
    """Counting registers of the meters, and for each the position of its meter."""
    own = [registers(lead) for lead in meters.code.tolist()]
    keys = [key for counting in own for key in counting]
    return keys, np.repeat(np.arange(len(own)), [len(counting) for counting in own])


def _in_parts(
    reach: Spans, cell_of: Mapping[int, int], rows: Mapping[int, int], phase: int
) -> Iterator[Stretches]:
    """Whole half hours around the spans, in parts of bounded size with no meter twice."""
    for part in reach.rounds():
        low = (part.first - phase) // HALF_HOUR
        high = np.maximum(slots_at_or_after(part.last, phase), low + 1)
        leads = part.code.tolist()
        cell = np.array([cell_of[lead] for lead in leads], dtype=np.int64)
        row = np.array([rows[lead] for lead in leads], dtype=np.int64)
        share = np.cumsum(high - low) // SLOTS_AT_ONCE
        for n in np.unique(share).tolist():
            mine = share == n
            yield Stretches(part.code[mine], cell[mine], row[mine], low[mine], high[mine])


def _compare(
    before: View, after: View, part: Stretches, registers: Callable[[int], Sequence[SeriesKey]]
) -> SlotDelta:
    keys, owner = registers_of(Spans(part.lead, part.low, part.high), registers)
    old = HalfHours.of(before, keys, owner, part.low, part.high)
    new = HalfHours.of(after, keys, owner, part.low, part.high)
    reporting = new.reporting - old.reporting
    return SlotDelta(
        cell=np.repeat(part.cell, part.high - part.low),
        slot=ranges(part.low, part.high),
        consumption=new.consumption - old.consumption,
        estimated=new.estimated - old.estimated,
        full=new.full - old.full,
        reporting=reporting,
        became=part.where(np.flatnonzero(reporting > 0)),
        ceased=part.where(np.flatnonzero(reporting < 0)),
        series={},
        meters={},
    )


def _appeared(
    before: View,
    after: View,
    registers: Mapping[int, Sequence[SeriesKey]],
    cell_of: Mapping[int, int],
) -> SlotDelta:
    """How many series and meters have readings that had none, by place."""
    keys = [key for own in registers.values() for key in own]
    had, have = before.present(keys), after.present(keys)
    series: Counter[int] = Counter()
    meters: Counter[int] = Counter()
    start = 0
    for lead, own in registers.items():
        mine = slice(start, start + len(own))
        start += len(own)
        series[cell_of[lead]] += int(have[mine].sum()) - int(had[mine].sum())
        meters[cell_of[lead]] += int(have[mine].any()) - int(had[mine].any())
    return replace(SlotDelta.nothing(), series=series, meters=meters)


def _summed(parts: Sequence[SlotDelta]) -> SlotDelta:
    """One row a place and half hour; rows that cancel out are dropped."""
    key = np.concatenate([(part.cell << _SLOT_BITS) + part.slot for part in parts])
    order = np.argsort(key, kind="stable")
    key = key[order]
    opens = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else key

    def summed(columns: Sequence[Ints]) -> Ints:
        column = np.concatenate(columns)[order]
        return np.add.reduceat(column, opens) if len(opens) else column

    consumption = summed([part.consumption for part in parts])
    estimated = summed([part.estimated for part in parts])
    full = summed([part.full for part in parts])
    reporting = summed([part.reporting for part in parts])
    changed = np.flatnonzero((consumption != 0) | (estimated != 0) | (full != 0) | (reporting != 0))
    kept = key[opens][changed]
    series: Counter[int] = Counter()
    meters: Counter[int] = Counter()
    for part in parts:
        series.update(part.series)
        meters.update(part.meters)
    return SlotDelta(
        cell=kept >> _SLOT_BITS,
        slot=kept & ((1 << _SLOT_BITS) - 1),
        consumption=consumption[changed],
        estimated=estimated[changed],
        full=full[changed],
        reporting=reporting[changed],
        became=Stretches.together([part.became for part in parts]),
        ceased=Stretches.together([part.ceased for part in parts]),
        series=series,
        meters=meters,
    )
