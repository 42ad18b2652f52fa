"""Which line a row has in a block: by a rule where all rows have one, else by a table.

    place   int32 [B][3]   table, first, stride        one line a stored block
    line    int32 [T][R]   line numbers of the blocks that have a table

    number of (block, row)  =  line[table][row]            table >= 0
                               first + row * stride        table -1: a regular block

    number  -1   no line: U stands still, or a long gap runs
            >= 0 open line n              <= -2  closed line -2 - n

A built day of ten thousand meters costs twelve bytes here; a row that is touched later gives its
block a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.day_block import NO_LINE, Lines
from index.history import Ints

TABLE, FIRST, STRIDE = range(3)


@dataclass(frozen=True, eq=False)
class Directory:
    """Line numbers of all rows in all stored blocks. Arrays are shared between versions."""

    place: Lines
    line: Lines

    @classmethod
    def empty(cls, blocks: int, rows: int) -> Directory:
        """No row has a line anywhere: `first` -1, `stride` 0."""
        place = np.tile(np.array([NO_LINE, NO_LINE, 0], dtype=np.int32), (blocks, 1))
        return cls(place, np.zeros((0, rows), dtype=np.int32))

    def numbers(self, position: Ints, rows: Ints) -> Lines:
        """Shape (positions, rows)."""
        place = self.place[position]
        result: Lines = place[:, FIRST, None] + place[:, STRIDE, None] * rows[None, :].astype(
            np.int32
        )
        listed = np.flatnonzero(place[:, TABLE] >= 0)
        if len(listed):
            result[listed] = self.line[place[listed, TABLE][:, None], rows[None, :]]
        return result

    def widened(self, rows: int) -> Directory:
        """Room for more rows at the end, none of which has a line yet."""
        present = self.line.shape[1]
        if rows == present:
            return self
        listed = self._listed(np.flatnonzero(self.place[:, STRIDE] != 0))
        more = ((0, 0), (0, rows - present))
        return Directory(listed.place, np.pad(listed.line, more, constant_values=NO_LINE))

    def spread(self, kept: Ints, blocks: int) -> Directory:
        """Room for more blocks; old block n becomes block kept[n]."""
        place = Directory.empty(blocks, 0).place
        place[kept] = self.place
        return Directory(place, self.line)

    def changed(self, position: Ints, rows: Ints, numbers: Lines) -> Directory:
        """With other numbers, shape (positions, rows), for some rows of some blocks."""
        differs = (self.numbers(position, rows) != numbers).any(axis=1)
        if not differs.any():
            return self
        listed = self._listed(position[differs])
        tables = listed.place[position[differs], TABLE]
        line = listed.line.copy() if listed.line is self.line else listed.line
        line[tables[:, None], rows[None, :]] = numbers[differs]
        return Directory(listed.place, line)

    def listing(self, position: Ints, rows: Ints, numbers: Ints) -> Directory:
        """With one number for each (position, row)."""
        listed = self._listed(np.unique(position))
        line = listed.line.copy() if listed.line is self.line else listed.line
        line[listed.place[position, TABLE], rows] = numbers
        return Directory(listed.place, line)

    def _listed(self, position: Ints) -> Directory:
        """With a table for each of these blocks."""
        fresh = position[self.place[position, TABLE] < 0]
        if not len(fresh):
            return self
        more = self.numbers(fresh, np.arange(self.line.shape[1]))
        place = self.place.copy()
        place[fresh, TABLE] = len(self.line) + np.arange(len(fresh), dtype=np.int32)
        place[fresh, FIRST], place[fresh, STRIDE] = NO_LINE, 0
        return Directory(place, np.concatenate((self.line, more)))
