"""The gap rule carried out along one row after the other: readings in, U at every slot out.

`Walk` follows a stretch of rows through the days. What it knows of a row between two days is one
line of `state`; what it finds goes to

    total, flags, needed      U, reads and cuts at each asked slot; blocks in which a line is needed
    segments, gaps, side      what is not on the grid, as it comes

A reading on the slot that is expected next costs a few comparisons; only slots that were skipped
are interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numba import types

from index.columns import LONGEST_FILLED
from index.compiled import READ_BYTES, READ_INTS, READ_NARROW, compiled, inlined, whole
from index.day_readings import DayReadings
from index.grid import SLOTS, Grid
from index.history import INITIAL, Bytes, Ints
from index.long_gaps import LongGaps
from index.segments import Segments
from index.side_columns import SideColumns, split

Narrow = npt.NDArray[np.int32]

STANDS, CUT = 1, 2
"""Flags of a slot: a reading stands on it; its half hour is cut by a hole."""
_HALF_HOUR, _DAY = 1800, 86_400
_SLOT, _BLOCK, _SEEN, _TIME, _VALUE, _TOTAL, _START, _OPENING, _SHIFT, _KIND = range(10)
_STATE = 10


@inlined
def _between(u0: int, u1: int, t0: int, t1: int, t: int) -> int:
    """`history.interpolated` for one instant."""
    span = t1 - t0
    steady = (u1 - u0) // span
    rest = (u1 - u0) - steady * span
    return u0 + steady * (t - t0) + whole(np.uint64(rest) * np.uint64(t - t0) // np.uint64(span))


@inlined
def _close(known: Ints, row: int, out: Ints, at: int) -> None:
    out[at, 0] = row
    out[at, 1] = known[_START]
    out[at, 2] = known[_TIME]
    out[at, 3] = known[_OPENING]
    out[at, 4] = known[_TOTAL]
    out[at, 5] = known[_SHIFT]
    out[at, 6] = known[_KIND]


_TABLE = types.int64[:, ::1]
_MARKS = types.uint8[:, ::1]


@compiled(
    types.void(
        READ_NARROW,
        READ_NARROW,
        READ_INTS,
        READ_INTS,
        READ_BYTES,
        types.int64,
        types.int64,
        READ_INTS,
        READ_INTS,
        _TABLE,
        _TABLE,
        _MARKS,
        _MARKS,
        _TABLE,
        _TABLE,
        _TABLE,
        types.int64[::1],
    )
)
def _walk_day(  # noqa: C901 - the rule for gaps, one reading after the other
    pointer: Narrow,
    series_of_row: Narrow,
    times: Ints,
    values: Ints,
    kinds: Bytes,
    first: int,
    origin: int,
    slots: Ints,
    blocks: Ints,
    state: Ints,
    total: Ints,
    flags: Bytes,
    needed: Bytes,
    segments: Ints,
    gaps: Ints,
    side: Ints,
    counts: Ints,
) -> None:
    closed, long, beside = 0, 0, 0
    last = len(slots)
    for n in range(len(state)):
        series = series_of_row[first + n]
        if series < 0:
            continue
        known = state[n]
        slot, block = known[_SLOT], known[_BLOCK]
        for i in range(pointer[series], pointer[series + 1]):
            t, value = times[i], values[i]
            if known[_SEEN] == 0 or kinds[i] == INITIAL:
                unrolled = value
                hole = False
                if known[_SEEN] != 0:
                    unrolled = known[_TOTAL]
                    _close(known, first + n, segments, closed)
                    closed += 1
                    hole = t > known[_TIME]
                    if hole:
                        flags[n, slot - 1] |= CUT
                while slot < last and slots[slot] * _HALF_HOUR + origin < t:
                    total[n, slot] = unrolled
                    slot += 1
                if hole and slot:
                    flags[n, slot - 1] |= CUT
                number = (t - origin) // _DAY
                while blocks[block] < number:
                    block += 1
                known[_SEEN] = 1
                known[_START], known[_OPENING] = t, unrolled
                known[_SHIFT], known[_KIND] = unrolled - value, kinds[i]
            else:
                unrolled = known[_TOTAL] + value - known[_VALUE]
                while slot < last and slots[slot] * _HALF_HOUR + origin < t:
                    total[n, slot] = _between(
                        known[_TOTAL],
                        unrolled,
                        known[_TIME],
                        t,
                        slots[slot] * _HALF_HOUR + origin,
                    )
                    slot += 1
                number = (t - origin) // _DAY
                if blocks[block] < number:
                    silent = number - blocks[block] - 1
                    if silent > LONGEST_FILLED:
                        gaps[long, 0] = first + n
                        gaps[long, 1], gaps[long, 2] = known[_TIME], t
                        gaps[long, 3], gaps[long, 4] = known[_TOTAL], unrolled
                        gaps[long, 5] = (blocks[block] + 1) * SLOTS
                        gaps[long, 6] = number * SLOTS
                        long += 1
                    while blocks[block] < number:
                        block += 1
                        if silent <= LONGEST_FILLED:
                            needed[n, block] = 1
            known[_TIME], known[_VALUE], known[_TOTAL] = t, value, unrolled
            needed[n, block] = 1
            if slot < last and slots[slot] * _HALF_HOUR + origin == t:
                total[n, slot] = unrolled
                flags[n, slot] |= STANDS
                slot += 1
            elif (t - origin) % _HALF_HOUR:
                side[beside, 0], side[beside, 1] = first + n, t
                side[beside, 2], side[beside, 3] = value, kinds[i]
                beside += 1
        known[_SLOT], known[_BLOCK] = slot, block
    counts[0], counts[1], counts[2] = closed, long, beside


@compiled(types.int64(types.int64, _TABLE, _TABLE, _TABLE))
def _end_rows(first: int, state: Ints, total: Ints, segments: Ints) -> int:
    """U stands still after a row's last reading; its last segment ends there."""
    closed = 0
    for n in range(len(state)):
        for slot in range(state[n, _SLOT], total.shape[1]):
            total[n, slot] = state[n, _TOTAL]
        if state[n, _SEEN]:
            _close(state[n], first + n, segments, closed)
            closed += 1
    return closed


@dataclass(frozen=True, eq=False)
class Coming:
    """A day on its way into an index: its readings, and which of its series a row is."""

    day: DayReadings
    series_of_row: Narrow
    """-1 where the row has no reading that day."""

    @classmethod
    def of(cls, day: DayReadings, rows_of_codes: Ints, rows: int) -> Coming:
        series = np.full(rows, -1, dtype=np.int32)
        known = np.flatnonzero(rows_of_codes >= 0)
        series[rows_of_codes[known]] = known
        return cls(day, series)

    def count(self, first: int, last: int) -> tuple[int, int]:
        """Readings and rows with readings among the rows first..last-1, at most."""
        if last - first == len(self.series_of_row):
            return len(self.day), last - first
        own = self.series_of_row[first:last]
        own = own[own >= 0]
        pointer = self.day.pointer
        return int((pointer[own + 1] - pointer[own]).sum()), len(own)


@dataclass(frozen=True, eq=False)
class Walk:
    """The rows first, first + 1, ... through all days. Arrays are (rows, slots or blocks)."""

    first: int
    grid: Grid
    slots: Ints
    blocks: Ints
    total: Ints
    flags: Bytes
    needed: Bytes
    state: Ints
    _segments: list[Ints] = field(default_factory=list)
    _gaps: list[Ints] = field(default_factory=list)
    _side: list[Ints] = field(default_factory=list)

    @classmethod
    def over(cls, first: int, total: Ints, grid: Grid, slots: Ints, blocks: Ints) -> Walk:
        """`total` is the buffer (rows, slots) to write U into."""
        rows = len(total)
        return cls(
            first=first,
            grid=grid,
            slots=slots,
            blocks=blocks,
            total=total,
            flags=np.zeros(total.shape, dtype=np.uint8),
            needed=np.zeros((rows, len(blocks)), dtype=np.uint8),
            state=np.zeros((rows, _STATE), dtype=np.int64),
        )

    def resume(self, rows: Ints, slot: Ints, last: Segments) -> None:
        """Go on with these rows from their last segment; `slot` is the first to be filled."""
        state = self.state
        state[rows, _SLOT], state[rows, _SEEN] = slot, 1
        state[rows, _TIME], state[rows, _TOTAL] = last.end, last.closing
        state[rows, _VALUE] = last.closing - last.shift
        state[rows, _START], state[rows, _OPENING] = last.start, last.opening
        state[rows, _SHIFT], state[rows, _KIND] = last.shift, last.kind

    def through(self, days: list[Coming]) -> None:
        """Days in time order, then the end."""
        counts = np.zeros(3, dtype=np.int64)
        last = self.first + len(self.state)
        for coming in days:
            day = coming.day
            readings, rows = coming.count(self.first, last)
            if not readings:
                continue
            segments = np.empty((readings, 7), dtype=np.int64)
            gaps = np.empty((rows, 7), dtype=np.int64)
            side = np.empty((readings, 4), dtype=np.int64)
            _walk_day(
                day.pointer,
                coming.series_of_row,
                day.times,
                day.values,
                day.kinds,
                self.first,
                self.grid.origin,
                self.slots,
                self.blocks,
                self.state,
                self.total,
                self.flags,
                self.needed,
                segments,
                gaps,
                side,
                counts,
            )
            found = ((self._segments, segments), (self._gaps, gaps), (self._side, side))
            for (kept, events), count in zip(found, counts.tolist(), strict=True):
                if count:
                    kept.append(events[:count].copy())
        ends = np.empty((len(self.state), 7), dtype=np.int64)
        count = _end_rows(self.first, self.state, self.total, ends)
        self._segments.append(ends[:count])

    def segments(self, rows: int) -> Segments:
        """In order of (row, start), of `rows` rows in all."""
        found = np.concatenate(self._segments)
        found = found[np.argsort(found[:, 0], kind="stable")]
        columns = np.ascontiguousarray(found.T)
        start, end, opening, closing, shift, kind = columns[1:]
        return Segments(
            rows, columns[0], start, end, opening, closing, shift, kind.astype(np.uint8)
        )

    def gaps(self) -> LongGaps:
        found = np.concatenate([np.empty((0, 7), np.int64), *self._gaps])
        return LongGaps(*np.ascontiguousarray(found.T))

    def side(self) -> dict[int, SideColumns]:
        """By block; rows of a block in order."""
        if not self._side:
            return {}
        rows, times, values, kinds = np.ascontiguousarray(np.concatenate(self._side).T)
        columns = SideColumns(rows, times, values, kinds.astype(np.uint8))
        return split(columns, self.grid.block(times))
