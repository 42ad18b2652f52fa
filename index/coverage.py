"""What is known of each cell, from known intervals alone: a row has one, seldom more.

Nothing is stored per half hour. The lists here, each cell's in ascending order, are what a
group's page counts in (`running_totals.py`).
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
class Ranked:
    """Numbers of many cells, each cell's in ascending order."""

    values: Ints
    start: Ints

    @classmethod
    def of(cls, cells: Ints, values: Ints, count: int) -> Ranked:
        order = np.argsort(packed(cells, values))
        return cls(values[order], np.searchsorted(cells[order], np.arange(count + 1)))

    def together(self, runs: list[tuple[int, int]]) -> Ints:
        """The numbers of all cells low..high-1 of each run, ascending."""
        parts = [self.values[self.start[low] : self.start[high]] for low, high in runs]
        stacked: Ints = np.concatenate(parts) if parts else self.values[:0]
        return np.sort(stacked)


@dataclass(frozen=True, eq=False)
class Holes:
    """Silences between the lives of a meter in a cell."""

    cells: Ints
    starts: Ints
    ends: Ints


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
    def known(self) -> tuple[Ranked, Ranked]:
        """Begin and end of the wholly known half hours of each row, by cell."""
        found = self.segments.intervals
        low, high = self.grid.slot_after(found.starts), self.grid.slot(found.ends)
        cell = self.roster.cell[found.rows]
        kept = (cell >= 0) & (low < high)
        count = len(self.roster.paths)
        return (
            Ranked.of(cell[kept], low[kept], count),
            Ranked.of(cell[kept], high[kept], count),
        )

    @cached_property
    def lives(self) -> tuple[Ranked, Ranked, Holes]:
        """First and last known instant of each meter, by cell; and the holes between them."""
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
            Ranked.of(cell[first], starts[first], count),
            Ranked.of(cell[last], ends[last], count),
            Holes(cell[hole], ends[hole], starts[hole + 1]),
        )
