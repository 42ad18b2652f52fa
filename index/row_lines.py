"""Parts of `row_kernels`: one row's line in one block, found and added up.

They read the arrays of `Leaves.arrays` and four more from a `Packed` table, by the names below:
what is known of each row (`RowQueries`), the grid's origin, sums (`estimated_sums.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from index.compiled import inlined
from index.grid import SLOTS
from index.history import HALF_HOUR, Ints
from index.leaf_access import number_of, offset_at, unroll
from index.packed_arrays import int_table, ints, narrow_table, short_table, word_table

FIRST, AFTER, FINAL, LONG = range(4)
(
    BLOCKS,
    BASE,
    PLACE,
    LINE,
    WORDS,
    MORE_WORDS,
    SHORTS,
    MORE_SHORTS,
    ESCAPES,
    LIVES,
    KNOWN,
    ORIGIN,
    SUMS,
) = range(13)
"""Which array stands where in the table; `RowQueries` packs them."""
ARRAYS = 13
NO_LINE = -1
OFFSET, STEP = (1 << 31) - 1, (1 << 15) - 1
ODD = -(1 << 62)


@inlined
def position_of(table: Ints, block: int) -> Any:
    """Position of the block, or of the next one stored."""
    blocks = ints(table, BLOCKS)
    stored = len(blocks)
    if stored == 0 or block <= blocks[0]:
        return 0
    place = block - blocks[0]
    if place < stored and blocks[place] == block:
        return place
    low, high = 0, stored
    while low < high:
        middle = (low + high) >> 1
        if blocks[middle] < block:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def opening_of(table: Ints, lives: Ints, row: int, position: int) -> Any:
    """U at the opening of the block at a position, or after the last one."""
    if position < len(ints(table, BLOCKS)):
        return int_table(table, BASE)[position, row]
    return lives[row, FINAL]


@inlined
def total_at(table: Ints, lives: Ints, row: int, slot: int) -> Any:
    """U at a slot."""
    block = slot // SLOTS
    position = position_of(table, block)
    if position == len(ints(table, BLOCKS)):
        return lives[row, FINAL]
    total = int_table(table, BASE)[position, row]
    within = slot - block * SLOTS
    if within and ints(table, BLOCKS)[position] == block:
        number = number_of(narrow_table(table, PLACE), narrow_table(table, LINE), position, row)
        if number != NO_LINE:
            total += offset_at(
                word_table(table, WORDS),
                word_table(table, MORE_WORDS),
                short_table(table, SHORTS),
                short_table(table, MORE_SHORTS),
                int_table(table, ESCAPES),
                number,
                within,
            )
    return total


@inlined
def line_of(table: Ints, position: int, row: int) -> Any:
    """The row's line in the block at a position; none after the last block."""
    if position >= table[1]:
        return NO_LINE
    return number_of(narrow_table(table, PLACE), narrow_table(table, LINE), position, row)


@inlined
def begins_with_reading(table: Ints, number: int) -> Any:
    """Whether a reading stands at a line's first slot."""
    if number < NO_LINE:
        steps, place = short_table(table, SHORTS), -2 - number
        if place < len(steps):
            return (steps[place, 0] >> 15) == 0
        return (short_table(table, MORE_SHORTS)[place - len(steps), 0] >> 15) == 0
    if number == NO_LINE:
        return False
    words = word_table(table, WORDS)
    if number < len(words):
        return (words[number, 0] >> 31) == 0
    return (word_table(table, MORE_WORDS)[number - len(words), 0] >> 31) == 0


@inlined
def _guessed_open(
    words: Any, place: int, goes_on: int, table: Ints, lives: Ints, row: int, position: int
) -> Any:
    """Estimated energy of a wholly known block's open line; ODD where an offset escaped.

    Summed in 32 bits, eight at a time: without escapes and steps down it cannot exceed them.
    """
    estimated, odd = np.int32(0), np.int32(0)
    for k in range(SLOTS - 1):
        word, after = np.int32(words[place, k]), np.int32(words[place, k + 1])
        offset = np.int32(after & OFFSET)
        step = np.int32(offset - np.int32(word & OFFSET))
        estimated = np.int32(estimated + np.int32(step & np.int32(np.int32(word | after) >> 31)))
        odd = np.int32(odd | np.int32(step >> 31) | np.int32(offset == OFFSET))
    last = np.int64(words[place, SLOTS - 1])
    tail = np.int64(0)
    if not goes_on or (last >> 31) != 0:
        energy = opening_of(table, lives, row, position + 1) - int_table(table, BASE)[position, row]
        tail = energy - (last & OFFSET)
    return np.int64(ODD) if odd else np.int64(estimated) + tail


@inlined
def _guessed_closed(steps: Any, place: int, goes_on: int) -> Any:
    """The same of a closed line."""
    estimated, odd = np.int32(0), np.int32(0)
    for k in range(SLOTS - 1):
        word, after = np.int32(steps[place, k]), np.int32(steps[place, k + 1])
        step = np.int32(word & STEP)
        guessed = np.int32(-np.int32(np.int32(word | after) >> 15))
        estimated = np.int32(estimated + np.int32(step & guessed))
        odd = np.int32(odd | np.int32(step == STEP))
    last = np.int64(steps[place, SLOTS - 1])
    final = last & STEP
    tail = final if not goes_on or (last >> 15) != 0 else np.int64(0)
    return np.int64(ODD) if odd or final == STEP else np.int64(estimated) + tail


@inlined
def guessed_of(table: Ints, lives: Ints, row: int, position: int, number: int, goes_on: int) -> Any:
    if number >= 0:
        place = number - len(word_table(table, WORDS))
        if place < 0:
            return _guessed_open(
                word_table(table, WORDS), number, goes_on, table, lives, row, position
            )
        return _guessed_open(
            word_table(table, MORE_WORDS), place, goes_on, table, lives, row, position
        )
    place = -2 - number
    if place < len(short_table(table, SHORTS)):
        return _guessed_closed(short_table(table, SHORTS), place, goes_on)
    return _guessed_closed(
        short_table(table, MORE_SHORTS), place - len(short_table(table, SHORTS)), goes_on
    )


@inlined
def guessed_singly(
    table: Ints, known: Ints, stretch: tuple[int, int], number: int, opening: int,
    closing: int, goes_on: int, start: int, part: tuple[int, int],
) -> Any:  # fmt: skip
    """Estimated energy of some half hours of a line, each looked at; `start` opens the block."""
    total, read = np.empty(SLOTS + 1, np.int64), np.empty(SLOTS + 1, np.bool_)
    unroll(
        word_table(table, WORDS),
        word_table(table, MORE_WORDS),
        short_table(table, SHORTS),
        short_table(table, MORE_SHORTS),
        int_table(table, ESCAPES),
        number,
        opening,
        total,
        read,
        0,
    )
    total[SLOTS], read[SLOTS] = closing, goes_on
    estimated, interval, after = np.int64(0), stretch[0], stretch[1]
    for k in range(part[0], part[1]):
        time = start + k * HALF_HOUR
        while interval < after and known[interval, 1] <= time:
            interval += 1
        full = (
            interval < after
            and known[interval, 0] <= time
            and known[interval, 1] >= time + HALF_HOUR
        )
        if not (full and read[k] and read[k + 1]):
            estimated += total[k + 1] - total[k]
    return estimated
