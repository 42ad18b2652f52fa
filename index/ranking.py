"""Who used most: two vectors subtracted, and the best differences kept in a heap of that many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import types

from index.best_few import put, put_in_order
from index.compiled import READ_INTS, compiled
from index.history import Ints, Mask
from index.roster import COUNTS_NOT, Roster
from index.segments import NEVER, Segments

_END = -1
_COLUMNS = (READ_INTS,) * 5


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows as a ranking walks them: most are the only one of their meter and known in one go."""

    roster: Roster
    segments: Segments

    @cached_property
    def _next(self) -> Ints:
        """The counted row after each of its meter, _END after the last."""
        rows, again = self._counted
        following = np.full(len(self.roster), _END, dtype=np.int64)
        following[rows[:-1][again]] = rows[1:][again]
        return following

    @cached_property
    def _counted(self) -> tuple[Ints, Mask]:
        """Rows that count, by meter; and whether each is followed by one of the same meter."""
        counted = np.flatnonzero(self.roster.cell != COUNTS_NOT)
        rows = counted[np.argsort(self.roster.meter[counted], kind="stable")]
        return rows, np.diff(self.roster.meter[rows]) == 0

    @cached_property
    def _known_from(self) -> Ints:
        """Known intervals of row r begin at this place in `segments.intervals`."""
        found = self.segments.intervals.rows
        return np.searchsorted(found, np.arange(len(self.roster) + 1))

    @cached_property
    def _usual(self) -> tuple[Ints, Ints]:
        """Where a meter's only counted row is known, if in one go; else an empty stretch."""
        opens, closes = np.full((2, len(self.roster)), [[-NEVER], [NEVER]], dtype=np.int64)
        rows, again = self._counted
        alone = np.ones(len(rows), dtype=np.bool_)
        alone[1:][again] = alone[:-1][again] = False
        alone &= np.diff(self._known_from)[rows] == 1
        chosen, known = rows[alone], self.segments.intervals
        opens[chosen] = known.starts[self._known_from[chosen]]
        closes[chosen] = known.ends[self._known_from[chosen]]
        return opens, closes

    @cached_property
    def _others(self) -> Ints:
        """First rows of the other meters of which anything is known."""
        rows, again = self._counted
        leads = np.ones(len(rows), dtype=np.bool_)
        leads[1:] = ~again
        unusual = rows[leads & (self._usual[0][rows] == -NEVER)]
        silent = (self._next[unusual] == _END) & (np.diff(self._known_from)[unusual] == 0)
        told: Ints = unusual[~silent]
        return told

    def best(
        self, first: Ints, last: Ints, start: int, end: int, limit: int, *, descending: bool
    ) -> list[tuple[str, int]]:
        """Meters by last - first (U of each row at both ends), equals by name. O(rows)."""
        limit = min(limit, len(self.roster.meters))
        if limit <= 0:
            return []
        known, sign = self.segments.intervals, -1 if descending else 1
        kept = np.empty((2, limit), dtype=np.int64)
        count = _best(
            first, last, self.roster.meter, *self._usual, start, end, sign,
            self._others, self._next, self._known_from, known.starts, known.ends, kept,
        )  # fmt: skip
        names = self.roster.meters
        ranks, meters = kept[:, :count].tolist()
        return [(names[meter], sign * rank) for rank, meter in zip(ranks, meters, strict=True)]


@compiled(types.int64(*_COLUMNS, *(types.int64,) * 3, *_COLUMNS, types.int64[:, ::1]))
def _best(
    first: Ints, last: Ints, meter: Ints, opens: Ints, closes: Ints,
    start: int, end: int, sign: int, others: Ints, following: Ints,
    known_from: Ints, starts: Ints, ends: Ints, heap: Ints,
) -> int:  # fmt: skip
    """The smallest (sign * amount, meter), ascending, into `heap`; how many there are."""
    size = 0
    for row in range(len(opens)):
        if opens[row] < end and closes[row] > start:
            rank = sign * (last[row] - first[row])
            if size < heap.shape[1] or rank <= heap[0, 0]:
                size = put(heap, size, rank, meter[row])
    for lead in others:
        amount, reports, row = 0, False, lead
        while row != _END:
            for interval in range(known_from[row], known_from[row + 1]):
                if starts[interval] < end and ends[interval] > start:
                    reports = True
                    amount += last[row] - first[row]
                    break
            row = following[row]
        if reports:
            size = put(heap, size, sign * amount, meter[lead])
    put_in_order(heap, size)
    return size
