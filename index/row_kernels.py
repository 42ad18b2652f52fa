"""One row's consumption, walked block by block in machine code.

    usage     energy between two slots, its estimated part, and what is missing
    unrolled  U, reads and what is known at every half hour of a stretch; `buckets` adds it up

A half hour is measured when readings stand at both its ends and all of it is known. So a block
that is known as a whole is looked at in one sweep over its words; only where a row's life begins,
ends or breaks is each half hour looked at for itself. What is known of row r is told by

    lives    r: first known interval, the one after the last, final U, 1 where a long gap runs
    known    begin and end of each interval, by row

Rows with a long gap and edges off the grid are not for these: the caller asks `History`.
"""

from __future__ import annotations

import numpy as np
from numba import types

from index.compiled import READ_INTS, compiled, inlined
from index.grid import SLOTS
from index.history import HALF_HOUR, Bytes, Ints
from index.leaf_access import number_of, unroll
from index.packed_arrays import int_table, ints, narrow_table, short_table, word_table
from index.row_lines import (
    AFTER,
    FIRST,
    LONG,
    NO_LINE,
    ODD,
    begins_with_reading,
    guessed_of,
    guessed_singly,
    line_of,
    opening_of,
    position_of,
    steps_of,
    total_at,
)

_FOUR = types.UniTuple(types.int64, 4)  # type: ignore[no-untyped-call]


@inlined
def _estimated(
    table: Ints, lives: Ints, known: Ints, row: int, origin: int, first: int, last: int
) -> int:
    """Estimated energy of the half hours first..last-1, which lie within the row's life."""
    blocks = ints(table, 0)
    estimated, interval, after = 0, lives[row, FIRST], lives[row, AFTER]
    position = position_of(table, first // SLOTS)
    number = line_of(table, position, row)
    while position < len(blocks) and blocks[position] * SLOTS < last:
        block = blocks[position]
        after_it = line_of(table, position + 1, row)
        if number != NO_LINE:
            goes_on = begins_with_reading(table, after_it) and blocks[position + 1] == block + 1
            start = origin + block * SLOTS * HALF_HOUR
            while interval < after and known[interval, 1] <= start:
                interval += 1
            low, high = max(first - block * SLOTS, 0), min(last - block * SLOTS, SLOTS)
            guessed = ODD
            if (
                high - low == SLOTS
                and interval < after
                and known[interval, 0] <= start
                and known[interval, 1] >= start + SLOTS * HALF_HOUR
            ):
                guessed = guessed_of(table, lives, row, position, number, goes_on)
            if guessed == ODD:
                opening = int_table(table, 1)[position, row]
                closing = opening_of(table, lives, row, position + 1)
                guessed = guessed_singly(
                    table, known, (interval, after), number, opening, closing, goes_on, start,
                    (low, high),
                )  # fmt: skip
            estimated += guessed
        position, number = position + 1, after_it
    return estimated


@compiled(_FOUR(READ_INTS, *(types.int64,) * 3))
def usage(
    table: Ints, row: int,
    start: int, end: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Energy, its estimated part, missing half hours; and 1 where this is not to be used."""
    lives, known, origin = int_table(table, 9), int_table(table, 10), ints(table, 11)[0]
    first, last = (start - origin) // HALF_HOUR, (end - origin) // HALF_HOUR
    odd = lives[row, LONG]
    if odd or origin + first * HALF_HOUR != start or origin + last * HALF_HOUR != end:
        return 0, 0, 0, 1
    missing, low, high = last - first, last, first
    for interval in range(lives[row, FIRST], lives[row, AFTER]):
        opens, closes = known[interval, 0] - origin, known[interval, 1] - origin
        full = min(closes // HALF_HOUR, last) - max(-(-opens // HALF_HOUR), first)
        missing -= max(full, 0)
        low = min(low, opens // HALF_HOUR)
        high = max(high, -(-closes // HALF_HOUR))
    low, high = max(low, first), min(high, last)
    if low >= high:
        return 0, 0, missing, 0
    energy = total_at(table, lives, row, high) - total_at(table, lives, row, low)
    return energy, _estimated(table, lives, known, row, origin, low, high), missing, 0


@inlined
def _half_hours_of(
    table: Ints, lives: Ints, row: int, position: int, energy: Ints, read: Bytes, at: int
) -> None:
    """The 48 half hours of a row in a stored block, and whether a reading opens each."""
    number = number_of(narrow_table(table, 2), narrow_table(table, 3), position, row)
    if number < NO_LINE:
        place = -2 - number
        if place < len(short_table(table, 6)):
            steps_of(short_table(table, 6), place, number, int_table(table, 8), energy, read, at)
        else:
            steps_of(
                short_table(table, 7),
                place - len(short_table(table, 6)),
                number,
                int_table(table, 8),
                energy,
                read,
                at,
            )
        return
    total, there = np.empty(SLOTS + 1, np.int64), np.empty(SLOTS, np.bool_)
    unroll(
        word_table(table, 4),
        word_table(table, 5),
        short_table(table, 6),
        short_table(table, 7),
        int_table(table, 8),
        number,
        int_table(table, 1)[position, row],
        total,
        there,
        0,
    )
    total[SLOTS] = opening_of(table, lives, row, position + 1)
    for k in range(SLOTS):
        energy[at + k] = total[k + 1] - total[k] if number != NO_LINE else 0
        read[at + k] = there[k]


@inlined
def _judged(known: Ints, first: int, after: int, start: int, read: Bytes, state: Bytes) -> None:
    """What each half hour from `start` is: estimated, missing, known in part (3, half hours)."""
    count = state.shape[1]
    for n in range(count):
        state[1, n] = 1
    for n in range(count):
        state[2, n] = 0
    for interval in range(first, after):
        opens, closes = known[interval, 0] - start, known[interval, 1] - start
        for n in range(max(opens // HALF_HOUR, 0), min(-(-closes // HALF_HOUR), count)):
            state[2, n] = 1
        for n in range(max(-(-opens // HALF_HOUR), 0), min(closes // HALF_HOUR, count)):
            state[1, n] = 0
    for n in range(count):
        state[0, n] = state[2, n] & (state[1, n] | (1 - (read[n] & read[n + 1])))


@compiled(
    types.int64(
        READ_INTS, *(types.int64,) * 2, types.int64[::1],
        types.uint8[:, ::1],
    )
)  # fmt: skip
def half_hours(
    table: Ints, row: int,
    start: int, energy: Ints, state: Bytes,
) -> int:  # fmt: skip
    """Every half hour from `start` on: energy, and `state` as in `_judged`; 1 if not to be used."""
    lives, known, origin = int_table(table, 9), int_table(table, 10), ints(table, 11)[0]
    first = (start - origin) // HALF_HOUR
    if lives[row, LONG] or origin + first * HALF_HOUR != start:
        return 1
    blocks, count = ints(table, 0), len(energy)
    read = np.zeros(count + 1, np.uint8)
    some, there = np.empty(SLOTS, np.int64), np.empty(SLOTS, np.uint8)
    position, filled = position_of(table, first // SLOTS), 0
    while position < len(blocks) and blocks[position] * SLOTS <= first + count:
        at = blocks[position] * SLOTS - first
        for n in range(filled, min(at, count)):
            energy[n] = 0
        if at >= 0 and at + SLOTS <= count:
            _half_hours_of(table, lives, row, position, energy, read, at)
        else:
            _half_hours_of(table, lives, row, position, some, there, 0)
            for k in range(max(0, -at), min(SLOTS, count + 1 - at)):
                read[at + k] = there[k]
                if at + k < count:
                    energy[at + k] = some[k]
        filled = max(filled, at + SLOTS)
        position += 1
    for n in range(filled, count):
        energy[n] = 0
    _judged(known, lives[row, FIRST], lives[row, AFTER], start, read, state)
    return 0


@compiled(
    types.int64(
        READ_INTS, types.int64, READ_INTS,
        types.int64[:, ::1],
    )
)  # fmt: skip
def buckets(
    table: Ints, row: int,
    edges: Ints, out: Ints,
) -> int:  # fmt: skip
    """Energy, estimated, missing and reporting (4, buckets) between ascending edges; or 1."""
    lives, known, origin = int_table(table, 9), int_table(table, 10), ints(table, 11)[0]
    if lives[row, LONG]:
        return 1
    for n in range(len(edges)):
        if (edges[n] - origin) % HALF_HOUR:
            return 1
    opens, after = lives[row, FIRST], lives[row, AFTER]
    total = total_at(table, lives, row, (edges[0] - origin) // HALF_HOUR)
    for n in range(out.shape[1]):
        first, last = (edges[n] - origin) // HALF_HOUR, (edges[n + 1] - origin) // HALF_HOUR
        before, total = total, total_at(table, lives, row, last)
        out[0, n] = total - before
        missing, low, high = last - first, last, first
        while opens < after and known[opens, 1] <= edges[n]:
            opens += 1
        interval = opens
        while interval < after and known[interval, 0] < edges[n + 1]:
            begin, end = known[interval, 0] - origin, known[interval, 1] - origin
            full = min(end // HALF_HOUR, last) - max(-(-begin // HALF_HOUR), first)
            missing -= max(full, 0)
            low = min(low, begin // HALF_HOUR)
            high = max(high, -(-end // HALF_HOUR))
            interval += 1
        low, high = max(low, first), min(high, last)
        out[1, n] = _estimated(table, lives, known, row, origin, low, high) if low < high else 0
        out[2, n] = missing
        out[3, n] = interval > opens and last > first
    return 0
