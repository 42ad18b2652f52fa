"""Node summaries: one measure of every cell, kept so that any bucket is two look-ups.

    before  int64 [B + 1][C]  sum over all blocks before this one
    line    int32 [B][C]      the cell's line in that block, NO_LINE where nothing was used
    within  int   [n][48]     sum over the block's half hours before this slot

Sum up to a slot = before[block][cell] + within[line][slot]. `within` is int32 while that fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import types

from index.compiled import READ_INTS, READ_NARROW_TABLE, compiled
from index.day_block import NO_LINE, Lines
from index.grid import SLOTS
from index.history import Ints

_NARROW = np.iinfo(np.int32)


@dataclass(frozen=True, eq=False)
class PrefixTable:
    """Prefix sums of one measure (Wh) for C cells over B stored blocks."""

    before: Ints
    line: Lines
    within: npt.NDArray[np.signedinteger]

    @classmethod
    def empty(cls, blocks: int, cells: int) -> PrefixTable:
        return cls(
            np.zeros((blocks + 1, cells), dtype=np.int64),
            np.full((blocks, cells), NO_LINE, dtype=np.int32),
            np.zeros((0, SLOTS), dtype=np.int32),
        )

    def running(self, cells: Ints) -> Ints:
        """The cells together before each slot of each stored block, and after the last of them."""
        result = np.empty(len(self.line) * SLOTS + 1, dtype=np.int64)
        before = self.before[:, cells].sum(axis=1)
        result[-1] = before[-1]
        by_block = result[:-1].reshape(-1, SLOTS)
        by_block[:] = before[:-1, None]
        if len(self.within):
            # Both widths as one: a wide number is two narrow ones.
            narrow = self.within.view(np.int32)
            _add_lines(self.line, cells, narrow, by_block)
        return result

    def spread(self, kept: Ints, blocks: int, cells: int) -> PrefixTable:
        """Room for more blocks and cells; old block n becomes block kept[n]."""
        if (blocks, cells) == self.line.shape:
            return self
        line = np.full((blocks, cells), NO_LINE, dtype=np.int32)
        line[kept, : self.line.shape[1]] = self.line
        before = np.zeros((blocks + 1, cells), dtype=np.int64)
        source = np.searchsorted(kept, np.arange(blocks + 1))
        before[:, : self.before.shape[1]] = self.before[source]
        return PrefixTable(before, line, self.within)

    def added(self, position: Ints, cell: Ints, amount: Ints) -> PrefixTable:
        """With amounts (lines, 48 half hours) added to the given blocks and cells."""
        some = np.flatnonzero(amount.any(axis=1))
        if not len(some):
            return self
        key = position[some] * self.line.shape[1] + cell[some]
        order = np.argsort(key, kind="stable")
        key, first = np.unique(key[order], return_index=True)
        amount = np.add.reduceat(amount[some[order]], first, axis=0)
        line = self.line.copy()
        flat = line.reshape(-1)
        fresh = flat[key] < 0
        flat[key[fresh]] = len(self.within) + np.arange(int(fresh.sum()), dtype=np.int32)

        running = np.cumsum(amount, axis=1)
        change = np.zeros(self.before.shape, dtype=np.int64)
        change[1:].reshape(-1)[key] = running[:, -1]
        exclusive = running - amount
        within = np.concatenate(
            (self.within, np.zeros((int(fresh.sum()), SLOTS), self.within.dtype))
        )
        if within.dtype == np.int32:
            old = within[flat[key]].astype(np.int64) + exclusive
            if old.min() < _NARROW.min or old.max() > _NARROW.max:
                within = within.astype(np.int64)
        within[flat[key]] += exclusive.astype(within.dtype)
        return PrefixTable(self.before + np.cumsum(change, axis=0), line, within)


@compiled(types.void(READ_NARROW_TABLE, READ_INTS, READ_NARROW_TABLE, types.int64[:, ::1]))
def _add_lines(line: Lines, cells: Ints, within: Lines, result: Ints) -> None:
    """Add the cells' lines to (blocks, 48) sums."""
    wide = within.shape[1] > SLOTS
    for block in range(line.shape[0]):
        for cell in cells:
            number = line[block, cell]
            if number < 0:
                continue
            for slot in range(SLOTS):
                if wide:
                    low = np.int64(within[number, 2 * slot]) & 0xFFFFFFFF
                    result[block, slot] += (np.int64(within[number, 2 * slot + 1]) << 32) | low
                else:
                    result[block, slot] += within[number, slot]
