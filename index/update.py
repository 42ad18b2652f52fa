"""A new version from an old one: some days hold other readings now, everything else stays.

A row is touched where its readings of the days really differ. What changes of it lies between
its last reading before the days and its first one after them (the *window*): interpolated values
in it are filled anew, and what comes after moves by one constant, because U goes on from where
it is (`delta`, not zero only when a segment's end or a row's first reading changed).

        old readings     days replaced       old readings
     ...o----o--------|=================|---------o----o...
             ^ previous                           ^ following
             |<------------- window ------------->|  then U + delta

Touched rows go through in batches of equal windows; the nightly day is one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index import long_gaps, side_columns
from index.build import rows_of_codes
from index.cells import Change, summed
from index.columns import Columns, assemble, fill, lines_needed, same_readings
from index.day_block import NO_LINE
from index.day_readings import DayReadings
from index.grid import SLOTS
from index.half_hours import HalfHours, half_hours, without_long_gaps
from index.history import READ, Ints, Mask
from index.leaves import Found, Leaves
from index.long_gaps import LongGaps
from index.roster import Roster
from index.segments import Segments, joined, welded
from index.side_columns import SideColumns

_AT_ONCE = 2_000_000
"""Slots worked on at a time: bounds memory."""


def spans(days: Sequence[DayReadings], rows: int) -> Iterator[list[DayReadings]]:
    """Days that follow each other without a gap, as many together as memory allows."""
    most = max(1, _AT_ONCE // (SLOTS * max(1, rows)))
    together: list[DayReadings] = []
    for day in days:
        if together and (day.start != together[-1].end or len(together) == most):
            yield together
            together = []
        together.append(day)
    if together:
        yield together


def draft(leaves: Leaves, rows: int) -> Leaves:
    """A copy whose base and line may be written to, with room for more rows."""
    more = ((0, 0), (0, rows - leaves.segments.count))
    return replace(
        leaves,
        base=np.pad(leaves.base, more),
        line=np.pad(leaves.line, more, constant_values=NO_LINE),
        segments=replace(leaves.segments, count=rows),
    )


def replaced(
    leaves: Leaves, days: Sequence[DayReadings], roster: Roster
) -> tuple[Leaves, list[Change]]:
    """The draft with consecutive days replaced, and what that changes in the cells.

    Writes into the draft's `base` and `line`; everything else is made new.
    """
    start, end = days[0].start, days[-1].end
    incoming = assemble(days, [rows_of_codes(day, roster) for day in days], len(roster))
    touched = np.flatnonzero(~same_readings(_held(leaves, start, end), incoming))
    if not len(touched):
        return leaves, []
    step = _Step.of(leaves, touched, start, end, incoming)
    return step.run(roster)


def _held(leaves: Leaves, start: int, end: int) -> Columns:
    """What all rows hold in [start, end) now."""
    parts = leaves.segments
    rows = np.flatnonzero((parts.first_time < end) & (parts.last_time >= start))
    low, high = leaves.grid.block([start, end - 1]).tolist()
    found = leaves.readings(rows, low, high + 1)
    found = found.take((found.times >= start) & (found.times < end))
    return Columns(parts.count, rows[found.rows], found.times, found.values, found.kinds)


@dataclass(frozen=True, eq=False)
class _Step:
    """One span of days in work. Per-row arrays follow `touched`."""

    leaves: Leaves
    touched: Ints
    start: int
    end: int
    before: Found
    after: Found
    columns: Columns
    """Per touched row: the previous reading, the new ones, the following one."""
    total: Ints
    old_after: Ints
    """U at the following reading in the old version."""

    @classmethod
    def of(cls, leaves: Leaves, touched: Ints, start: int, end: int, incoming: Columns) -> _Step:
        before, after = leaves.previous(touched, start), leaves.following(touched, end)
        where = np.full(leaves.segments.count, -1, dtype=np.int64)
        where[touched] = np.arange(len(touched))
        fresh = incoming.take(where[incoming.rows] >= 0)
        rows = np.concatenate(
            (np.flatnonzero(before.there), where[fresh.rows], np.flatnonzero(after.there))
        )
        order = np.argsort(rows, kind="stable")

        def column(name: str) -> Ints:
            ends = (getattr(before, name)[before.there], getattr(after, name)[after.there])
            stacked: Ints = np.concatenate((ends[0], getattr(fresh, name), ends[1]))[order]
            return stacked

        columns = Columns(
            len(touched),
            rows[order],
            column("times"),
            column("values"),
            column("kinds").astype(np.uint8),
        )
        anchors = _total_at(leaves.segments, touched, before)
        return cls(
            leaves=leaves,
            touched=touched,
            start=start,
            end=end,
            before=before,
            after=after,
            columns=columns,
            total=columns.unrolled(anchors, before.there),
            old_after=_total_at(leaves.segments, touched, after),
        )

    @cached_property
    def filled(self) -> Mask:
        """Rows that still have any reading."""
        return np.diff(self.columns.pointer) > 0

    def _end_total(self, *, last: bool) -> Ints:
        """U at each row's first or last reading in `columns`; 0 where it has none."""
        result = np.zeros(len(self.touched), dtype=np.int64)
        place = self.columns.pointer[1:] - 1 if last else self.columns.pointer[:-1]
        result[self.filled] = self.total[place[self.filled]]
        return result

    @cached_property
    def delta(self) -> Ints:
        """By how much U moves from the following reading on."""
        return np.where(self.after.there, self._end_total(last=True) - self.old_after, 0)

    def run(self, roster: Roster) -> tuple[Leaves, list[Change]]:
        rows, numbers = lines_needed(self.columns, self.leaves.grid)
        _, stored = self.leaves.place(numbers)
        old = _with_blocks(self.leaves, np.unique(numbers[~stored]))
        new = replace(old, segments=self._segments(), gaps=self._gaps(), side=self._side())
        changes = []
        grid = self.leaves.grid
        low = grid.block(np.where(self.before.there, self.before.times, self.start))
        high = grid.block(np.where(self.after.there, self.after.times, self.end - 1))
        for chosen in _equal_windows(low, high):
            first, stop = int(low[chosen[0]]), int(high[chosen[0]]) + 1
            total, read, was = self._filled(old, chosen, first, stop)
            needed = np.zeros((len(chosen), stop - first), dtype=np.bool_)
            mine = _positions(chosen, rows, len(self.touched))
            inside = mine >= 0
            needed[mine[inside], numbers[inside] - first] = True
            new = self._written(new, chosen, first, total, read, needed)
            changes.append(self._change(old, new, chosen, first, (total, read), was, roster))
        return new, changes

    def _filled(
        self, old: Leaves, chosen: Ints, first: int, stop: int
    ) -> tuple[Ints, Mask, tuple[Ints, Mask]]:
        """New U and reads over the window's slots and the one that closes it, and the old."""
        slots = np.arange(first * SLOTS, stop * SLOTS + 1)
        old_total, old_read = old.dense(self.touched[chosen], int(slots[0]), int(slots[-1]) + 1)
        mine = _positions(chosen, self.columns.rows, len(self.touched))
        kept = mine >= 0
        own = replace(self.columns.take(kept), count=len(chosen), rows=mine[kept])
        total, read = fill(own, self.total[kept], slots, old.grid)
        time = old.grid.time(slots)
        held = self.before.there[chosen, None] & (time <= self.before.times[chosen, None])
        moved = self.after.there[chosen, None] & (time >= self.after.times[chosen, None])
        total = np.where(held, old_total, total)
        total = np.where(moved, old_total + self.delta[chosen, None], total)
        read = np.where(held | moved, old_read, read)
        return total, read, (old_total, old_read)

    def _written(
        self, new: Leaves, chosen: Ints, first: int, total: Ints, read: Mask, needed: Mask
    ) -> Leaves:
        """Put the window into base and lines; before and after it, only the base moves."""
        rows, width = self.touched[chosen], needed.shape[1]
        low, high = np.searchsorted(new.blocks, [first, first + width]).tolist()
        stored = new.blocks[low:high] - first
        shape = (len(chosen), width, SLOTS)
        total, read = total[:, :-1].reshape(shape), read[:, :-1].reshape(shape)
        new.base[low:high, rows] = total[:, stored, 0].T
        lines, _ = new.lines.added(total[needed], read[needed])
        number = np.full(needed.shape, NO_LINE, dtype=np.int32)
        number[needed] = len(new.lines) + np.arange(int(needed.sum()), dtype=np.int32)
        new.line[low:high, rows] = number[:, stored].T

        opens = ~self.before.there[chosen]
        new.base[:low, rows[opens]] = self._end_total(last=False)[chosen[opens]]
        closes = ~self.after.there[chosen]
        new.base[high:, rows[closes]] = self._end_total(last=True)[chosen[closes]]
        moves = self.delta[chosen] != 0
        new.base[high:, rows[moves]] += self.delta[chosen[moves]]
        return replace(new, lines=lines)

    def _change(
        self,
        old: Leaves,
        new: Leaves,
        chosen: Ints,
        first: int,
        now: tuple[Ints, Mask],
        was: tuple[Ints, Mask],
        roster: Roster,
    ) -> Change:
        rows = self.touched[chosen]
        slot = first * SLOTS
        gain, loss = (
            without_long_gaps(
                half_hours(total, read, rows, slot, version.segments, version.grid),
                rows,
                slot,
                version.gaps,
            )
            for version, (total, read) in ((new, now), (old, was))
        )
        difference = HalfHours(gain.energy - loss.energy, gain.estimated - loss.estimated)
        width = gain.energy.shape[1] // SLOTS
        return summed(difference, roster.cell[rows], np.arange(first, first + width))

    def _segments(self) -> Segments:
        """Old segments up to the previous reading, new ones, old ones from the following on.

        Where two pieces meet in one reading the later is marked as opened by a read, which
        `welded` takes as "goes on".
        """
        old = self.leaves.segments
        where = np.full(old.count, -1, dtype=np.int64)
        where[self.touched] = np.arange(len(self.touched))
        mine = old.take(where[old.rows] >= 0)
        head = mine.take(mine.start < self.start)
        nth = where[head.rows]
        beyond = head.end > self.before.times[nth]
        head = replace(
            head,
            end=np.where(beyond, self.before.times[nth], head.end),
            closing=np.where(beyond, self._end_total(last=False)[nth], head.closing),
        )
        middle = Segments.of(self.columns, self.total)
        goes_on = np.flatnonzero(_first_of_row(middle.rows))
        goes_on = goes_on[self.before.there[middle.rows[goes_on]]]
        kind = middle.kind.copy()
        kind[goes_on] = READ
        middle = replace(middle, count=old.count, rows=self.touched[middle.rows], kind=kind)
        parts = [old.take(where[old.rows] < 0), head, middle, self._tail(mine, where)]
        return welded(joined(old.count, parts))

    def _tail(self, mine: Segments, where: Ints) -> Segments:
        tail = mine.take(mine.end >= self.end)
        nth = where[tail.rows]
        first = _first_of_row(tail.rows)
        return replace(
            tail,
            start=np.where(first, self.after.times[nth], tail.start),
            opening=np.where(first, self.old_after[nth], tail.opening) + self.delta[nth],
            closing=tail.closing + self.delta[nth],
            shift=tail.shift + self.delta[nth],
            kind=np.where(first, READ, tail.kind).astype(np.uint8),
        )

    def _gaps(self) -> LongGaps:
        old = self.leaves.gaps
        fresh = LongGaps.of(self.columns, self.total, self.leaves.grid)
        fresh = replace(fresh, rows=self.touched[fresh.rows])
        if not len(old):
            return fresh
        where = np.full(self.leaves.segments.count, -1, dtype=np.int64)
        where[self.touched] = np.arange(len(self.touched))
        untouched = old.take((where[old.rows] < 0) | (old.t1 < self.start))
        later = old.take((where[old.rows] >= 0) & (old.t0 >= self.end))
        delta = self.delta[where[later.rows]]
        later = replace(later, u0=later.u0 + delta, u1=later.u1 + delta)
        return long_gaps.stacked([untouched, fresh, later])

    def _side(self) -> dict[int, SideColumns]:
        grid, side = self.leaves.grid, dict(self.leaves.side)
        columns = self.columns
        inside = (columns.times >= self.start) & (columns.times < self.end)
        fresh = columns.take(inside & ~grid.on_grid(columns.times))
        everything = np.ones(len(fresh), dtype=np.bool_)
        coming = side_columns.split_by_block(
            fresh, self.touched, everything, grid.block(fresh.times)
        )
        touched = np.zeros(self.leaves.segments.count, dtype=np.bool_)
        touched[self.touched] = True
        low, high = grid.block([self.start, self.end - 1]).tolist()
        held = [number for number in range(low, high + 1) if number in side]
        for number in {*held, *coming}:
            own = side.pop(number, side_columns.NOTHING_BESIDE)
            arrivals = coming.get(number, side_columns.NOTHING_BESIDE)
            merged = own.with_span(touched, self.start, self.end, arrivals)
            if len(merged):
                side[number] = merged
        return side


def _total_at(segments: Segments, rows: Ints, found: Found) -> Ints:
    """U at the readings found; 0 where there is none."""
    result = np.zeros(len(rows), dtype=np.int64)
    there = found.there
    place = segments.locate(rows[there], found.times[there])
    starts = segments.start[place] == found.times[there]
    result[there] = np.where(
        starts, segments.opening[place], found.values[there] + segments.shift[place]
    )
    return result


def _first_of_row(rows: Ints) -> Mask:
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = rows[1:] != rows[:-1]
    return first


def _positions(chosen: Ints, rows: Ints, count: int) -> Ints:
    """Place of each row in `chosen`, -1 where it is not among them."""
    where = np.full(count, -1, dtype=np.int64)
    where[chosen] = np.arange(len(chosen))
    result: Ints = where[rows]
    return result


def _equal_windows(low: Ints, high: Ints) -> Iterator[Ints]:
    """Touched rows in batches that share a window, none larger than memory allows."""
    windows, which = np.unique(np.stack((low, high), axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    for number, (first, last) in enumerate(windows.tolist()):
        chosen = np.flatnonzero(which == number)
        most = max(1, _AT_ONCE // ((last - first + 1) * SLOTS))
        for start in range(0, len(chosen), most):
            yield chosen[start : start + most]


def _with_blocks(leaves: Leaves, numbers: Ints) -> Leaves:
    """Room for blocks that were not stored: nobody has a line in them yet."""
    if not len(numbers):
        return leaves
    opening = leaves.at(numbers * SLOTS)
    blocks = np.union1d(leaves.blocks, numbers)
    place, fresh = np.searchsorted(blocks, leaves.blocks), np.searchsorted(blocks, numbers)
    base = np.empty((len(blocks), leaves.segments.count), dtype=np.int64)
    base[place], base[fresh] = leaves.base, opening
    line = np.full(base.shape, NO_LINE, dtype=np.int32)
    line[place] = leaves.line
    return replace(leaves, blocks=blocks, base=base, line=line)
