"""How much of a row's energy is estimated before each of its blocks: summed once, then subtracted.

    sums[p]    2 * (estimated Wh in the stored blocks before position p), plus 1 where the block
               at p holds anything estimated; one more than there are blocks, whose 1 says that
               the row's sums are made

A row's sums are made when somebody first asks for its usage, O(blocks), and kept as long as the
version, 8 bytes a block. Then a period costs two look-ups, and a walk over half hours only in its
first and last block, where those hold anything estimated at all. A block that is known as a whole
is summed in one sweep over its words; only where a row's life begins, ends or breaks is each half
hour looked at for itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from index.compiled import READ_INTS, compiled, inlined
from index.grid import SLOTS
from index.history import HALF_HOUR, Ints
from index.packed_arrays import int_table, ints
from index.row_lines import (
    AFTER,
    BASE,
    BLOCKS,
    FIRST,
    KNOWN,
    LIVES,
    NO_LINE,
    ODD,
    ORIGIN,
    SUMS,
    begins_with_reading,
    guessed_of,
    guessed_singly,
    line_of,
    opening_of,
    position_of,
)


class EstimatedSums:
    """The sums of one version's rows, each made when the row is first asked for."""

    def __init__(self, rows: int, blocks: int) -> None:
        # Rows that nobody asks for are never touched, and so cost addresses and no memory.
        self.table: Ints = np.zeros((rows, blocks + 1), dtype=np.int64)

    def ensure(self, table: Ints, row: int) -> None:
        """Make the sums of a row unless they are, O(blocks). Threads may do so at once."""
        if not self.table[row, -1] & 1:
            _sum_up(table, row, self.table[row])
            self.table[row, -1] |= 1  # last, under the interpreter's lock


@inlined
def _part_of(
    table: Ints, row: int, position: int, low: int, high: int, interval: int
) -> tuple[int, int]:
    """Estimated energy of half hours low..high-1 of the stored block; 1 if each was looked at.

    `interval` is the row's first known one that does not end before the block.
    """
    lives, known, origin = int_table(table, LIVES), int_table(table, KNOWN), ints(table, ORIGIN)[0]
    number, blocks = line_of(table, position, row), ints(table, BLOCKS)
    if number == NO_LINE:
        return 0, 0
    block, after = blocks[position], lives[row, AFTER]
    after_it = line_of(table, position + 1, row)
    goes_on = begins_with_reading(table, after_it) and blocks[position + 1] == block + 1
    start = origin + block * SLOTS * HALF_HOUR
    if (
        high - low == SLOTS
        and interval < after
        and known[interval, 0] <= start
        and known[interval, 1] >= start + SLOTS * HALF_HOUR
    ):
        guessed = guessed_of(table, lives, row, position, number, goes_on)
        if guessed != ODD:
            return guessed, 0
    opening = int_table(table, BASE)[position, row]
    closing = opening_of(table, lives, row, position + 1)
    singly = guessed_singly(
        table, known, (interval, after), number, opening, closing, goes_on, start, (low, high)
    )
    return singly, 1


@compiled(types.void(READ_INTS, types.int64, types.int64[::1]))
def _sum_up(table: Ints, row: int, sums: Ints) -> None:
    lives, known, origin = int_table(table, LIVES), int_table(table, KNOWN), ints(table, ORIGIN)[0]
    blocks = ints(table, BLOCKS)
    interval, after, before = lives[row, FIRST], lives[row, AFTER], np.int64(0)
    for position in range(len(blocks)):
        start = origin + blocks[position] * SLOTS * HALF_HOUR
        while interval < after and known[interval, 1] <= start:
            interval += 1
        guessed, singly = _part_of(table, row, position, 0, SLOTS, interval)
        # Looked at singly it may hold steps up and down that are nothing together.
        sums[position] = 2 * before + (guessed != 0 or singly)
        before += guessed
    sums[len(blocks)] = 2 * before


@inlined
def are_made(table: Ints, row: int) -> bool:
    """Whether a row's sums can be read."""
    sums = int_table(table, SUMS)
    return bool(sums[row, sums.shape[1] - 1] & 1)


@inlined
def _before(table: Ints, row: int, slot: int) -> Any:
    """Estimated energy before a slot."""
    blocks, block = ints(table, BLOCKS), slot // SLOTS
    position = position_of(table, block)
    told, within = int_table(table, SUMS)[row, position], slot - block * SLOTS
    if within == 0 or not told & 1 or position == len(blocks) or blocks[position] != block:
        return told >> 1
    lives, known, origin = int_table(table, LIVES), int_table(table, KNOWN), ints(table, ORIGIN)[0]
    interval, start = lives[row, FIRST], origin + block * SLOTS * HALF_HOUR
    while interval < lives[row, AFTER] and known[interval, 1] <= start:
        interval += 1
    part, _ = _part_of(table, row, position, 0, within, interval)
    return (told >> 1) + part


@inlined
def estimated_between(table: Ints, row: int, first: int, last: int) -> Any:
    """Estimated energy of the half hours first..last-1."""
    return _before(table, row, last) - _before(table, row, first)
