"""The readings of up to 64 half hours in any order, of which only those asked for are put in it.

What stands where is one word a row, a bit a half hour. With these words made, which is all that
the first touch of a day costs, how many readings there are and which come at some place of an
order by time or meter is counting bits. Ordered by value, a row is passed over as a whole when
what its register reaches is not among the best so far.

    row 7   0 1 1 1 0 1 ...        bit k of its word: a reading stands at half hour first + k
    row 8   1 1 1 1 1 1 ...
    extra   row | time | value | kind

Readings off the grid, and all of rows in which a segment opens meanwhile, stand beside: *extra*.
Of the order of both together a page needs, of the bits' order, no more than its own stretch and
as many readings before it as there are extra ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numba import types

from index.best_few import put, put_in_order
from index.columns import Columns
from index.compiled import READ_INTS, compiled, inlined
from index.grid import SLOTS
from index.history import READ, Bytes, Ints, Mask
from index.leaf_access import unroll
from index.leaves import Leaves
from index.packed_arrays import Packed, int_table, ints, short_table, word_table
from index.row_lines import (
    BLOCKS,
    ESCAPES,
    LIVES,
    MORE_SHORTS,
    MORE_WORDS,
    NO_LINE,
    SHORTS,
    WORDS,
    line_of,
    opening_of,
    position_of,
    total_at,
)
from index.side_columns import stacked

BY_TIME, BY_METER, BY_VALUE = range(3)
AT_MOST = 64
"""Half hours in a page."""


class Readings(NamedTuple):
    """Readings in an order, in columns."""

    rows: Ints
    times: Ints
    values: Ints
    kinds: Bytes


@dataclass(frozen=True, eq=False)
class DayPage:
    """Half hours first..first + count - 1 of one version."""

    leaves: Leaves
    packed: Packed
    """What the row kernels read."""
    rank: Ints
    """Place of each row in key order."""
    by_rank: Ints
    """All rows in key order."""
    first: int
    count: int

    @cached_property
    def _single(self) -> tuple[Ints, Mask]:
        """The segment of each row's readings here; and rows whose readings are all extra."""
        parts, grid = self.leaves.segments, self.leaves.grid
        start, end = grid.time([self.first, self.first + self.count]).tolist()
        place = parts.pointer[1:] - 1
        several = parts.several
        if len(several):
            place[several] = parts.locate(several, np.full(len(several), end - 1))
        here = np.maximum(place, 0)
        if not len(parts):
            return here, np.zeros(parts.count, dtype=np.bool_)
        opens = parts.start[here]
        is_first = here == parts.pointer[:-1]
        odd = (opens >= start) & (opens < end) & ~(is_first & (parts.kind[here] == READ))
        return here, odd & parts.alive

    @property
    def _odd(self) -> Mask:
        return self._single[1]

    @cached_property
    def shift(self) -> Ints:
        parts = self.leaves.segments
        return parts.shift[self._single[0]] if len(parts) else np.zeros(parts.count, np.int64)

    @cached_property
    def masks(self) -> Ints:
        """A bit for every half hour that a reading on the grid opens, one word a row."""
        masks = np.zeros(self.leaves.segments.count, dtype=np.int64)
        _stand(self.packed.table, self.first, self.count, masks)
        if self._odd.any():
            masks[self._odd] = 0
        return masks

    @cached_property
    def _all(self) -> int:
        """How many bits are set."""
        return int(_bits(self.masks, np.arange(len(self.masks))))

    @cached_property
    def extra(self) -> Columns:
        """Readings that the bits do not tell of."""
        grid, odd = self.leaves.grid, np.flatnonzero(self._odd)
        low, high = self.first // SLOTS, (self.first + self.count - 1) // SLOTS + 1
        start, end = grid.time([self.first, self.first + self.count]).tolist()
        side = self.leaves.side
        beside = stacked([side[block] for block in range(low, high) if block in side])
        both = Columns(len(self.masks), beside.rows, beside.times, beside.values, beside.kinds)
        if len(odd):
            both = both.take(~self._odd[both.rows])
            found = self.leaves.readings(odd, low, high)
            both = Columns(
                len(self.masks),
                np.concatenate((both.rows, odd[found.rows])),
                np.concatenate((both.times, found.times)),
                np.concatenate((both.values, found.values)),
                np.concatenate((both.kinds, found.kinds)),
            )
        return both.take((both.times >= start) & (both.times < end))

    def total(self, chosen: Ints | None) -> int:
        """How many readings the chosen rows have; None: all rows."""
        if chosen is None:
            return self._all + len(self.extra)
        return int(_bits(self.masks, chosen)) + len(self._extra_of(chosen))

    def _extra_of(self, chosen: Ints | None) -> Columns:
        if chosen is None or not len(self.extra):
            return self.extra
        wanted = np.zeros(len(self.masks), dtype=np.bool_)
        wanted[chosen] = True
        return self.extra.take(wanted[self.extra.rows])

    def page(
        self, chosen: Ints | None, order: int, offset: int, limit: int, *, descending: bool
    ) -> Readings:
        """The readings at places offset.. of an order; `chosen` rows stand in key order."""
        rows, extra = (self.by_rank if chosen is None else chosen), self._extra_of(chosen)
        low = 0 if order == BY_VALUE else max(0, offset - len(extra))
        out = np.empty((3, max(1, offset + limit - low)), dtype=np.int64)
        size = _select(
            self.packed.table, self.masks, self.shift, self.rank, self.by_rank, rows,
            self.first, self.count, order, -1 if descending else 1, low, out,
        )  # fmt: skip
        row, slot, value = out[0, :size], out[1, :size], out[2, :size]
        time = self.leaves.grid.time(slot)
        kind = np.zeros(size, dtype=np.uint8)
        if len(extra):
            row, time = np.concatenate((row, extra.rows)), np.concatenate((time, extra.times))
            value = np.concatenate((value, extra.values))
            kind = np.concatenate((kind, extra.kinds))
            keys = {
                BY_TIME: (kind, self.rank[row], time),
                BY_METER: (kind, time, self.rank[row]),
                BY_VALUE: (kind, time, self.rank[row], value),
            }
            sorted_ = np.lexsort(keys[order])
            sorted_ = sorted_[::-1] if descending else sorted_
            shown = sorted_[offset - low : offset - low + limit]
        else:
            shown = np.arange(size)[offset - low : offset - low + limit]
        return Readings(row[shown], time[shown], value[shown], kind[shown])


@inlined
def _popcount(word: int) -> int:
    word = word - ((word >> 1) & 0x5555555555555555)
    word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333)
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F
    word += word >> 8
    word += word >> 16
    return (word + (word >> 32)) & 0x7F


@compiled(types.int64(READ_INTS, READ_INTS))
def _bits(masks: Ints, rows: Ints) -> int:
    total = 0
    for row in rows:
        total += _popcount(masks[row])
    return total


@inlined
def _top_bits(words: Any, place: int, top: int) -> Any:
    """The top bit of each word of a line; most lines have none set."""
    seen = np.uint32(0)
    for k in range(SLOTS):
        seen = np.uint32(seen | words[place, k])
    bits = np.int64(0)
    if seen >> top:
        for k in range(SLOTS):
            bits |= np.int64(words[place, k] >> top) << k
    return bits


@inlined
def _line_bits(table: Ints, number: int) -> Any:
    """The bits of a line, slot 0 lowest."""
    every = (1 << SLOTS) - 1
    if number == NO_LINE:
        return 0
    if number >= 0:
        place = number - len(word_table(table, WORDS))
        if place < 0:
            return every & ~_top_bits(word_table(table, WORDS), number, 31)
        return every & ~_top_bits(word_table(table, MORE_WORDS), place, 31)
    place = -2 - number
    if place < len(short_table(table, SHORTS)):
        return every & ~_top_bits(short_table(table, SHORTS), place, 15)
    return every & ~_top_bits(
        short_table(table, MORE_SHORTS), place - len(short_table(table, SHORTS)), 15
    )


@compiled(types.void(READ_INTS, types.int64, types.int64, types.int64[::1]))
def _stand(table: Ints, first: int, count: int, masks: Ints) -> None:
    """Set each row's bits of the half hours first..first + count - 1."""
    blocks = ints(table, BLOCKS)
    position = position_of(table, first // SLOTS)
    while position < len(blocks) and blocks[position] * SLOTS < first + count:
        shift = blocks[position] * SLOTS - first
        for row in range(len(masks)):
            bits = _line_bits(table, line_of(table, position, row))
            masks[row] |= bits << shift if shift >= 0 else bits >> -shift
        position += 1
    if count < AT_MOST:
        for row in range(len(masks)):
            masks[row] &= (1 << count) - 1


@inlined
def _values_of(table: Ints, lives: Ints, row: int, first: int, count: int, values: Ints) -> None:
    """U of the row at each of the half hours' openings."""
    total, read = np.empty(SLOTS, np.int64), np.empty(SLOTS, np.bool_)
    position, blocks = position_of(table, first // SLOTS), ints(table, BLOCKS)
    while position < len(blocks) and blocks[position] * SLOTS < first + count:
        at = blocks[position] * SLOTS - first
        number, opening = line_of(table, position, row), opening_of(table, lives, row, position)
        unroll(
            word_table(table, WORDS), word_table(table, MORE_WORDS),
            short_table(table, SHORTS), short_table(table, MORE_SHORTS),
            int_table(table, ESCAPES), number, opening, total, read, 0,
        )  # fmt: skip
        for k in range(max(0, -at), min(SLOTS, count - at)):
            values[at + k] = total[k]
        position += 1


@inlined
def _by_value(
    table: Ints, masks: Ints, shift: Ints, rank: Ints, rows: Ints, first: int, count: int,
    sign: int, heap: Ints,
) -> int:  # fmt: skip
    """The best readings by (value, key) into heap[:2]: sign * value and sign * (rank, slot).

    A register does not run back, so where a row stands at an end bounds all it has.
    """
    lives, values = int_table(table, LIVES), np.empty(AT_MOST, np.int64)
    bound = position_of(table, first // SLOTS)
    if sign < 0:
        bound = position_of(table, (first + count - 1) // SLOTS + 1)
    size = 0
    for row in rows:
        reach = opening_of(table, lives, row, bound) - shift[row]
        if size == heap.shape[1] and sign * reach > heap[0, 0]:
            continue
        if masks[row] == 0:
            continue
        _values_of(table, lives, row, first, count, values)
        for slot in range(count):
            if (masks[row] >> slot) & 1:
                value = sign * (values[slot] - shift[row])
                size = put(heap, size, value, sign * (rank[row] * AT_MOST + slot))
    put_in_order(heap, size)
    return size


@inlined
def _walk(
    masks: Ints, rows: Ints, first: int, count: int, order: int, sign: int, low: int, out: Ints
) -> int:
    """By time: half hour by half hour, the rows in each. By meter: row by row, its half hours."""
    size, passed = 0, 0
    outer, inner = (count, len(rows)) if order == BY_TIME else (len(rows), count)
    for a in range(outer):
        here, major = 0, a if sign > 0 else outer - 1 - a
        if order == BY_METER:
            here = _popcount(masks[rows[major]])
        elif a + 1 < outer:
            for n in range(inner):
                here += (masks[rows[n]] >> major) & 1
        else:
            here = inner
        if passed + here <= low:
            passed += here
            continue
        for b in range(inner):
            minor = b if sign > 0 else inner - 1 - b
            slot, row = (major, rows[minor]) if order == BY_TIME else (minor, rows[major])
            if (masks[row] >> slot) & 1:
                if passed >= low:
                    out[0, size], out[1, size] = row, first + slot
                    size += 1
                    if size == out.shape[1]:
                        return size
                passed += 1
    return size


@compiled(types.int64(*(READ_INTS,) * 6, *(types.int64,) * 5, types.int64[:, ::1]))
def _select(
    table: Ints, masks: Ints, shift: Ints, rank: Ints, by_rank: Ints, rows: Ints, first: int,
    count: int, order: int, sign: int, low: int, out: Ints,
) -> int:  # fmt: skip
    """Readings from place `low` of an order into `out` (row, slot, value); how many."""
    if order == BY_VALUE:
        size = _by_value(table, masks, shift, rank, rows, first, count, sign, out)
        for n in range(size):
            value, tie = sign * out[0, n], sign * out[1, n]
            out[0, n], out[1, n] = by_rank[tie // AT_MOST], first + tie % AT_MOST
            out[2, n] = value
        return size
    size = _walk(masks, rows, first, count, order, sign, low, out)
    lives = int_table(table, LIVES)
    for n in range(size):
        row = out[0, n]
        out[2, n] = total_at(table, lives, row, out[1, n]) - shift[row]
    return size
