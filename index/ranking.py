"""Who used most: two vectors subtracted, and the best differences kept in a heap of that many.

Rows are looked at in bunches of 64. Of a bunch whose rows are all usual and known in the period
only its best difference is taken at first, in vector instructions. The limit-th best of these is a
bound: that many rows reach it, so a bunch whose best does not is passed over. What remains, some
twenty bunches of a hundred and fifty, goes through the heap row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import types

from index.best_few import put, put_in_order
from index.compiled import READ_INTS, compiled, inlined
from index.history import Ints, Mask
from index.roster import COUNTS_NOT, Roster
from index.segments import NEVER, Segments

_END = -1
_COLUMNS = (READ_INTS,) * 5
_BUNCH = 64
_LATEST = (1 << 63) - 1


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
    def _bunches(self) -> tuple[Ints, Ints]:
        """The last beginning and the first end of what is known in each bunch of usual rows."""
        rows = len(self.roster)
        starts = np.arange(0, rows, _BUNCH)
        if not rows:
            return starts, starts
        opens, closes = self._usual
        # An unusual row's stretch ends before all time: its bunch is never known as a whole.
        first = np.where(opens == -NEVER, NEVER, opens)
        last = np.where(opens == -NEVER, -NEVER, closes)
        return np.maximum.reduceat(first, starts), np.minimum.reduceat(last, starts)

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
            first, last, self.roster.meter, *self._usual, *self._bunches, start, end, sign,
            self._others, self._next, self._known_from, known.starts, known.ends, kept,
        )  # fmt: skip
        names = self.roster.meters
        ranks, meters = kept[:, :count].tolist()
        return [(names[meter], sign * rank) for rank, meter in zip(ranks, meters, strict=True)]


@inlined
def _bunch_bests(
    first: Ints, last: Ints, opens: Ints, closes: Ints, start: int, end: int, sign: int
) -> Ints:
    """The smallest sign * amount of each bunch known as a whole; the smallest number of others."""
    best = np.empty(len(opens), dtype=np.int64)
    for bunch in range(len(best)):
        best[bunch] = -_LATEST
        if opens[bunch] < end and closes[bunch] > start:
            low = np.uint64(bunch * _BUNCH)
            before, after = (
                first[low : low + np.uint64(_BUNCH)],
                last[low : low + np.uint64(_BUNCH)],
            )
            least = np.int64(_LATEST)
            for k in range(np.uint64(len(before))):
                least = min(least, sign * (after[k] - before[k]))
            best[bunch] = least
    return best


@inlined
def _bound(best: Ints, limit: int) -> int:
    """A number that at least `limit` rows do not exceed, from the bests of whole bunches."""
    heap, size = np.empty((2, limit), dtype=np.int64), 0
    for bunch in range(len(best)):
        if best[bunch] != -_LATEST and (size < limit or best[bunch] < heap[0, 0]):
            size = put(heap, size, best[bunch], bunch)
    return int(heap[0, 0]) if size == limit else _LATEST


@inlined
def _usual_best(
    first: Ints, last: Ints, meter: Ints, opens: Ints, closes: Ints,
    best: Ints, start: int, end: int, sign: int, heap: Ints,
) -> int:  # fmt: skip
    """The best of the usual rows into `heap`; how many there are."""
    size, limit = 0, heap.shape[1]
    bound = _bound(best, limit)
    for bunch in range(len(best)):
        if best[bunch] > bound:
            continue
        for row in range(bunch * _BUNCH, min((bunch + 1) * _BUNCH, len(opens))):
            if opens[row] < end and closes[row] > start:
                rank = sign * (last[row] - first[row])
                if size < limit or rank <= heap[0, 0]:
                    size = put(heap, size, rank, meter[row])
    return size


@compiled(
    types.int64(
        *_COLUMNS, READ_INTS, READ_INTS, *(types.int64,) * 3, *_COLUMNS, types.int64[:, ::1]
    )
)
def _best(
    first: Ints, last: Ints, meter: Ints, opens: Ints, closes: Ints,
    bunch_opens: Ints, bunch_closes: Ints,
    start: int, end: int, sign: int, others: Ints, following: Ints,
    known_from: Ints, starts: Ints, ends: Ints, heap: Ints,
) -> int:  # fmt: skip
    """The smallest (sign * amount, meter), ascending, into `heap`; how many there are."""
    best = _bunch_bests(first, last, bunch_opens, bunch_closes, start, end, sign)
    size = _usual_best(first, last, meter, opens, closes, best, start, end, sign, heap)
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
