"""How compiled functions read a leaf: from a block's position and a row to U at its slots.

`Leaves.arrays` is what they are given, in this order; `LEAF_TYPES` stands for it in signatures:

    blocks, base, place, line            which line (directory.py)
    words, more_words                    open lines: mapped, and added since
    shorts, more_shorts                  closed lines: mapped, and added since
    escapes                              what does not fit (day_block.py)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types

from index.compiled import (
    READ_INT_TABLE,
    READ_INTS,
    READ_NARROW_TABLE,
    READ_SHORT_TABLE,
    READ_WORD_TABLE,
    compiled,
    inlined,
    whole,
)
from index.history import Ints, Mask

LEAF_TYPES = (
    READ_INTS,
    READ_INT_TABLE,
    READ_NARROW_TABLE,
    READ_NARROW_TABLE,
    READ_WORD_TABLE,
    READ_WORD_TABLE,
    READ_SHORT_TABLE,
    READ_SHORT_TABLE,
    READ_INT_TABLE,
)
Array = npt.NDArray[Any]
LeafArrays = tuple[Ints, Ints, Array, Array, Array, Array, Array, Array, Ints]
_SLOTS = 48
_OFFSET, _STEP = (1 << 31) - 1, (1 << 15) - 1
_NO_LINE = -1


@inlined
def number_of(place: Array, line: Array, position: int, row: int) -> int:
    """Line number of a row in the stored block at `position`; -1: none, below: closed."""
    table = place[position, 0]
    if table >= 0:
        return whole(line[table, row])
    return whole(place[position, 1]) + row * whole(place[position, 2])


@inlined
def escaped(escapes: Array, key: int) -> int:
    """The true offset or step of (line * 48 + slot)."""
    low, high = 0, escapes.shape[1]
    while low < high:
        middle = (low + high) >> 1
        if escapes[0, middle] < key:
            low = middle + 1
        else:
            high = middle
    return whole(escapes[1, low])


@inlined
def _steps_until(steps: Array, place: int, number: int, slot: int, escapes: Array) -> int:
    """Sum of a closed line's steps before the slot.

    All 48 are looked at, those from the slot on as zeros: one loop without a branch.
    """
    line, last = steps[np.uint64(place)], np.uint32(slot)
    total, odd = np.uint32(0), np.uint32(0)
    for k in range(np.uint32(_SLOTS)):
        step = np.uint32(np.uint32(line[k]) & np.uint32(_STEP)) * np.uint32(np.uint32(k) < last)
        total = np.uint32(total + step)
        odd = np.uint32(odd | np.uint32(step == np.uint32(_STEP)))
    found = whole(total)
    if odd:
        for k in range(slot):
            if (steps[place, k] & _STEP) == _STEP:
                found += escaped(escapes, number * _SLOTS + k) - _STEP
    return found


@inlined
def offset_at(
    words: Array,
    more_words: Array,
    shorts: Array,
    more_shorts: Array,
    escapes: Array,
    number: int,
    slot: int,
) -> int:
    """U at one slot (0..47) of a line less U at its first; `number` is not -1."""
    if number >= 0:
        if number < len(words):
            offset = whole(words[number, slot] & _OFFSET)
        else:
            offset = whole(more_words[number - len(words), slot] & _OFFSET)
        return escaped(escapes, number * _SLOTS + slot) if offset == _OFFSET else offset
    closed = -2 - number
    if closed < len(shorts):
        return _steps_until(shorts, closed, number, slot, escapes)
    return _steps_until(more_shorts, closed - len(shorts), number, slot, escapes)


@inlined
def _unroll_open(
    words: Array,
    place: int,
    number: int,
    opening: int,
    total: Ints,
    read: Mask,
    at: int,
    escapes: Array,
) -> None:
    odd = whole(0)
    for k in range(_SLOTS):
        word = words[place, k]
        offset = whole(word & _OFFSET)
        odd |= whole(offset == _OFFSET)
        total[at + k] = opening + offset
        read[at + k] = (word >> 31) == 0
    if odd:
        for k in range(_SLOTS):
            if (words[place, k] & _OFFSET) == _OFFSET:
                total[at + k] = opening + escaped(escapes, number * _SLOTS + k)


@inlined
def _unroll_closed(
    steps: Array,
    place: int,
    number: int,
    opening: int,
    total: Ints,
    read: Mask,
    at: int,
    escapes: Array,
) -> None:
    running, odd = opening, whole(0)
    for k in range(_SLOTS):
        step = whole(steps[place, k])
        total[at + k] = running
        read[at + k] = (step >> 15) == 0
        odd |= whole((step & _STEP) == _STEP)
        running += step & _STEP
    if odd:
        running = opening
        for k in range(_SLOTS):
            step = whole(steps[place, k]) & _STEP
            total[at + k] = running
            running += escaped(escapes, number * _SLOTS + k) if step == _STEP else step


@inlined
def unroll(
    words: Array,
    more_words: Array,
    shorts: Array,
    more_shorts: Array,
    escapes: Array,
    number: int,
    opening: int,
    total: Ints,
    read: Mask,
    at: int,
) -> None:
    """U and "a reading stands here" of a line's 48 slots into total[at:], read[at:]."""
    if number >= 0:
        if number < len(words):
            _unroll_open(words, number, number, opening, total, read, at, escapes)
        else:
            place = number - len(words)
            _unroll_open(more_words, place, number, opening, total, read, at, escapes)
    elif number == _NO_LINE:
        for k in range(_SLOTS):
            total[at + k] = opening
            read[at + k] = False
    else:
        place = -2 - number
        if place < len(shorts):
            _unroll_closed(shorts, place, number, opening, total, read, at, escapes)
        else:
            place -= len(shorts)
            _unroll_closed(more_shorts, place, number, opening, total, read, at, escapes)


@compiled(
    types.void(
        *LEAF_TYPES[2:],
        READ_INTS,
        READ_INTS,
        READ_INT_TABLE,
        types.int64[:, ::1],
        types.boolean[:, ::1],
    )
)
def unroll_rows(
    place: Array,
    line: Array,
    words: Array,
    more_words: Array,
    shorts: Array,
    more_shorts: Array,
    escapes: Ints,
    rows: Ints,
    positions: Ints,
    opening: Ints,
    total: Ints,
    read: Mask,
) -> None:
    """U and reads of rows in blocks: (rows, blocks * 48). A position below 0 is not stored.

    `opening` is U at each block's first slot, (blocks, rows).
    """
    for n in range(len(rows)):
        for b in range(len(positions)):
            number = whole(_NO_LINE)
            if positions[b] >= 0:
                number = number_of(place, line, positions[b], rows[n])
            unroll(
                words,
                more_words,
                shorts,
                more_shorts,
                escapes,
                number,
                opening[b, n],
                total[n],
                read[n],
                b * _SLOTS,
            )


@compiled(types.void(*LEAF_TYPES[2:], READ_INTS, READ_INTS, READ_INTS, types.int64[:, ::1]))
def add_offsets(
    place: Array,
    line: Array,
    words: Array,
    more_words: Array,
    shorts: Array,
    more_shorts: Array,
    escapes: Ints,
    rows: Ints,
    positions: Ints,
    slots: Ints,
    total: Ints,
) -> None:
    """From U at the blocks' openings to U at one slot of each, (slots, rows).

    A position below 0 is not stored.
    """
    for at in range(len(positions)):
        if positions[at] < 0 or slots[at] == 0:
            continue
        for n in range(len(rows)):
            number = number_of(place, line, positions[at], rows[n])
            if number != _NO_LINE:
                total[at, n] += offset_at(
                    words, more_words, shorts, more_shorts, escapes, number, slots[at]
                )
