"""Interval data, kWh per half hour, becomes readings: running totals of unbroken runs.

    interval   [00:00, 00:30) 0.396   [00:30, 01:00) 0.172   (gap)   [02:00, 02:30) 0.166
    readings   initial 00:00 0.000    read 00:30 0.396       read 01:00 0.568
               initial 02:00 0.000    read 02:30 0.166

A run that begins where the series' latest reading stands continues its register; any other opens
a segment of its own at 0.000. So files may come late, twice, in parts and in any order, and no
stored row is ever rewritten. The running total is exact and is rounded half-up to whole Wh, so
each run as a whole is off by at most half a Wh, however long it is.

Before a series' first reading, when that is a plain read, a run would be joined to it and what
lies between counted as consumption. So such runs come with an `initial` one second before that
read and of its value: the read opens its own segment, as it did before (decision 0010).

An interval over time that is known already is a duplicate when it differs by less than one Wh
(all that two roundings can make) and a conflict otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data_layer.readings.model import Bytes, Ints, Kind, ReadingBatch, SeriesKey, Verdict
from data_layer.readings.order import effective
from index.history import History

DECIMALS = 20
"""Decimals of a kWh that are kept; portals write twenty."""
UNITS_PER_WH: int = 10 ** (DECIMALS - 3)


@dataclass(frozen=True, slots=True)
class IntervalBatch:
    """Energy over intervals in columns, all of one length. Half-open, epoch seconds.

    `energy` counts 1e-20 kWh in whole numbers of any size, so that totals are exact. `line` is
    the line in the source.
    """

    series: tuple[SeriesKey, ...]
    series_code: Ints
    start: Ints
    end: Ints
    energy: tuple[int, ...]
    line: Ints

    def __len__(self) -> int:
        return len(self.energy)


@dataclass(frozen=True, slots=True)
class Intake:
    """What a batch of intervals comes to: readings to submit and each interval's verdict.

    `readings.line` is the position of the interval in the batch, counted from 1.
    """

    readings: ReadingBatch
    verdicts: Bytes
    known_wh: Mapping[int, int]
    """Of conflicts by position: Wh that are stored for just this time."""
    meeting: Mapping[int, tuple[int, int]]
    """Of conflicts by position: time and Wh of the first read, at which the interval ends."""


def to_readings(intervals: IntervalBatch, stored: ReadingBatch, *, source: str = "") -> Intake:
    """Turn the intervals that are new into readings, given what is stored around them.

    `stored` holds for each series the readings between the first start and the last end, and
    the nearest before and after. Pure. O(n log n).
    """
    verdicts = np.full(len(intervals), Verdict.ACCEPTED, dtype=np.uint8)
    counted = effective(stored)
    rows = _Rows([], [], [], [], [])
    known_wh: dict[int, int] = {}
    meeting: dict[int, tuple[int, int]] = {}
    for code in np.unique(intervals.series_code).tolist():
        own = np.flatnonzero(intervals.series_code == code)
        around = _Stored.of(counted, intervals.series[code])
        own = own[np.lexsort((own, intervals.end[own], intervals.start[own]))]
        known_wh |= _compare_with_stored(intervals, own, around, verdicts)
        meeting |= _refuse_at_first_read(intervals, own, around, verdicts)
        _compare_with_each_other(intervals, own, verdicts)
        rows.add_runs(intervals, own[verdicts[own] == Verdict.ACCEPTED], around, code)
    readings = ReadingBatch.of(
        intervals.series,
        rows.code,
        rows.read_at,
        rows.value_wh,
        source=source,
        kind=rows.kind,
        line=rows.line,
    )
    return Intake(readings, verdicts, known_wh, meeting)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The effective readings of one series around the intervals."""

    history: History

    @classmethod
    def of(cls, stored: ReadingBatch, key: SeriesKey) -> _Stored:
        code = stored.series.index(key) if key in stored.series else -1
        mine = stored.series_code == code
        return cls(History(stored.read_at[mine], stored.value_wh[mine], stored.kind[mine]))

    @property
    def first_read(self) -> tuple[int, int] | None:
        """Time and Wh of the first reading when it opens its segment without being an initial."""
        if not len(self.history) or self.history.kinds[0] != Kind.READ:
            return None
        return int(self.history.times[0]), int(self.history.values[0])

    def known_before(self, moments: Ints) -> Ints:
        """Seconds known before each moment; differences tell how much of a span is known."""
        starts, ends = self.history.intervals
        before = np.concatenate(([0], np.cumsum(ends - starts)))
        found = np.searchsorted(starts, moments, side="right")
        place = np.maximum(found - 1, 0)
        ahead = np.where(found > 0, np.maximum(ends[place] - moments, 0), 0)
        known: Ints = before[found] - ahead
        return known

    def opens_at(self, moment: int) -> int | None:
        """Value of the initial reading stored at the moment."""
        times = self.history.times
        low, high = np.searchsorted(times, [moment, moment + 1])
        for seat in range(low, high):
            if self.history.kinds[seat] == Kind.INITIAL:
                return int(self.history.values[seat])
        return None

    def register_to_continue(self, moment: int) -> int | None:
        """Register value from which a run that begins at the moment goes on, None for none."""
        opened = self.opens_at(moment)
        if opened is None and len(self.history.times) and self.history.times[-1] == moment:
            return int(self.history.values[-1])
        return opened


def _compare_with_stored(
    intervals: IntervalBatch, own: Ints, stored: _Stored, verdicts: Bytes
) -> dict[int, int]:
    """Intervals over known time are duplicates or conflicts; so are those across a reading.

    Gives what is stored for those conflicts whose time is known from end to end.
    """
    times = stored.history.times
    known_wh: dict[int, int] = {}
    if not len(times):
        return known_wh
    start, end = intervals.start[own], intervals.end[own]
    known = stored.known_before(end) - stored.known_before(start)
    used = stored.history.unrolled(end) - stored.history.unrolled(start)
    across = np.searchsorted(times, end, "left") > np.searchsorted(times, start, "right")
    verdicts[own[(known > 0) | across]] = Verdict.CONFLICT
    for seat in np.flatnonzero(known == end - start).tolist():
        if abs(intervals.energy[own[seat]] - int(used[seat]) * UNITS_PER_WH) < UNITS_PER_WH:
            verdicts[own[seat]] = Verdict.DUPLICATE
        else:
            known_wh[int(own[seat])] = int(used[seat])
    return known_wh


def _refuse_at_first_read(
    intervals: IntervalBatch, own: Ints, stored: _Stored, verdicts: Bytes
) -> dict[int, tuple[int, int]]:
    """An interval that ends where the first plain read stands would have to end with its value."""
    first = stored.first_read
    if first is None:
        return {}
    at_it = own[intervals.end[own] == first[0]]
    verdicts[at_it] = Verdict.CONFLICT
    return dict.fromkeys(at_it.tolist(), first)


def _compare_with_each_other(intervals: IntervalBatch, own: Ints, verdicts: Bytes) -> None:
    """Of intervals that overlap the first stays; an equal one after it is a duplicate."""
    kept: int | None = None
    for seat in own[verdicts[own] == Verdict.ACCEPTED].tolist():
        if kept is None or intervals.start[seat] >= intervals.end[kept]:
            kept = seat
            continue
        same_span = (
            intervals.start[seat] == intervals.start[kept]
            and intervals.end[seat] == intervals.end[kept]
        )
        close = abs(intervals.energy[seat] - intervals.energy[kept]) < UNITS_PER_WH
        verdicts[seat] = Verdict.DUPLICATE if same_span and close else Verdict.CONFLICT


@dataclass(frozen=True, slots=True)
class _Rows:
    """Readings as they are written down."""

    code: list[int]
    read_at: list[int]
    value_wh: list[int]
    kind: list[int]
    line: list[int]

    def add(self, code: int, read_at: int, value_wh: int, kind: Kind, line: int) -> None:
        self.code.append(code)
        self.read_at.append(read_at)
        self.value_wh.append(value_wh)
        self.kind.append(kind)
        self.line.append(line)

    def add_runs(self, intervals: IntervalBatch, own: Ints, stored: _Stored, code: int) -> None:
        """Running totals of intervals sorted by start, a new run after each break."""
        openings = set(stored.history.times[stored.history.kinds == Kind.INITIAL].tolist())
        base, total, until = 0, 0, None
        starts, ends = intervals.start[own].tolist(), intervals.end[own].tolist()
        for seat, start, end in zip(own.tolist(), starts, ends, strict=True):
            if start != until or start in openings:
                register = stored.register_to_continue(start)
                if register is None:
                    self.add(code, start, 0, Kind.INITIAL, seat + 1)
                base, total = register or 0, 0
            total += intervals.energy[seat]
            until = end
            self.add(code, end, base + rounded_wh(total), Kind.READ, seat + 1)
        self._keep_apart(intervals, own, stored.first_read, code)

    def _keep_apart(
        self, intervals: IntervalBatch, own: Ints, first: tuple[int, int] | None, code: int
    ) -> None:
        """Open the first read's own segment a second before it, so that no run is joined to it."""
        before = own[:0] if first is None else own[intervals.end[own] < first[0]]
        if first is not None and len(before):
            self.add(code, first[0] - 1, first[1], Kind.INITIAL, int(before[-1]) + 1)


def rounded_wh(energy: int) -> int:
    """Whole Wh, half-up."""
    return (energy + UNITS_PER_WH // 2) // UNITS_PER_WH
