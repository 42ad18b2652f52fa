"""Readings in a store's codes as lines of text, in one compiled pass into one buffer.

    531-123-456,S,   2026-11-20T18:30:00+08:00,   1234.500   ,,,,,api:k7[,received]   gap \\n
    pool, by code    copied from the row before    digits     copied from the row before
                     when the instant is the same             when it says the same

Where a log line gets its checksum a gap is left (`storage.log_chain`). Eight bytes a step, so
buffer and pools reach `SLACK` bytes behind what is in them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import types

from data_layer.readings.model import Bytes, Ints
from data_layer.readings.order import EARLIEST, INSTANT_BITS
from index.compiled import READ_BYTES, READ_INTS, READ_NARROW, compiled, inlined
from index.compiled_words import load, store

Narrow = npt.NDArray[np.int32]

SLACK = 16
_KINDS = np.frombuffer(b"initial\0", dtype=np.uint8)
_FLAGS = np.frombuffer(b"suspect\0", dtype=np.uint8)
_NAME_LENGTH = 7
_COMMA, _FEED, _ZERO = 44, 10, 48
_DAY = 86_400
_INSTANTS = (1 << (INSTANT_BITS - 1)) - 1


@inlined
def copy(target: Bytes, at: int, source: Bytes, start: int, stop: int) -> int:
    """Copy source[start:stop] to `at`; gives the place behind the copy."""
    place = at
    for here in range(start, stop, 8):
        store(target, place, load(source, here))
        place += 8
    return at + stop - start


@inlined
def _two_digits(text: Bytes, at: int, number: int) -> None:
    text[at] = _ZERO + number // 10
    text[at + 1] = _ZERO + number % 10


@inlined
def _write_date(text: Bytes, at: int, day: int) -> None:
    """`2026-11-20T` of a day since 1970, after Hinnant's days_from_civil."""
    shifted = day + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * of_year + 2) // 153
    date = of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    _two_digits(text, at, year // 100)
    _two_digits(text, at + 2, year % 100)
    text[at + 4] = 45
    _two_digits(text, at + 5, month)
    text[at + 7] = 45
    _two_digits(text, at + 8, date)
    text[at + 10] = 84


@inlined
def _write_clock(text: Bytes, at: int, second: int) -> None:
    """`18:30:00` of a second of the day."""
    minute = second // 60
    _two_digits(text, at, minute // 60)
    text[at + 2] = 58
    _two_digits(text, at + 3, minute % 60)
    text[at + 5] = 58
    _two_digits(text, at + 6, second % 60)


@inlined
def _write_offset(text: Bytes, at: int, offset: int) -> int:
    """`Z`, or `+08:00` for an offset in seconds; gives the place behind."""
    minutes = abs(offset) // 60
    text[at] = 45 if offset < 0 else 43
    _two_digits(text, at + 1, minutes // 60)
    text[at + 3] = 58
    _two_digits(text, at + 4, minutes % 60)
    return at + 6


@inlined
def _write_whole(text: Bytes, at: int, number: int) -> int:
    """A whole number without leading zeros; gives the place behind."""
    width, bound = 1, 10
    while bound <= number:
        width += 1
        bound *= 10
    for place in range(at + width - 1, at - 1, -1):
        rest = number // 10
        text[place] = _ZERO + number - rest * 10
        number = rest
    return at + width


@inlined
def _write_value(text: Bytes, at: int, watt_hours: int) -> int:
    """kWh with three decimals, nothing for a void; gives the place behind."""
    if watt_hours < 0:
        return at
    whole = watt_hours // 1000
    rest = watt_hours - whole * 1000
    at = _write_whole(text, at, whole)
    text[at] = 46
    text[at + 1] = _ZERO + rest // 100
    _two_digits(text, at + 2, rest % 100)
    return at + 4


@compiled(
    types.int64(
        types.uint8[::1],
        types.int64[::1],
        READ_INTS,
        READ_INTS,
        READ_BYTES,
        READ_NARROW,
        READ_NARROW,
        READ_NARROW,
        READ_BYTES,
        READ_INTS,
        READ_BYTES,
        READ_INTS,
        READ_BYTES,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        READ_BYTES,
        types.int64,
        types.int64,
    )
)
def write(  # noqa: C901 - one pass over a line's fields
    text: Bytes,
    ends: Ints,
    key: Ints,
    value: Ints,
    flag: Bytes,
    revision: Narrow,
    type_: Narrow,
    source: Narrow,
    series_text: Bytes,
    series_at: Ints,
    type_text: Bytes,
    type_at: Ints,
    source_text: Bytes,
    source_at: Ints,
    changes: Ints,
    offsets: Ints,
    received: Bytes,
    received_length: int,
    gap: int,
) -> int:
    """Write all rows, each ended by `gap` bytes of nothing and a line feed; gives their length.

    `changes` are the instants from which the clock is ahead of UTC by `offsets`; UTC where there
    are none. `received` stands behind every row.
    """
    at = 0
    instant, piece = -1, 0
    time_at, behind_at, behind_stop = 0, 0, 0
    for row in range(len(key)):
        code = key[row] >> INSTANT_BITS
        start = series_at[code]
        at = copy(text, at, series_text, start, series_at[code + 1])

        now = ((key[row] >> 1) & _INSTANTS) + EARLIEST
        if now == instant:
            before, time_at = time_at, at
            width = 20 if len(changes) == 0 else 25
            at = copy(text, at, text, before, before + width)
        else:
            instant, time_at = now, at
            offset = 0
            if len(changes):
                while now < changes[piece]:
                    piece -= 1
                while piece + 1 < len(changes) and now >= changes[piece + 1]:
                    piece += 1
                offset = offsets[piece]
            today = (now + offset) // _DAY
            _write_date(text, at, today)
            _write_clock(text, at + 11, now + offset - today * _DAY)
            at += 19
            if len(changes):
                at = _write_offset(text, at, offset)
            else:
                text[at] = 90
                at += 1
        text[at] = _COMMA
        at = _write_value(text, at + 1, value[row])

        if (
            row
            and (key[row] ^ key[row - 1]) & 1 == 0
            and flag[row] == flag[row - 1]
            and revision[row] == revision[row - 1]
            and type_[row] == type_[row - 1]
            and source[row] == source[row - 1]
        ):
            before, stop, behind_at = behind_at, behind_stop, at
            at = copy(text, at, text, before, stop)
        else:
            behind_at = at
            text[at] = _COMMA
            at += 1
            if key[row] & 1:
                at = copy(text, at, _KINDS, 0, _NAME_LENGTH)
            text[at] = _COMMA
            at = copy(text, at + 1, type_text, type_at[type_[row]], type_at[type_[row] + 1])
            text[at] = _COMMA
            at += 1
            if flag[row]:
                at = copy(text, at, _FLAGS, 0, _NAME_LENGTH)
            text[at] = _COMMA
            at += 1
            if revision[row]:
                at = _write_whole(text, at, revision[row])
            text[at] = _COMMA
            at = copy(text, at + 1, source_text, source_at[source[row]], source_at[source[row] + 1])
            at = copy(text, at, received, 0, received_length)
        behind_stop = at
        at += gap
        text[at] = _FEED
        at += 1
        ends[row] = at
    return at
