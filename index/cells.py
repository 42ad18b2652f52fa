"""Totals of cells: a cell is the set of rows that share a path, and answers like one row.

Energy and its estimated part stand in prefix tables; what long gaps hold is added by formula;
how much is missing and who reports follows from the rows' known intervals (`coverage.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from index.day_readings import Path
from index.grid import SLOTS
from index.half_hours import HalfHours, half_hours, without_long_gaps
from index.history import Ints
from index.leaves import Leaves
from index.prefix_table import PrefixTable

_AT_ONCE = 4_000_000
"""Slots decoded at a time: bounds memory."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Node summaries of one version, over the same stored blocks as its leaves."""

    paths: tuple[Path, ...]
    energy: PrefixTable
    estimated: PrefixTable

    @classmethod
    def empty(cls, paths: tuple[Path, ...], blocks: int) -> Cells:
        table = PrefixTable.empty(blocks, len(paths))
        return cls(paths, table, table)

    def spread(self, kept: Ints, blocks: int, paths: tuple[Path, ...]) -> Cells:
        """Room for more blocks and for paths that are new at the end."""
        return Cells(
            paths,
            self.energy.spread(kept, blocks, len(paths)),
            self.estimated.spread(kept, blocks, len(paths)),
        )

    def added(self, change: Change, blocks: Ints) -> Cells:
        """With a change taken in; every block it names is among the stored `blocks`."""
        position = np.searchsorted(blocks, change.block)
        return replace(
            self,
            energy=self.energy.added(position, change.cell, change.energy),
            estimated=self.estimated.added(position, change.cell, change.estimated),
        )


@dataclass(frozen=True, eq=False)
class Change:
    """Amounts per (block number, cell): (lines, 48) Wh each, to be added."""

    block: Ints
    cell: Ints
    energy: Ints
    estimated: Ints

    def negated(self) -> Change:
        return Change(self.block, self.cell, -self.energy, -self.estimated)


def no_change() -> Change:
    none, lines = np.zeros(0, np.int64), np.zeros((0, SLOTS), np.int64)
    return Change(none, none, lines, lines)


def stacked(changes: list[Change]) -> Change:
    return Change(
        *(
            np.concatenate([getattr(change, name) for change in changes])
            for name in ("block", "cell", "energy", "estimated")
        )
    )


def summed(found: HalfHours, cell: Ints, blocks: Ints) -> Change:
    """Rows summed by cell. `cell` is one a row (below 0: left out); half hours come in whole
    blocks, `blocks` numbers them. Lines without anything in them are dropped."""
    inside = np.flatnonzero(cell >= 0)
    if not len(inside) or not len(blocks):
        return no_change()
    order = inside[np.argsort(cell[inside], kind="stable")]
    cells, first = np.unique(cell[order], return_index=True)
    shape = (len(cells), len(blocks), SLOTS)
    energy = np.add.reduceat(found.energy[order], first, axis=0).reshape(shape)
    estimated = np.add.reduceat(found.estimated[order], first, axis=0).reshape(shape)
    nth, block = np.nonzero(energy.any(axis=2) | estimated.any(axis=2))
    return Change(blocks[block], cells[nth], energy[nth, block], estimated[nth, block])


def share_of(leaves: Leaves, rows: Ints, cell: Ints) -> Change:
    """What the rows put into their cells over all stored blocks."""
    changes = [no_change()]
    for low, high in runs(leaves.blocks):
        first, last = int(leaves.blocks[low]) * SLOTS, (int(leaves.blocks[high - 1]) + 1) * SLOTS
        step = max(1, _AT_ONCE // (last - first + 1))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            total, read = leaves.dense(some, first, last + 1)
            found = half_hours(total, read, some, first, leaves.segments, leaves.grid)
            found = without_long_gaps(found, some, first, leaves.gaps)
            changes.append(summed(found, cell[start : start + step], leaves.blocks[low:high]))
    return stacked(changes)


def runs(blocks: Ints) -> list[tuple[int, int]]:
    """Positions [low, high) of each stretch of consecutive blocks."""
    if not len(blocks):
        return []
    cuts = np.flatnonzero(np.diff(blocks) != 1) + 1
    bounds = [0, *cuts.tolist(), len(blocks)]
    return list(pairwise(bounds))
