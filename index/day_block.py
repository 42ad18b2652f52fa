"""The leaf's bytes: a line of 48 words is one row's U over one block.

    base   int64, one per block and row: U at the block's first slot
    word   uint32:  31 30 ........................... 0
                    |  '-- offset: U - base in Wh ----'
                    '----- filled: 1 no reading stands here (interpolated, or nothing known)

    offset 0x7FFFFFFF  escape: the real offset does not fit (or is negative) and stands in the
                       escape table under line * 48 + slot

A usual reading costs four bytes. Lines are only ever added: a new version of the index adds its
own and shares the rest, so those who read an older version are not disturbed. Dead lines are
left out when a snapshot is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.grid import SLOTS
from index.history import Ints, Mask

Words = npt.NDArray[np.uint32]
Lines = npt.NDArray[np.int32]

FILLED = np.uint32(1 << 31)
OFFSET = np.uint32((1 << 31) - 1)
ESCAPE = (1 << 31) - 1
NO_LINE = -1


@dataclass(frozen=True, eq=False)
class DayLines:
    """A growing pool of lines in slabs, numbered through, and the escapes of all of them."""

    slabs: tuple[Words, ...]
    escape_at: Ints
    escape_offset: Ints

    @classmethod
    def empty(cls) -> DayLines:
        return cls((), np.zeros(0, np.int64), np.zeros(0, np.int64))

    @cached_property
    def starts(self) -> Ints:
        """Number of the first line of each slab, and of the line that comes next."""
        return np.cumsum([0, *(len(slab) for slab in self.slabs)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def words(self, lines: npt.NDArray[np.integer]) -> Words:
        """The words of each line, shape (*lines, 48); NO_LINE reads as filled with offset 0."""
        if len(self.slabs) == 1 and lines.size and int(lines.min()) >= 0:
            usual: Words = self.slabs[0][lines]
            return usual
        result = np.full((*lines.shape, SLOTS), FILLED, dtype=np.uint32)
        for slab, start in zip(self.slabs, self.starts.tolist(), strict=False):
            here = (lines >= start) & (lines < start + len(slab))
            if here.any():
                result[here] = slab[lines[here] - start]
        return result

    def decoded(self, lines: npt.NDArray[np.integer]) -> tuple[Ints, Mask]:
        """Offset from the base and "a reading stands here", each (*lines, 48)."""
        words = self.words(lines)
        read: Mask = words < FILLED
        words &= OFFSET
        offset = words.astype(np.int64)
        if len(self.escape_at):
            escaped = np.nonzero(offset == ESCAPE)
            numbers = lines[escaped[:-1]].astype(np.int64) * SLOTS + escaped[-1]
            offset[escaped] = self._escaped(numbers)
        return offset, read

    def offsets_at(self, lines: npt.NDArray[np.integer], columns: Ints) -> Ints:
        """Offset of one slot of each line; `columns` broadcasts against `lines`."""
        result = np.zeros(lines.shape, dtype=np.int64)
        column = np.broadcast_to(columns, lines.shape)
        for slab, start in zip(self.slabs, self.starts.tolist(), strict=False):
            here = (lines >= start) & (lines < start + len(slab))
            result[here] = slab[lines[here] - start, column[here]] & OFFSET
        if len(self.escape_at):
            escaped = result == ESCAPE
            numbers = lines[escaped].astype(np.int64) * SLOTS + column[escaped]
            result[escaped] = self._escaped(numbers)
        return result

    def _escaped(self, numbers: Ints) -> Ints:
        place = np.searchsorted(self.escape_at, numbers)
        result: Ints = self.escape_offset[place]
        return result

    def added(self, total: Ints, read: Mask) -> tuple[DayLines, Ints]:
        """The pool with new lines of U (lines, 48), and the base of each: its first slot."""
        base: Ints = total[:, 0].copy() if len(total) else np.zeros(0, np.int64)
        words, where, offsets = encoded(total - base[:, None], read)
        where += len(self) * SLOTS
        pool = DayLines(
            _settled((*self.slabs, words)),
            np.concatenate((self.escape_at, where)),
            np.concatenate((self.escape_offset, offsets)),
        )
        return pool, base

    def compacted(self, lines: Lines) -> tuple[DayLines, Lines]:
        """Only the lines in use, in the order in which `lines` (blocks, rows) names them."""
        used = lines >= 0
        old = lines[used]
        numbers = np.full(lines.shape, NO_LINE, dtype=np.int32)
        numbers[used] = np.arange(len(old), dtype=np.int32)
        if len(self.slabs) == 1 and len(old) == len(self) and bool((old == numbers[used]).all()):
            return self, lines
        words = self.words(old) if len(old) else np.zeros((0, SLOTS), np.uint32)
        new_number = np.full(len(self), NO_LINE, dtype=np.int64)
        new_number[old] = np.arange(len(old))
        line, column = np.divmod(self.escape_at, SLOTS)
        alive = new_number[line] >= 0
        at = new_number[line[alive]] * SLOTS + column[alive]
        order = np.argsort(at)
        return DayLines((words,), at[order], self.escape_offset[alive][order]), numbers


def encoded(offset: Ints, read: Mask) -> tuple[Words, Ints, Ints]:
    """Words of offsets (lines, 48), and the escapes among them: place counted through, offset."""
    escaped = (offset < 0) | (offset >= ESCAPE)
    words = np.where(escaped, ESCAPE, offset).astype(np.uint32)
    words[~read] |= FILLED
    where = np.flatnonzero(escaped)
    return words, where, offset.ravel()[where]


def _settled(slabs: tuple[Words, ...]) -> tuple[Words, ...]:
    """Join small slabs as they come, so that their number grows with the logarithm of the lines.

    The first is never copied: it is the built one, or the mapped snapshot.
    """
    while len(slabs) > 2 and len(slabs[-2]) <= 2 * len(slabs[-1]):
        slabs = (*slabs[:-2], np.concatenate(slabs[-2:]))
    return slabs
