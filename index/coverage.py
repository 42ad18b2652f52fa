"""How much of a cell is missing and who reports in it, counted from known intervals alone.

Nothing is stored per half hour: a row is known in one interval, seldom in more, and counting
intervals before a point is a binary search. So the answer is exact at any edge, on the grid or
off it, within the index's days or beyond them:

    wholly known half hours before slot s  =  sum over intervals of clip(s - low, 0, high - low)
    meters reporting in [a, b)             =  first < b, less last <= a, less [a, b) in a hole
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.grid import Grid
from index.history import Ints
from index.roster import Roster
from index.segments import Segments, packed


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Numbers of many cells, each cell's in ascending order."""

    keys: Ints
    values: Ints
    start: Ints

    @classmethod
    def of(cls, cells: Ints, values: Ints, count: int) -> _Ranked:
        keys = packed(cells, values)
        order = np.argsort(keys)
        start = np.searchsorted(cells[order], np.arange(count))
        return cls(keys[order], values[order], start)

    @cached_property
    def running(self) -> Ints:
        return np.concatenate(([0], np.cumsum(self.values)))

    def below(self, cells: Ints, limits: Ints, *, inclusive: bool = False) -> Ints:
        """How many of each cell's numbers are below each limit: (cells, limits)."""
        side = "right" if inclusive else "left"
        asked = packed(cells[:, None], limits[None, :])
        found = np.searchsorted(self.keys, asked, side=side)  # type: ignore[call-overload]
        result: Ints = found - self.start[cells][:, None]
        return result

    def excess(self, cells: Ints, limits: Ints) -> Ints:
        """Sum of (limit - number) over each cell's numbers below the limit."""
        count = self.below(cells, limits)
        first = self.start[cells][:, None]
        result: Ints = count * limits[None, :] - (self.running[first + count] - self.running[first])
        return result


@dataclass(frozen=True, eq=False)
class Coverage:
    """What is known of each cell, from one version's roster and segments."""

    roster: Roster
    segments: Segments
    grid: Grid

    @cached_property
    def members(self) -> Ints:
        """Rows with readings in each cell."""
        inside = self.segments.alive & (self.roster.cell >= 0)
        return np.bincount(self.roster.cell[inside], minlength=len(self.roster.paths))

    @cached_property
    def meters(self) -> Ints:
        """Meters with readings in each cell."""
        inside = self.segments.alive & (self.roster.cell >= 0)
        pairs = self._pair(np.flatnonzero(inside))
        return np.bincount(
            np.unique(pairs) // max(1, len(self.roster.meters)),
            minlength=len(self.roster.paths),
        )

    def _pair(self, rows: Ints) -> Ints:
        """(cell, meter) of rows as one number."""
        pair: Ints = self.roster.cell[rows] * len(self.roster.meters) + self.roster.meter[rows]
        return pair

    @cached_property
    def _whole(self) -> tuple[_Ranked, _Ranked]:
        """Begin and end of the wholly known half hours of each row, by cell."""
        found = self.segments.intervals
        low, high = self.grid.slot_after(found.starts), self.grid.slot(found.ends)
        cell = self.roster.cell[found.rows]
        kept = (cell >= 0) & (low < high)
        count = len(self.roster.paths)
        return (
            _Ranked.of(cell[kept], low[kept], count),
            _Ranked.of(cell[kept], high[kept], count),
        )

    def missing(self, cells: Ints, edges: Ints) -> Ints:
        """Half hours that start in each bucket and are not wholly known: (cells, buckets)."""
        slots = self.grid.slot_after(edges)
        low, high = self._whole
        known = low.excess(cells, slots) - high.excess(cells, slots)
        result: Ints = self.members[cells][:, None] * np.diff(slots) - np.diff(known, axis=1)
        return result

    @cached_property
    def _lives(self) -> tuple[_Ranked, _Ranked, Ints, Ints, Ints]:
        """First and last known instant of each meter by cell; holes: cell, begin, end."""
        found = self.segments.intervals
        inside = self.roster.cell[found.rows] >= 0
        pair = self._pair(found.rows[inside])
        order = np.lexsort((found.starts[inside], pair))
        pair, starts = pair[order], found.starts[inside][order]
        number = np.zeros(len(pair), dtype=np.int64)
        number[1:] = np.cumsum(pair[1:] != pair[:-1])
        reached = np.maximum.accumulate(packed(number, found.ends[inside][order]))
        first = np.ones(len(pair), dtype=np.bool_)
        first[1:] = number[1:] != number[:-1]
        ends = reached - packed(number, np.zeros(len(number), np.int64))
        hole = np.flatnonzero(~first[1:] & (starts[1:] > ends[:-1]))
        cell = pair // max(1, len(self.roster.meters))
        last = np.append(first[1:], True)[: len(first)]
        count = len(self.roster.paths)
        return (
            _Ranked.of(cell[first], starts[first], count),
            _Ranked.of(cell[last], ends[last], count),
            cell[hole],
            ends[hole],
            starts[hole + 1],
        )

    def reporting(self, cells: Ints, edges: Ints) -> Ints:
        """Meters with any known part of each bucket: (cells, buckets)."""
        firsts, lasts, hole_cell, hole_start, hole_end = self._lives
        result = firsts.below(cells, edges[1:])
        result -= lasts.below(cells, edges[:-1], inclusive=True)
        if len(hole_cell):
            result -= self._in_holes(cells, edges, hole_cell, hole_start, hole_end)
        result[:, edges[1:] <= edges[:-1]] = 0
        return result

    def _in_holes(
        self, cells: Ints, edges: Ints, hole_cell: Ints, hole_start: Ints, hole_end: Ints
    ) -> Ints:
        """Meters for which a bucket lies wholly in a hole: (cells, buckets)."""
        place = np.full(len(self.roster.paths), -1, dtype=np.int64)
        place[cells] = np.arange(len(cells))
        low = np.searchsorted(edges[:-1], hole_start, side="left")
        high = np.searchsorted(edges[1:], hole_end, side="right")
        kept = (place[hole_cell] >= 0) & (low < high)
        change = np.zeros((len(cells), len(edges)), dtype=np.int64)
        np.add.at(change, (place[hole_cell[kept]], low[kept]), 1)
        np.add.at(change, (place[hole_cell[kept]], high[kept]), -1)
        result: Ints = np.cumsum(change, axis=1)[:, :-1]
        return result
