"""From U at every slot to leaves: which lines are closed, where each stands, and its bytes.

Blocks are taken four weeks together. Once four weeks have been over for a week they are closed:
half hours as steps of two bytes, all blocks of a row side by side, so that a row's month is read
in one stretch. What still comes for them is written as open lines until the next time.

                 block 1   block 2  ...  block 28           block 29
    row 0        [ 48 steps | 48 steps | ... | 48 steps ]   [ 48 words ]
    row 1        [ 48 steps | ...                       ]   [ 48 words ]
                   closed, 2 bytes a half hour                open, 4 bytes

A block in which nearly every row has a line is *regular*: all rows get one (some blank), and
where it stands is a multiplication (`directory.py`). Other blocks, and rows that use too much
for two bytes, are listed one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock

import numpy as np
from numba import types

from index.cells import runs
from index.compiled import READ_INTS, compiled, inlined
from index.day_block import (
    ESCAPE,
    FILLED,
    NO_ESCAPES,
    NO_LINE,
    STEP_ESCAPE,
    DayLines,
    Pool,
    Shorts,
    Words,
)
from index.directory import FIRST, STRIDE, Directory
from index.grid import SLOTS
from index.history import Bytes, Ints, Mask
from index.walking import CUT, STANDS

PERIOD = 28
"""Blocks that are closed together."""
SETTLED = 7
"""So many blocks after its end a period is closed."""
_USUAL = 8
"""A block is regular when at most one row in so many has no line in it."""
MOST_CLOSED = SLOTS * 8192
"""Wh in a block from which its line stays open: many of its steps could need an escape."""
_SKIP, _OPEN, _CLOSED, _BLANK_OPEN, _BLANK_CLOSED = range(5)
_FILLED_STEP = 1 << 15


def is_closed(blocks: Ints) -> Mask:
    """Which of the stored blocks are over for long enough."""
    if not len(blocks):
        return np.zeros(0, dtype=np.bool_)
    result: Mask = (blocks // PERIOD + 1) * PERIOD + SETTLED <= blocks[-1]
    return result


@inlined
def _write_open(
    total: Ints, flags: Bytes, at: int, words: Words, place: int, out: Ints, n: int
) -> int:
    for k in range(SLOTS):
        offset = total[at + k] - total[at]
        if offset < 0 or offset >= ESCAPE:
            out[n, 0], out[n, 1] = place * SLOTS + k, offset
            n += 1
            offset = ESCAPE
        words[place, k] = offset | ((1 - (flags[at + k] & STANDS)) << 31)
    return n


@inlined
def _write_closed(
    total: Ints, flags: Bytes, at: int, shorts: Shorts, place: int, out: Ints, n: int
) -> int:
    for k in range(SLOTS):
        step = total[at + k + 1] - total[at + k]
        if step < 0 or step >= STEP_ESCAPE:
            out[n, 0], out[n, 1] = (-2 - place) * SLOTS + k, step
            n += 1
            step = STEP_ESCAPE
        shorts[place, k] = step | ((1 - (flags[at + k] & STANDS)) << 15)
    return n


@compiled(
    types.int64(
        types.int64[:, ::1],
        types.uint8[:, ::1],
        READ_INTS,
        types.uint8[:, ::1],
        types.int64[:, ::1],
        types.uint32[:, ::1],
        types.uint16[:, ::1],
        types.int64[:, ::1],
    )
)
def _write_lines(
    total: Ints,
    flags: Bytes,
    opening: Ints,
    how: Bytes,
    place: Ints,
    words: Words,
    shorts: Shorts,
    escapes: Ints,
) -> int:
    """Write each row's line of each block where and how it is told; how many escapes there are."""
    n = 0
    for row in range(how.shape[0]):
        for block in range(how.shape[1]):
            kind, line, at = how[row, block], place[row, block], opening[block]
            if kind == _OPEN:
                n = _write_open(total[row], flags[row], at, words, line, escapes, n)
            elif kind == _CLOSED:
                n = _write_closed(total[row], flags[row], at, shorts, line, escapes, n)
            elif kind == _BLANK_OPEN:
                for k in range(SLOTS):
                    words[line, k] = FILLED
            elif kind == _BLANK_CLOSED:
                for k in range(SLOTS):
                    shorts[line, k] = _FILLED_STEP
    return n


@compiled(
    types.void(
        types.int64[:, ::1],
        types.uint8[:, ::1],
        types.uint8[:, ::1],
        READ_INTS,
        READ_INTS,
        READ_INTS,
        types.int64[:, :, ::1],
        types.int64[:, :, ::1],
    )
)
def sum_cells(
    total: Ints,
    flags: Bytes,
    needed: Bytes,
    opening: Ints,
    cell: Ints,
    since: Ints,
    energy: Ints,
    estimated: Ints,
) -> None:
    """Add each row's half hours to its cell, all and the estimated part: (cells, blocks, 48).

    Only those from the row's `since` on, counted from the first slot.
    """
    for row in range(needed.shape[0]):
        own = cell[row]
        if own < 0:
            continue
        for block in range(needed.shape[1]):
            if needed[row, block] == 0:
                continue
            at = opening[block]
            for k in range(max(0, since[row] - at), SLOTS):
                used = total[row, at + k + 1] - total[row, at + k]
                here = flags[row, at + k]
                measured = here & (flags[row, at + k + 1]) & STANDS & ((here & CUT) == 0)
                energy[own, block, k] += used
                estimated[own, block, k] += used * (1 - np.int64(measured))


def open_lines(total: Ints, flags: Bytes, opening: Ints, needed: Mask) -> tuple[Words, Ints]:
    """Open lines where they are needed (rows, blocks), by row and block, and their escapes."""
    count = int(needed.sum())
    words = np.empty((count, SLOTS), dtype=np.uint32)
    place = np.zeros(needed.shape, dtype=np.int64)
    place[needed] = np.arange(count)
    escapes = np.empty((SLOTS * count, 2), dtype=np.int64)
    how = np.where(needed, _OPEN, _SKIP).astype(np.uint8)
    none = np.empty((0, SLOTS), dtype=np.uint16)
    found = _write_lines(total, flags, opening, how, place, words, none, escapes)
    return words, np.ascontiguousarray(escapes[:found].T)


@dataclass(frozen=True, eq=False)
class _Listed:
    """Lines that are listed one by one, of one stretch of rows."""

    position: Ints
    row: Ints
    closed: Mask
    place: Ints
    words: Words
    shorts: Shorts
    escapes: Ints


@dataclass(frozen=True, eq=False)
class Assembly:
    """Leaves under construction; threads hand over stretches of rows."""

    blocks: Ints
    opening: Ints
    """Place of each block's first slot among the slots at which U is given."""
    closed: Mask
    regular: Mask
    directory: Directory
    base: Ints
    words: Words
    shorts: Shorts
    _escapes: list[Ints] = field(default_factory=list)
    _listed: list[_Listed] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, blocks: Ints, opening: Ints, rows: int, used: Ints) -> Assembly:
        """`used` says how many rows (about) have a line in each block."""
        closed = is_closed(blocks)
        regular = used * _USUAL >= rows * (_USUAL - 1)
        directory = Directory.empty(len(blocks), rows)
        opened, shut = 0, 0
        for low, high in _together(blocks // PERIOD, closed & regular):
            for n in range(low, high):
                directory.place[n, FIRST] = NO_LINE - 1 - (shut + n - low)
                directory.place[n, STRIDE] = low - high
            shut += (high - low) * rows
        for n in np.flatnonzero(regular & ~closed).tolist():
            directory.place[n, FIRST], directory.place[n, STRIDE] = opened, 1
            opened += rows
        return cls(
            blocks=blocks,
            opening=opening,
            closed=closed,
            regular=regular,
            directory=directory,
            base=np.empty((len(blocks), rows), dtype=np.int64),
            words=np.empty((opened, SLOTS), dtype=np.uint32),
            shorts=np.empty((shut, SLOTS), dtype=np.uint16),
        )

    def take(self, first: int, total: Ints, flags: Bytes, needed: Bytes) -> None:
        """Rows first, first + 1, ...: U and flags at all slots, and where lines are needed."""
        count = len(total)
        opens = total[:, self.opening]
        self.base[:, first : first + count] = opens.T
        used = total[:, self.opening + SLOTS] - opens
        closed = self.closed & (used >= 0) & (used < MOST_CLOSED)
        wanted = needed > 0
        at_home = self.regular & (closed == self.closed)
        how = np.where(closed, _CLOSED, _OPEN).astype(np.uint8)
        blank = np.where(self.closed, _BLANK_CLOSED, _BLANK_OPEN).astype(np.uint8)
        regular = np.where(self.regular, np.where(wanted & at_home, how, blank), _SKIP)
        number = self.directory.numbers(
            np.arange(len(self.blocks)), np.arange(first, first + count)
        ).T.astype(np.int64)
        place = np.where(number < 0, -2 - number, number)
        escapes = self._write(total, flags, regular, place, self.words, self.shorts)
        listed = wanted & ~at_home
        part = None
        if listed.any():
            part = self._list(first, total, flags, listed, closed)
        with self._lock:
            if len(escapes):
                self._escapes.append(escapes)
            if part is not None:
                self._listed.append(part)

    def _list(self, first: int, total: Ints, flags: Bytes, listed: Mask, closed: Mask) -> _Listed:
        row, position = np.nonzero(listed)
        shut = closed[row, position]
        number = np.where(shut, np.cumsum(shut), np.cumsum(~shut)) - 1
        how, place = np.zeros(listed.shape, np.uint8), np.zeros(listed.shape, np.int64)
        how[row, position] = np.where(shut, _CLOSED, _OPEN)
        place[row, position] = number
        words = np.empty((int((~shut).sum()), SLOTS), dtype=np.uint32)
        shorts = np.empty((int(shut.sum()), SLOTS), dtype=np.uint16)
        escapes = self._write(total, flags, how, place, words, shorts)
        return _Listed(position, row + first, shut, number, words, shorts, escapes)

    def _write(
        self, total: Ints, flags: Bytes, how: Bytes, place: Ints, words: Words, shorts: Shorts
    ) -> Ints:
        escapes = np.empty((SLOTS * how.size, 2), dtype=np.int64)
        how, place = how.astype(np.uint8), np.ascontiguousarray(place)
        found = _write_lines(total, flags, self.opening, how, place, words, shorts, escapes)
        return escapes[:found].copy()

    def finished(self) -> tuple[Directory, DayLines]:
        """Once all rows were taken."""
        words, shorts = Pool.of(self.words), Pool.of(self.shorts)
        escapes, positions, rows, numbers = list(self._escapes), [], [], []
        for part in sorted(self._listed, key=lambda part: int(part.row[0])):
            opened, shut = len(words), len(shorts)
            words, shorts = words.added(part.words), shorts.added(part.shorts)
            positions.append(part.position)
            rows.append(part.row)
            numbers.append(np.where(part.closed, -2 - shut - part.place, opened + part.place))
            if len(part.escapes):
                moved = np.where(part.escapes[:, 0] < 0, -shut, opened) * SLOTS
                escapes.append(part.escapes + np.stack((moved, np.zeros_like(moved)), axis=1))
        directory = self.directory
        if positions:
            directory = directory.listing(*map(np.concatenate, (positions, rows, numbers)))
        table = NO_ESCAPES
        if escapes:
            found = np.concatenate(escapes)
            table = np.ascontiguousarray(found[np.argsort(found[:, 0])].T)
        return directory, DayLines(words, shorts, table)


def slots_of(blocks: Ints) -> Ints:
    """Every stored slot, and after each run of blocks the boundary that closes it."""
    spans = [
        np.arange(blocks[low] * SLOTS, blocks[high - 1] * SLOTS + SLOTS + 1)
        for low, high in runs(blocks)
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *spans])


def _together(periods: Ints, chosen: Mask) -> list[tuple[int, int]]:
    """Stretches [low, high) of chosen blocks of one period."""
    bounds = np.flatnonzero(np.diff(np.where(chosen, periods, -1 - np.arange(len(chosen)) % 2)))
    edges = [0, *(bounds + 1).tolist(), len(chosen)]
    return [(low, high) for low, high in pairwise(edges) if high > low and chosen[low]]
