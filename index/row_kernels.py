"""One row's consumption, walked block by block in machine code.

    usage     energy between two slots, its estimated part, and what is missing
    unrolled  U, reads and what is known at every half hour of a stretch; `buckets` adds it up

A half hour is measured when readings stand at both its ends and all of it is known. How much is
estimated before each block is summed once (`estimated_sums.py`). What is known of row r is told by

    lives    r: first known interval, the one after the last, final U, 1 where a long gap runs
    known    begin and end of each interval, by row

Rows with a long gap and edges off the grid are not for these: the caller asks `History`.
"""

from __future__ import annotations

import numpy as np
from numba import types

from index.compiled import READ_INTS, compiled, inlined
from index.estimated_sums import are_made, estimated_between
from index.grid import SLOTS
from index.history import HALF_HOUR, Bytes, Ints
from index.leaf_access import number_of, unroll
from index.line_sweeps import judge, sweep_closed, sweep_open
from index.packed_arrays import int_table, ints, narrow_table, short_table, table_at, word_table
from index.row_lines import (
    AFTER,
    ARRAYS,
    BASE,
    BLOCKS,
    ESCAPES,
    FIRST,
    KNOWN,
    LINE,
    LIVES,
    LONG,
    MORE_SHORTS,
    MORE_WORDS,
    NO_LINE,
    ORIGIN,
    PLACE,
    SHORTS,
    WORDS,
    opening_of,
    position_of,
    total_at,
)

_THREE = types.UniTuple(types.int64, 3)  # type: ignore[no-untyped-call]
NOT_HERE, NOT_SUMMED = -1, -2


@compiled(_THREE(*(types.int64,) * 4), brief=True)
def usage(address: int, row: int, start: int, end: int) -> tuple[int, int, int]:
    """Energy, its estimated part, missing half hours; for these NOT_HERE or NOT_SUMMED.

    NOT_HERE: the caller asks `History`. NOT_SUMMED: it has the row's sums made and asks again.
    """
    table = table_at(address, ARRAYS)
    lives, known, origin = int_table(table, LIVES), int_table(table, KNOWN), ints(table, ORIGIN)[0]
    first, last = (start - origin) // HALF_HOUR, (end - origin) // HALF_HOUR
    odd = lives[row, LONG]
    if odd or origin + first * HALF_HOUR != start or origin + last * HALF_HOUR != end:
        return 0, 0, NOT_HERE
    if not are_made(table, row):
        return 0, 0, NOT_SUMMED
    missing, low, high = last - first, last, first
    for interval in range(lives[row, FIRST], lives[row, AFTER]):
        opens, closes = known[interval, 0] - origin, known[interval, 1] - origin
        full = min(closes // HALF_HOUR, last) - max(-(-opens // HALF_HOUR), first)
        missing -= max(full, 0)
        low = min(low, opens // HALF_HOUR)
        high = max(high, -(-closes // HALF_HOUR))
    low, high = max(low, first), min(high, last)
    if low >= high:
        return 0, 0, missing
    energy = total_at(table, lives, row, high) - total_at(table, lives, row, low)
    return energy, estimated_between(table, row, low, high), missing


@inlined
def _half_hours_of(
    table: Ints, lives: Ints, row: int, position: int, energy: Ints, read: Bytes, at: int
) -> None:
    """The 48 half hours of a row in a stored block, and whether a reading opens each."""
    number = number_of(narrow_table(table, PLACE), narrow_table(table, LINE), position, row)
    escapes = int_table(table, ESCAPES)
    if number < NO_LINE:
        steps, place = short_table(table, SHORTS), -2 - number
        if place < len(steps):
            sweep_closed(steps, place, number, escapes, energy, read, at)
        else:
            more = short_table(table, MORE_SHORTS)
            sweep_closed(more, place - len(steps), number, escapes, energy, read, at)
        return
    if number == NO_LINE:
        energy[at : at + SLOTS] = 0
        read[at : at + SLOTS] = 0
        return
    words, opening = word_table(table, WORDS), int_table(table, BASE)[position, row]
    closing = opening_of(table, lives, row, position + 1) - opening
    if number < len(words):
        odd = sweep_open(words, number, closing, energy, read, at)
    else:
        more_words = word_table(table, MORE_WORDS)
        odd = sweep_open(more_words, number - len(words), closing, energy, read, at)
    if odd:
        total, there = np.empty(SLOTS + 1, np.int64), np.empty(SLOTS, np.bool_)
        unroll(
            words, word_table(table, MORE_WORDS),
            short_table(table, SHORTS), short_table(table, MORE_SHORTS),
            escapes, number, opening, total, there, 0,
        )  # fmt: skip
        total[SLOTS] = opening + closing
        for k in range(SLOTS):
            energy[at + k] = total[k + 1] - total[k]


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
    """Every half hour from `start` on: energy, and `state` as in `judge`; 1 if not to be used."""
    lives, known, origin = int_table(table, LIVES), int_table(table, KNOWN), ints(table, ORIGIN)[0]
    first = (start - origin) // HALF_HOUR
    if lives[row, LONG] or origin + first * HALF_HOUR != start:
        return 1
    blocks, count = ints(table, BLOCKS), len(energy)
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
    judge(known, lives[row, FIRST], lives[row, AFTER], start, read, state)
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
    lives, known, origin = int_table(table, LIVES), int_table(table, KNOWN), ints(table, ORIGIN)[0]
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
        out[1, n] = estimated_between(table, row, low, high) if low < high else 0
        out[2, n] = missing
        out[3, n] = interval > opens and last > first
    return 0
