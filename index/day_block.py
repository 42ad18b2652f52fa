"""The leaf's bytes: a line is one row's U over the 48 slots of one block, open or closed.

    base   int64, one per block and row: U at the block's first slot

    open   uint32:  31 30 ........................... 0
                    |  '-- offset: U - base in Wh ----'     0x7FFFFFFF: escape
                    '----- filled
    closed uint16:  15 14 ........................... 0
                    |  '-- step: U(slot + 1) - U(slot) -'   0x7FFF: escape
                    '----- filled

    filled   1: no reading stands here (interpolated, or nothing known)
    escape   the real offset or step does not fit, or is negative, and stands in the escape table
             under line number * 48 + slot (closed lines have numbers from -2 down)

The present is open: any slot of it may be looked up by itself. What is over is closed, at half
the size: its half hours are read off, U is the sum of a few of them. Lines are only ever added:
a new version of the index adds its own and shares the rest, so those who read an older version
are not disturbed. Dead lines are left out of a snapshot once more than one
in twenty is dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.grid import SLOTS
from index.history import Ints

Words = npt.NDArray[np.uint32]
Shorts = npt.NDArray[np.uint16]
Lines = npt.NDArray[np.int32]

FILLED = np.uint32(1 << 31)
ESCAPE = (1 << 31) - 1
STEP_ESCAPE = (1 << 15) - 1
NO_LINE = -1
NO_ESCAPES = np.zeros((2, 0), dtype=np.int64)


@dataclass(eq=False)
class _Store:
    """An array with room at its end, shared by the versions that grew in it."""

    lines: npt.NDArray[Any]
    used: int = 0


@dataclass(frozen=True, eq=False)
class Pool:
    """Lines of one kind, numbered through: those of the snapshot or build, then those added."""

    given: npt.NDArray[Any]
    _store: _Store
    _count: int = 0

    @classmethod
    def of(cls, lines: npt.NDArray[Any], more: npt.NDArray[Any] | None = None) -> Pool:
        if more is None:
            more = np.zeros((0, SLOTS), lines.dtype)
        return cls(lines, _Store(more, len(more)), len(more))

    def __len__(self) -> int:
        return len(self.given) + self._count

    @property
    def more(self) -> npt.NDArray[Any]:
        return self._store.lines[: self._count]

    def added(self, lines: npt.NDArray[Any]) -> Pool:
        """With lines at the end. Amortized O(lines): copied only where room or right is missing.

        The first version to add to another uses the room behind it; a second one copies.
        """
        count = self._count + len(lines)
        store = self._store
        if store.used != self._count or count > len(store.lines):
            wider = np.empty((max(count, 2 * self._count), SLOTS), lines.dtype)
            wider[: self._count] = self.more
            store = _Store(wider, self._count)
        store.lines[self._count : count] = lines
        store.used = count
        return Pool(self.given, store, count)


@dataclass(frozen=True)
class Origin:
    """The snapshot in which the given lines of both pools lie, and what it says of them there."""

    path: Path
    checksum: int
    """Of its header."""
    words: Mapping[str, Any]
    shorts: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class DayLines:
    """Open and closed lines, and the escapes of all of them."""

    words: Pool
    shorts: Pool
    escapes: Ints = field(default_factory=lambda: NO_ESCAPES)
    """(2, n): keys ascending, true offsets or steps."""
    origin: Origin | None = None

    @classmethod
    def of(cls, words: Words, shorts: Shorts, escapes: Ints) -> DayLines:
        return cls(Pool.of(words), Pool.of(shorts), escapes)

    def with_words(self, words: Words, escapes: Ints) -> tuple[DayLines, Lines]:
        """With new open lines and their escapes, which count from the first of them."""
        first = len(self.words)
        numbers = first + np.arange(len(words), dtype=np.int32)
        if not len(words):
            return self, numbers
        table = self.escapes
        if escapes.shape[1]:
            moved = escapes + np.array([[first * SLOTS], [0]])
            table = np.concatenate((table, moved), axis=1)
        return replace(self, words=self.words.added(words), escapes=table), numbers
