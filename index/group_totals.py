"""Questions over many rows at once: totals of cells and meters in order of consumption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.cells import Cells
from index.coverage import Coverage
from index.grid import SLOTS
from index.history import History, Ints, Measures, whole_half_hours
from index.leaves import Leaves
from index.prefix_table import PrefixTable
from index.roster import COUNTS_NOT, Roster

HistoryOf = Callable[[int, int, int], History]
"""history(row, start, end): what the index falls back on off the grid."""


@dataclass(frozen=True, eq=False)
class GroupTotals:
    """Reads leaves and node summaries of one version together."""

    roster: Roster
    leaves: Leaves
    cells: Cells
    coverage: Coverage
    history: HistoryOf

    def totals(self, cells: Ints, edges: Ints) -> Measures:
        """Cells (numbers, none twice) over buckets. O(cells x buckets), whatever the rows."""
        grid = self.leaves.grid
        slots = grid.slot(edges)
        position, stored = self.leaves.place(slots // SLOTS)

        def until(table: PrefixTable) -> Ints:
            return table.until(position, slots % SLOTS, stored, cells)

        energy, estimated = until(self.cells.energy), until(self.cells.estimated)
        in_gaps = self._in_long_gaps(cells, slots)
        energy += in_gaps
        estimated += in_gaps
        for n in np.flatnonzero(grid.time(slots) != edges).tolist():
            energy[n] += self._rest(cells, int(grid.time(slots[n])), int(edges[n]), 0)
            estimated[n] += self._rest(cells, int(grid.time(slots[n])), int(edges[n]), 1)
        return Measures(
            np.diff(energy.T, axis=1),
            np.diff(estimated.T, axis=1),
            self.coverage.missing(cells, edges),
            self.coverage.reporting(cells, edges),
        )

    def _in_long_gaps(self, cells: Ints, slots: Ints) -> Ints:
        """Energy of long gaps up to each slot, from an arbitrary start: (slots, cells)."""
        result = np.zeros((len(slots), len(cells)), dtype=np.int64)
        gaps = self.leaves.gaps
        if len(gaps) and len(slots):
            gaps = gaps.touching(int(slots.min()), int(slots.max()))
            place = np.full(len(self.roster.paths), -1, dtype=np.int64)
            place[cells] = np.arange(len(cells))
            gaps = gaps.take(self.roster.cell[gaps.rows] >= 0)
            gaps = gaps.take(place[self.roster.cell[gaps.rows]] >= 0)
            amount = gaps.total_at(slots, self.leaves.grid) - gaps.u0[:, None]
            np.add.at(result.T, place[self.roster.cell[gaps.rows]], amount)
        return result

    def _rest(self, cells: Ints, slot_time: int, edge: int, measure: int) -> Ints:
        """Between a slot and an edge behind it, row by row: edges off the grid are rare."""
        place = {cell: n for n, cell in enumerate(cells.tolist())}
        result = np.zeros(len(cells), dtype=np.int64)
        phase = self.leaves.grid.origin
        span = whole_half_hours(slot_time, edge, phase)
        for row in np.flatnonzero(self.roster.cell >= 0).tolist():
            n = place.get(int(self.roster.cell[row]))
            if n is not None:
                found = self.history(row, *span).buckets([slot_time, edge], phase)
                result[n] += found[measure][0]
        return result

    def top(self, start: int, end: int, limit: int, *, descending: bool) -> list[tuple[str, int]]:
        """Two vectors subtracted, summed by meter, the best of them sorted. O(rows)."""
        edges = np.array([start, end], dtype=np.int64)
        first, last = self._unrolled(edges)
        known = self.leaves.segments.intervals
        some = np.zeros(len(self.roster), dtype=np.bool_)
        some[known.rows[(known.starts < end) & (known.ends > start)]] = True
        some &= self.roster.cell != COUNTS_NOT
        amount = np.zeros(len(self.roster.meters), dtype=np.int64)
        np.add.at(amount, self.roster.meter[some], (last - first)[some])
        counted = np.zeros(len(amount), dtype=np.bool_)
        counted[self.roster.meter[some]] = True
        meters = np.flatnonzero(counted)
        rank = -amount[meters] if descending else amount[meters]
        if 0 < limit < len(meters):
            bound = np.partition(rank, limit - 1)[limit - 1]
            meters, rank = meters[rank <= bound], rank[rank <= bound]
        order = meters[np.argsort(rank, kind="stable")][: max(0, limit)]
        names = self.roster.meters
        return [(names[meter], int(amount[meter])) for meter in order.tolist()]

    def _unrolled(self, edges: Ints) -> Ints:
        """U of all rows at each edge: (edges, rows)."""
        grid = self.leaves.grid
        slots = grid.slot(edges)
        result = self.leaves.at(slots)
        for n in np.flatnonzero(grid.time(slots) != edges).tolist():
            pair = [int(grid.time(slots[n])), int(edges[n])]
            for row in range(len(self.roster)):
                result[n, row] += np.diff(self.history(row, *pair).unrolled(pair))[0]
        return result
