"""The loops over a run's columns: from a batch's codes to the store's, and held against the newest.

Each is one pass. What they cannot settle (a word never told, a row that is not simply later than
all that is stored) they say, and columns in numpy or rows in Python settle it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import types

from data_layer.quantities import MAXIMUM_WH, VOID_WH
from data_layer.readings.model import Bytes, Ints
from data_layer.readings.order import EARLIEST, INSTANT_BITS, LATEST, MAXIMUM_REVISION
from index.compiled import READ_BYTES, READ_INTS, compiled

Narrow = npt.NDArray[np.int32]
NEVER_LOOKED = np.iinfo(np.int64).min
NOT_WRITABLE = -1
UNTOLD = -2

_TAKEN = types.UniTuple(types.int64, 3)  # type: ignore[no-untyped-call]


@compiled(
    _TAKEN(
        READ_BYTES,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        READ_BYTES,
        READ_BYTES,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        types.int64[::1],
        types.int64[::1],
        types.uint8[::1],
        types.int32[::1],
        types.int32[::1],
        types.int32[::1],
    )
)
def take(
    refused: Bytes,
    series_table: Ints,
    series_code: Ints,
    read_at: Ints,
    value_wh: Ints,
    kinds: Bytes,
    flags: Bytes,
    revisions: Ints,
    type_table: Ints,
    type_code: Ints,
    source_table: Ints,
    source_code: Ints,
    key: Ints,
    value: Ints,
    flag: Bytes,
    revision: Narrow,
    type_: Narrow,
    source: Narrow,
) -> tuple[int, int, int]:
    """Rows that are not refused, in a store's codes, in their order.

    Gives how many, whether all are plain (usual rows) and whether keys only rise. Instead of how
    many UNTOLD when a table lacks a code, NOT_WRITABLE when a row cannot stand in a line.
    """
    count, plain, rising = 0, 1, 1
    before = -1
    for row in range(len(refused)):
        if refused[row]:
            continue
        code = series_table[series_code[row]]
        of_type = type_table[type_code[row]]
        of_source = source_table[source_code[row]]
        if code < 0 or of_type < 0 or of_source < 0:
            return UNTOLD, 0, 0
        at, kind = read_at[row], np.int64(kinds[row])
        amount, again, doubt = value_wh[row], revisions[row], flags[row]
        if (
            at < EARLIEST
            or at > LATEST
            or amount < VOID_WH
            or amount > MAXIMUM_WH
            or kind > 1
            or doubt > 1
            or again < 0
            or again > MAXIMUM_REVISION
        ):
            return NOT_WRITABLE, 0, 0
        packed = (code << INSTANT_BITS) + ((at - EARLIEST) << 1) + kind
        if packed <= before:
            rising = 0
        if doubt or again or amount == VOID_WH:
            plain = 0
        before = packed
        key[count] = packed
        value[count] = amount
        flag[count] = doubt
        revision[count] = again
        type_[count] = of_type
        source[count] = of_source
        count += 1
    return count, plain, rising


@compiled(types.int64(READ_INTS, READ_INTS, types.int64, types.int64[::1], types.int64[::1]))
def follow(key: Ints, value: Ints, first: int, newest_key: Ints, newest_value: Ints) -> int:
    """Let plain rows from `first` on follow the newest reading of their series, one by one.

    Stops at the row that is not later, or lower without opening a segment, or whose series was
    NEVER_LOOKED up; gives its place, else the number of rows.
    """
    for row in range(first, len(key)):
        code = key[row] >> INSTANT_BITS
        newest = newest_key[code]
        if (
            newest == NEVER_LOOKED
            or key[row] <= newest
            or (key[row] & 1 == 0 and value[row] < newest_value[code])
        ):
            return row
        newest_key[code] = key[row]
        newest_value[code] = value[row]
    return len(key)


@compiled(types.int64(READ_INTS, types.int64, types.int64[::1], types.int64[::1], types.int64[::1]))
def stretches(key: Ints, gap: int, code: Ints, first: Ints, last: Ints) -> int:
    """Stretches of sorted keys in which no two neighbors are further apart than `gap` seconds."""
    count = -1
    series, at = -1, 0
    for word in key:
        now = ((word >> 1) & ((1 << (INSTANT_BITS - 1)) - 1)) + EARLIEST
        if word >> INSTANT_BITS != series or now - at > gap:
            count += 1
            series = word >> INSTANT_BITS
            code[count] = series
            first[count] = now
        at = now
        last[count] = now
    return count + 1
