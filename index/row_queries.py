"""Questions about one row: its readings, its register, its consumption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from index import row_kernels as kernels
from index.columns import Columns, ordered
from index.day_page import DayPage
from index.estimated_sums import EstimatedSums
from index.grid import Grid
from index.history import HALF_HOUR, UNKNOWN, History, Ints, Mask, Measures, whole_half_hours
from index.leaves import Leaves
from index.packed_arrays import Packed
from index.roster import Names
from index.segments import Segments


class Usage(NamedTuple):
    """What a row used: Wh, how much of it is estimated, and how many half hours are missing."""

    consumption: int
    estimated: int
    missing: int


class HalfHourSeries(NamedTuple):
    """A row's half hours: Wh, and whether each is estimated, missing, known in any part."""

    consumption: Ints
    estimated: Mask
    missing: Mask
    known: Mask


def is_half_hourly(edges: Ints) -> bool:
    return bool((np.diff(edges) == HALF_HOUR).all())


@dataclass(frozen=True, eq=False)
class RowQueries:
    """Reads the leaves of one version."""

    leaves: Leaves

    @property
    def _grid(self) -> Grid:
        return self.leaves.grid

    @property
    def _parts(self) -> Segments:
        return self.leaves.segments

    def histories(self, rows: Ints, start: int, end: int) -> Columns:
        """Readings of the rows in [start, end] and the nearest on either side, by (row, time)."""
        before, after = self.leaves.previous(rows, start), self.leaves.following(rows, end + 1)
        low, high = self._grid.block([start, end]).tolist()
        inside = self.leaves.readings(rows, low, high + 1)
        inside = inside.take((inside.times >= start) & (inside.times <= end))
        number = (np.flatnonzero(before.there), np.flatnonzero(after.there))

        def column(name: str) -> Ints:
            ends = (getattr(before, name)[number[0]], getattr(after, name)[number[1]])
            stacked: Ints = np.concatenate((ends[0], getattr(inside, name), ends[1]))
            return stacked

        columns, _ = ordered(
            len(rows),
            np.concatenate((number[0], inside.rows, number[1])),
            column("times"),
            column("values"),
            column("kinds").astype(np.uint8),
        )
        return columns

    def history(self, row: int, start: int, end: int) -> History:
        found = self.histories(np.array([row], dtype=np.int64), start, end)
        return History(found.times, found.values, found.kinds)

    @cached_property
    def _lives(self) -> tuple[Ints, Ints]:
        """What `row_kernels` wants to know of each row: `lives` and `known`."""
        found, parts = self._parts.intervals, self._parts
        lives = np.zeros((parts.count, 4), dtype=np.int64)
        pointer = np.searchsorted(found.rows, np.arange(parts.count + 1))
        lives[:, 0], lives[:, 1], lives[:, 2] = pointer[:-1], pointer[1:], parts.last_total
        lives[self.leaves.gaps.rows, 3] = 1
        return lives, np.stack((found.starts, found.ends), axis=1)

    @cached_property
    def _packed(self) -> Packed:
        origin = np.array([self._grid.origin], dtype=np.int64)
        return Packed((*self.leaves.arrays, *self._lives, origin, self._sums.table))

    @cached_property
    def _table(self) -> Ints:
        """What every kernel is given first; it lives as long as this."""
        return self._packed.table

    @cached_property
    def _sums(self) -> EstimatedSums:
        return EstimatedSums(self._parts.count, len(self.leaves.blocks))

    def day_page(self, names: Names, first: int, count: int) -> DayPage:
        return DayPage(self.leaves, self._packed, names.rank, names.by_rank, first, count)

    @cached_property
    def usage(self) -> Callable[[int, int, int], Usage]:
        """usage(row, start, end): consumption of a row; on the grid in one call, off it slowly.

        A function with all it needs at hand: looking each up on `self` would take as long as the
        answer.
        """
        packed, sums, leaves = self._packed, self._sums, self.leaves
        address, ask, told = packed.address, kernels.usage, partial(tuple.__new__, Usage)

        def usage(row: int, start: int, end: int) -> Usage:
            found = ask(address, row, start, end)
            if found[2] >= 0:
                return told(found)
            if found[2] == kernels.NOT_SUMMED:
                sums.ensure(packed.table, row)
                return told(ask(address, row, start, end))
            # Nothing here knows `self`, or a version would stay until it is looked for as garbage.
            slow = RowQueries(leaves).by_history(row, np.array([start, end])).table[:3, 0]
            return Usage(*slow.tolist())

        return usage

    def half_hours(self, row: int, start: int, end: int) -> HalfHourSeries:
        """Every half hour of [start, end), widened to whole half hours of the grid."""
        start, end = whole_half_hours(start, end, self._grid.origin)
        count = (end - start) // HALF_HOUR
        energy, state = np.empty(count, dtype=np.int64), np.empty((3, count), dtype=np.uint8)
        if kernels.half_hours(self._table, row, start, energy, state):
            edges = np.arange(start, end + 1, HALF_HOUR)
            found = self.by_history(row, edges)
            ends = np.isin(edges, self.history(row, start, end).times)
            missing, known = found.missing > 0, found.reporting > 0
            estimated = known & (missing | ~(ends[:-1] & ends[1:]))
            return HalfHourSeries(found.consumption, estimated, missing, known)
        told = state.view(np.bool_)
        return HalfHourSeries(energy, told[0], told[1], told[2])

    def series(self, row: int, edges: Ints) -> Measures:
        """On the grid from U, O(buckets + blocks); off the grid by `History`."""
        count = max(0, len(edges) - 1)
        if count > 1 and edges[-1] - edges[0] == HALF_HOUR * count and is_half_hourly(edges):
            return self._each_half_hour(row, edges)
        out = np.empty((4, count), dtype=np.int64)
        self._sums.ensure(self._table, row)
        if count and kernels.buckets(self._table, row, edges, out):
            return self.by_history(row, edges)
        return Measures(out)

    def _each_half_hour(self, row: int, edges: Ints) -> Measures:
        if (edges[0] - self._grid.origin) % HALF_HOUR:
            return self.by_history(row, edges)
        found = self.half_hours(row, int(edges[0]), int(edges[-1]))
        estimated = found.consumption * found.estimated
        return Measures(np.stack((found.consumption, estimated, found.missing, found.known)))

    def by_history(self, row: int, edges: Ints) -> Measures:
        """Buckets between any ascending edges, by the rule itself: slow."""
        span = whole_half_hours(int(edges[0]), int(edges[-1]), self._grid.origin)
        return self.history(row, *span).buckets(edges, self._grid.origin)

    def register(self, row: int, times: Ints, *, opening: bool) -> Ints:
        """On the grid one look-up each; off the grid by `History`."""
        grid, parts = self._grid, self._parts
        result = np.full(len(times), UNKNOWN, dtype=np.int64)
        low, high = parts.pointer[row : row + 2].tolist()
        if low == high or not len(times):
            return result
        on_grid = grid.on_grid(times)
        off = times[~on_grid]
        if len(off):
            found = self.history(row, int(off.min()), int(off.max()))
            result[~on_grid] = found.register(off, opening=opening)
        place = parts.locate(np.full(len(times), row), times)
        if not opening:
            shared = (place > low) & (parts.end[np.maximum(place - 1, 0)] == times)
            place = np.where(shared, place - 1, place)
        inside = on_grid & (place >= low) & (times <= parts.end[place])
        total = self.leaves.at(grid.slot(times[inside]), np.array([row], dtype=np.int64))[:, 0]
        result[inside] = total - parts.shift[place[inside]]
        return result

    def known(self, row: int, start: int, end: int) -> tuple[int, int] | None:
        """O(log segments)."""
        low, high = self._parts.pointer[row : row + 2].tolist()
        starts, ends = self._parts.start[low:high], self._parts.end[low:high]
        first = int(np.searchsorted(ends, start, side="left"))
        last = int(np.searchsorted(starts, end, side="right")) - 1
        if first > last:
            return None
        return max(start, int(starts[first])), min(end, int(ends[last]))
