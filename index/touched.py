"""The rows in which one span of days differs: their readings from neighbor to neighbor.

    previous | readings the span holds now | following        one such stretch a touched row

From these few readings follows what becomes of segments, long gaps and side columns: the old
ones up to the previous reading, new ones between, the old ones from the following on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index import long_gaps, side_columns
from index.columns import Columns
from index.history import READ, Ints, Mask
from index.leaves import Found, Leaves
from index.long_gaps import LongGaps
from index.segments import Segments, joined, welded
from index.side_columns import SideColumns


@dataclass(frozen=True, eq=False)
class Touched:
    """The rows that differ in one span of days. Per-row arrays follow `rows`."""

    leaves: Leaves
    rows: Ints
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
    def of(cls, leaves: Leaves, rows: Ints, start: int, end: int, incoming: Columns) -> Touched:
        before, after = leaves.previous(rows, start), leaves.following(rows, end)
        where = np.full(leaves.segments.count, -1, dtype=np.int64)
        where[rows] = np.arange(len(rows))
        fresh = incoming.take(where[incoming.rows] >= 0)
        place = np.concatenate(
            (np.flatnonzero(before.there), where[fresh.rows], np.flatnonzero(after.there))
        )
        order = np.argsort(place, kind="stable")

        def column(name: str) -> Ints:
            ends = (getattr(before, name)[before.there], getattr(after, name)[after.there])
            stacked: Ints = np.concatenate((ends[0], getattr(fresh, name), ends[1]))[order]
            return stacked

        columns = Columns(
            len(rows),
            place[order],
            column("times"),
            column("values"),
            column("kinds").astype(np.uint8),
        )
        anchors = _total_at(leaves.segments, rows, before)
        return cls(
            leaves=leaves,
            rows=rows,
            start=start,
            end=end,
            before=before,
            after=after,
            columns=columns,
            total=columns.unrolled(anchors, before.there),
            old_after=_total_at(leaves.segments, rows, after),
        )

    @cached_property
    def filled(self) -> Mask:
        """Rows that still have any reading."""
        return np.diff(self.columns.pointer) > 0

    def end_total(self, *, last: bool) -> Ints:
        """U at each row's first or last reading in `columns`; 0 where it has none."""
        result = np.zeros(len(self.rows), dtype=np.int64)
        place = self.columns.pointer[1:] - 1 if last else self.columns.pointer[:-1]
        result[self.filled] = self.total[place[self.filled]]
        return result

    @cached_property
    def delta(self) -> Ints:
        """By how much U moves from the following reading on."""
        return np.where(self.after.there, self.end_total(last=True) - self.old_after, 0)

    def segments(self) -> Segments:
        """Old segments up to the previous reading, new ones, old ones from the following on.

        Where two pieces meet in one reading the later is marked as opened by a read, which
        `welded` takes as "goes on".
        """
        old = self.leaves.segments
        where = np.full(old.count, -1, dtype=np.int64)
        where[self.rows] = np.arange(len(self.rows))
        mine = old.take(where[old.rows] >= 0)
        head = mine.take(mine.start < self.start)
        nth = where[head.rows]
        beyond = head.end > self.before.times[nth]
        head = replace(
            head,
            end=np.where(beyond, self.before.times[nth], head.end),
            closing=np.where(beyond, self.end_total(last=False)[nth], head.closing),
        )
        middle = Segments.of(self.columns, self.total)
        goes_on = np.flatnonzero(_first_of_row(middle.rows))
        goes_on = goes_on[self.before.there[middle.rows[goes_on]]]
        kind = middle.kind.copy()
        kind[goes_on] = READ
        middle = replace(middle, count=old.count, rows=self.rows[middle.rows], kind=kind)
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

    def long_gaps(self) -> LongGaps:
        old = self.leaves.gaps
        fresh = LongGaps.of(self.columns, self.total, self.leaves.grid)
        fresh = replace(fresh, rows=self.rows[fresh.rows])
        if not len(old):
            return fresh
        where = np.full(self.leaves.segments.count, -1, dtype=np.int64)
        where[self.rows] = np.arange(len(self.rows))
        untouched = old.take((where[old.rows] < 0) | (old.t1 < self.start))
        later = old.take((where[old.rows] >= 0) & (old.t0 >= self.end))
        delta = self.delta[where[later.rows]]
        later = replace(later, u0=later.u0 + delta, u1=later.u1 + delta)
        return long_gaps.stacked([untouched, fresh, later])

    def side(self) -> dict[int, SideColumns]:
        grid, side = self.leaves.grid, dict(self.leaves.side)
        columns = self.columns
        inside = (columns.times >= self.start) & (columns.times < self.end)
        fresh = columns.take(inside & ~grid.on_grid(columns.times))
        everything = np.ones(len(fresh), dtype=np.bool_)
        coming = side_columns.split_by_block(fresh, self.rows, everything, grid.block(fresh.times))
        touched = np.zeros(self.leaves.segments.count, dtype=np.bool_)
        touched[self.rows] = True
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
