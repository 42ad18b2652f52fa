"""Readings off the half-hour grid, beside the block they lie in.

One block's side columns, sorted by (row, time, kind):

    rows    int64     times  int64 epoch seconds
    kinds   uint8     values int64 register in Wh (not unrolled: nothing before can shift it)

The grid needs them only to answer off the grid and to say which readings there are: what they
mean for the half hours is already in U. A lookup is a binary search, O(log k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.columns import Columns
from index.history import Bytes, Ints, Mask


@dataclass(frozen=True, eq=False)
class SideColumns:
    """Off-grid readings of one block."""

    rows: Ints
    times: Ints
    values: Ints
    kinds: Bytes

    def __len__(self) -> int:
        return len(self.rows)

    def of_row(self, row: int) -> slice:
        return slice(
            int(np.searchsorted(self.rows, row, side="left")),
            int(np.searchsorted(self.rows, row, side="right")),
        )

    def take(self, chosen: Mask | Ints | slice) -> SideColumns:
        return SideColumns(
            self.rows[chosen], self.times[chosen], self.values[chosen], self.kinds[chosen]
        )

    def with_span(self, touched: Mask, start: int, end: int, incoming: SideColumns) -> SideColumns:
        """Touched rows hold in [start, end) what comes in, and nothing else."""
        keep = ~(touched[self.rows] & (self.times >= start) & (self.times < end))
        return stacked([self.take(keep), incoming])


NOTHING_BESIDE = SideColumns(
    np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
)


def stacked(parts: list[SideColumns]) -> SideColumns:
    """All readings of the parts in order."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return NOTHING_BESIDE
    rows, times, values, kinds = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("rows", "times", "values", "kinds")
    )
    return _ordered(SideColumns(rows, times, values, kinds))


def _ordered(columns: SideColumns) -> SideColumns:
    """By (row, time, kind). What comes from one walk is so already: then nothing is moved."""
    rows, times, kinds = columns.rows, columns.times, columns.kinds
    rises = rows[1:] > rows[:-1]
    same = rows[1:] == rows[:-1]
    later = times[1:] > times[:-1]
    rises |= same & (later | ((times[1:] == times[:-1]) & (kinds[1:] > kinds[:-1])))
    if rises.all():
        return columns
    return columns.take(np.lexsort((kinds, times, rows)))


def split_by_block(columns: Columns, rows: Ints, off: Mask, block: Ints) -> dict[int, SideColumns]:
    """Off-grid readings by their block; `rows` are the true row numbers of `columns`' rows."""
    where = np.flatnonzero(off)
    found = SideColumns(
        rows[columns.rows[where]],
        columns.times[where],
        columns.values[where],
        columns.kinds[where],
    )
    return split(found, block[where])


def split(columns: SideColumns, block: Ints) -> dict[int, SideColumns]:
    """Readings by their block."""
    if not len(columns):
        return {}
    order = np.argsort(block, kind="stable")
    found = columns.take(order)
    numbers, start = np.unique(block[order], return_index=True)
    stops = [*start[1:].tolist(), len(order)]
    return {
        int(number): _ordered(found.take(slice(low, high)))
        for number, low, high in zip(numbers.tolist(), start.tolist(), stops, strict=True)
    }
