"""Questions over many rows at once: totals of groups and meters in order of consumption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np

from index.cells import Cells
from index.coverage import Coverage
from index.grid import SLOTS, Grid
from index.history import HALF_HOUR, History, Ints, Measures, whole_half_hours
from index.leaves import Leaves
from index.long_gaps import LongGaps
from index.ranking import Ranking
from index.roster import Roster
from index.running_totals import differences, page_of

HistoryOf = Callable[[int, int, int], History]
"""history(row, start, end): what the index falls back on off the grid."""
_PAGES_BYTES = 48 << 20
"""Pages kept by one version; the least recently asked is dropped."""
_measures = partial(tuple.__new__, Measures)


class Group:
    """Some cells together, ready to be asked: what stands in `running_totals` and what does not."""

    __slots__ = ("_gaps", "_grid", "_has_gaps", "_page", "_rest")

    def __init__(
        self, page: Ints, gaps: LongGaps, grid: Grid, rest: Callable[[int, int], tuple[int, int]]
    ) -> None:
        self._page = page
        self._gaps = gaps
        self._has_gaps = len(gaps) > 0
        self._grid = grid
        self._rest = rest

    def totals(self, edges: Ints) -> Measures:
        """Measures between consecutive edges, ascending, all cells together: one column each."""
        buckets = len(edges) - 1
        if buckets < 1:
            return Measures(np.zeros((4, 0), dtype=np.int64))
        out = np.empty((4, buckets), dtype=np.int64)
        off = differences(self._page, edges, out)
        if off or self._has_gaps:
            self._complete(edges, out, off=off > 0)
        return _measures((out,))

    def _complete(self, edges: Ints, out: Ints, *, off: bool) -> None:
        """Add what the page does not hold: long gaps, and what lies behind a slot."""
        slots = self._grid.slot(edges)
        gaps = self._gaps.touching(int(slots[0]), int(slots[-1]))
        if len(gaps):
            amount = (gaps.total_at(slots, self._grid) - gaps.u0[:, None]).sum(axis=0)
            out[:2] += np.diff(amount)
        if off:
            rest = np.zeros((2, len(edges)), dtype=np.int64)
            for n in np.flatnonzero(self._grid.time(slots) != edges).tolist():
                rest[:, n] = self._rest(int(self._grid.time(slots[n])), int(edges[n]))
            out[:2] += np.diff(rest, axis=1)


@dataclass(frozen=True, eq=False)
class GroupTotals:
    """Reads leaves and node summaries of one version together."""

    roster: Roster
    leaves: Leaves
    cells: Cells
    coverage: Coverage
    history: HistoryOf

    @cached_property
    def group(self) -> Callable[[frozenset[int]], Group]:
        """The group of these cells (numbers). Made once, O(cells x slots), and then kept."""
        page_bytes = 16 * SLOTS * (len(self.leaves.blocks) + 1)
        return lru_cache(maxsize=max(64, _PAGES_BYTES // page_bytes))(self._group)

    def _group(self, cells: frozenset[int]) -> Group:
        chosen = np.array(sorted(cells), dtype=np.int64)
        runs = _runs(chosen)
        (low, high), (firsts, lasts, holes) = self.coverage.known, self.coverage.lives
        inside = np.isin(holes.cells, chosen)
        page = page_of(
            self.leaves.blocks,
            np.stack((self.cells.energy.running(chosen), self.cells.estimated.running(chosen)), 1),
            (firsts.together(runs), lasts.together(runs)),
            (low.together(runs), high.together(runs)),
            (holes.starts[inside], holes.ends[inside]),
            members=int(self.coverage.members[chosen].sum()),
            origin=self.leaves.grid.origin,
        )
        gaps = self.leaves.gaps
        gaps = gaps.take(np.isin(self.roster.cell[gaps.rows], chosen))

        def rest(slot_time: int, edge: int) -> tuple[int, int]:
            rows = np.flatnonzero(np.isin(self.roster.cell, chosen))
            return self._rest(rows, slot_time, edge)

        return Group(page, gaps, self.leaves.grid, rest)

    def _rest(self, rows: Ints, slot_time: int, edge: int) -> tuple[int, int]:
        """Between a slot and an edge behind it, row by row: edges off the grid are rare."""
        energy = estimated = 0
        phase = self.leaves.grid.origin
        span = whole_half_hours(slot_time, edge, phase)
        for row in rows.tolist():
            found = self.history(row, *span).buckets([slot_time, edge], phase)
            energy += int(found.consumption[0])
            estimated += int(found.estimated[0])
        return energy, estimated

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(self.roster, self.leaves.segments)

    @cached_property
    def _position(self) -> dict[int, int]:
        """Where each stored block stands."""
        return {block: position for position, block in enumerate(self.leaves.blocks.tolist())}

    def top(self, start: int, end: int, limit: int, *, descending: bool) -> list[tuple[str, int]]:
        """Two vectors subtracted, summed by meter, the best of them sorted. O(rows)."""
        first, last = self._unrolled(start), self._unrolled(end)
        return self._ranking.best(first, last, start, end, limit, descending=descending)

    def _unrolled(self, time: int) -> Ints:
        """U of all rows at a time: the stored vector itself where a block opens."""
        grid, leaves = self.leaves.grid, self.leaves
        slot, behind = divmod(time - grid.origin, HALF_HOUR)
        block, within = divmod(slot, SLOTS)
        if not behind and not within:
            position = self._position.get(block)
            if position is not None:
                stored: Ints = leaves.base[position]
                return stored
        result: Ints = leaves.at(np.array([slot]))[0]
        opens = grid.origin + slot * HALF_HOUR
        if opens != time:
            for row in range(len(self.roster)):
                result[row] += np.diff(self.history(row, opens, time).unrolled([opens, time]))[0]
        return result


def _runs(numbers: Ints) -> list[tuple[int, int]]:
    """[low, high) of each stretch of consecutive numbers."""
    if not len(numbers):
        return []
    cuts = np.flatnonzero(np.diff(numbers) != 1)
    lows = [int(numbers[0]), *numbers[cuts + 1].tolist()]
    highs = [*(numbers[cuts] + 1).tolist(), int(numbers[-1]) + 1]
    return list(zip(lows, highs, strict=True))
