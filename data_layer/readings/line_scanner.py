"""One pass over the bytes of many lines, in machine code and without the interpreter lock.

    531-123-456,S,  2026-11-20T18:30:00+08:00  ,1234.500,  ,,,,api:k7  \\n
    └ series ─────┘ └ time ──────────────────┘  └ value ┘  └ rest ───┘

Almost every line repeats its series and its rest from the line before, and its time from another
series: those are compared, eight bytes at once, and only what is new is looked at. Series and
rests that differ are numbered as they appear; what they say is read by whoever asked, once each.
Values are read digit by digit. Whatever is not in its one canonical form makes the scan fail, and
the caller reads line by line to say which it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import types

from data_layer.quantities import VOID_WH
from data_layer.readings.model import Bytes, Ints
from data_layer.readings.order import EARLIEST, LATEST
from index.compiled import READ_BYTES, compiled, inlined, whole
from index.compiled_words import load

Codes = npt.NDArray[np.int32]

UTC_WIDTH, RECEIVED_WIDTH, LOCAL_WIDTH = 20, 24, 25
NOT_CANONICAL, TOO_MANY_WORDS, TOO_MANY_ROWS = -1, -2, -3
ROWS, SERIES, RESTS, IN_ORDER = range(4)
"""What `scan` writes into `counts`; the last is 1 where every row's (series, time) rises."""
TIMES = 2048
"""Room for times of day that are known, by the minute."""
_COMMA, _LINE_FEED, _POINT, _ZERO, _MINUS, _PLUS = 44, 10, 46, 48, 45, 43
_DATE_MARKS = ((4, 45), (7, 45), (10, 84), (13, 58), (16, 58))
_VALUE_DIGITS = 9
_EACH, _BYTE, _DIGIT, _TEN = (np.uint64(n) for n in (0x0101010101010101, 255, 15, 10))
_VOID = int(VOID_WH)
_EARLIEST, _LATEST = int(EARLIEST), int(LATEST)


@inlined
def _byte(text: Bytes, at: int) -> int:
    """One byte, without asking whether the place counts from the end."""
    return text[np.uint64(at)]  # type: ignore[no-any-return]


@inlined
def _same(text: Bytes, one: int, other: int, length: int) -> bool:
    if length < 8:
        differs = 0
        for k in range(length):
            differs |= _byte(text, one + k) ^ _byte(text, other + k)
        return differs == 0
    for k in range(0, length - 8, 8):
        if load(text, one + k) != load(text, other + k):
            return False
    return bool(load(text, one + length - 8) == load(text, other + length - 8))


@inlined
def _two(text: Bytes, at: int) -> int:
    """A number of two digits; 1000 or more where they are none."""
    tens, ones = whole(_byte(text, at)) - _ZERO, whole(_byte(text, at + 1)) - _ZERO
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return whole(1000)
    return tens * 10 + ones


@inlined
def _clock(text: Bytes, at: int) -> int:
    """Seconds of yyyy-mm-ddThh:mm:ss as if it were UTC; -1 where it is none from 1970 on."""
    for place, mark in _DATE_MARKS:
        if _byte(text, at + place) != mark:
            return whole(-1)
    century, years, month = _two(text, at), _two(text, at + 2), _two(text, at + 5)
    day, hour = _two(text, at + 8), _two(text, at + 11)
    minute, second = _two(text, at + 14), _two(text, at + 17)
    year = century * 100 + years
    if year < 1970 or year > 9999 or years > 99 or month < 1 or month > 12:
        return whole(-1)
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 31
    if month == 2:
        longest = 29 if leap else 28
    elif month == 4 or month == 6 or month == 9 or month == 11:
        longest = 30
    if day < 1 or day > longest or hour > 23 or minute > 59 or second > 59:
        return whole(-1)
    # Days since 1970-03-01, counted in years that begin in March.
    since = year - 1 if month <= 2 else year
    of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    days = since * 365 + since // 4 - since // 100 + since // 400 + of_year - 719468
    return days * 86_400 + hour * 3600 + minute * 60 + second


@inlined
def instant_at(text: Bytes, at: int, width: int) -> int:
    """The instant of a time in UTC (20 bytes) or with its offset (25); -1 where it is none."""
    seconds = _clock(text, at)
    if seconds < 0:
        return whole(-1)
    if width == UTC_WIDTH:
        if _byte(text, at + 19) != ord("Z"):
            return whole(-1)
    else:
        hours, minutes = _two(text, at + 20), _two(text, at + 23)
        sign = _byte(text, at + 19)
        if _byte(text, at + 22) != ord(":") or hours > 15 or minutes > 59:
            return whole(-1)
        ahead = hours * 3600 + minutes * 60
        if sign == _MINUS and ahead > 0:
            seconds += ahead
        elif sign == _PLUS:
            seconds -= ahead
        else:
            return whole(-1)
    if seconds < _EARLIEST or seconds > _LATEST:
        return whole(-1)
    return seconds


@inlined
def _is_received(text: Bytes, at: int) -> bool:
    seconds = _clock(text, at)
    for k in range(20, 23):
        if _byte(text, at + k) < _ZERO or _byte(text, at + k) > _ZERO + 9:
            return False
    marks = _byte(text, at + 19) == _POINT and _byte(text, at + 23) == ord("Z")
    return marks and seconds >= _EARLIEST and seconds <= _LATEST


@inlined
def _minute_of(word: int) -> int:
    """From hh:mm:ss to a place among the known times; whatever else it is, to some place."""
    hours = (word & _DIGIT) * _TEN + (word >> np.uint64(8) & _DIGIT)
    minutes = (word >> np.uint64(24) & _DIGIT) * _TEN + (word >> np.uint64(32) & _DIGIT)
    return whole((hours * np.uint64(60) + minutes) & np.uint64(TIMES - 1))


@inlined
def _value_in_words(word: int, text: Bytes, at: int) -> int:
    """Wh * 16 + the number of digits before the point; -1 where it is not 1 to 7 of them.

    Digits become numbers eight, four, two at a time: every byte, then every pair, at once.
    """
    marks = word ^ _EACH * np.uint64(_POINT)
    point = (marks - _EACH) & ~marks & _EACH * np.uint64(128)
    if point == 0:
        return whole(-1)
    before = ((point & (~point + np.uint64(1))) - np.uint64(1)) & _EACH
    digits = whole(before * _EACH >> np.uint64(56)) - 1
    if digits == 0 or (digits > 1 and word & np.uint64(255) == np.uint64(_ZERO)):
        return whole(-1)
    # The thousandths take the place of the point: dddd.ttt, as at most eleven digits in two words.
    eight = (word ^ _EACH * np.uint64(_ZERO)) << np.uint64(8 * (8 - digits))
    rest = load(text, at + digits) ^ _EACH * np.uint64(_ZERO)
    thousandths = rest & np.uint64(0xFFFFFF00)
    above = ((eight + _EACH * np.uint64(118)) | eight) & _EACH * np.uint64(128)
    above |= ((thousandths + np.uint64(0x76767600)) | thousandths) & np.uint64(0x80808000)
    if above:
        return whole(-1)
    eight = eight * np.uint64(10) + (eight >> np.uint64(8))
    pairs = np.uint64(0x000000FF000000FF)
    eight = (
        (eight & pairs) * np.uint64(0x000F424000000064)
        + (eight >> np.uint64(16) & pairs) * np.uint64(0x0000271000000001)
    ) >> np.uint64(32)
    part = (
        (thousandths >> np.uint64(8) & _BYTE) * np.uint64(100)
        + (thousandths >> np.uint64(16) & _BYTE) * np.uint64(10)
        + (thousandths >> np.uint64(24) & _BYTE)
    )
    return whole((eight & np.uint64(0xFFFFFFFF)) * np.uint64(1000) + part) * 16 + digits


@inlined
def _number_of(text: Bytes, at: int, length: int, table: Codes, words: Ints, count: int) -> int:
    """The number of a word, new (`count`) or known; below 0 where there is no room for it."""
    mixed = np.uint64(length)
    for k in range(length):
        mixed = (mixed ^ np.uint64(_byte(text, at + k))) * np.uint64(0x100000001B3)
    mask = whole(len(table) - 1)
    place = whole(mixed ^ (mixed >> np.uint64(29))) & mask
    while table[place] >= 0:
        known = table[place]
        if words[known, 1] == length and _same(text, words[known, 0], at, length):
            return whole(known)
        place = (place + 1) & mask
    if count >= len(words) or count * 2 >= len(table):
        return whole(-1)
    table[place] = count
    words[count, 0], words[count, 1] = at, length
    return whole(count)


@inlined
def _comes_after(text: Bytes, one: int, other: int) -> bool:
    """Whether the series at `one` is behind that at `other`: by meter, then by register."""
    for _ in range(2):
        k = 0
        while text[one + k] == text[other + k] and text[one + k] != _COMMA:
            k += 1
        mine, yours = text[one + k], text[other + k]
        if mine != yours:
            return bool(yours == _COMMA or (mine != _COMMA and mine > yours))
        one, other = one + k + 1, other + k + 1
    return False


@compiled(
    types.void(
        READ_BYTES,
        types.int64,
        types.int64,
        types.int64,
        types.int32[::1],
        types.int64[::1],
        types.int64[::1],
        types.int32[::1],
        types.int32[::1],
        types.int64[:, ::1],
        types.int32[::1],
        types.int64[:, ::1],
        types.int64[:, ::1],
        types.int64[::1],
    )
)
def scan(  # noqa: C901 - a line from its first byte to its last, in one pass
    text: Bytes,
    start: int,
    width: int,
    behind: int,
    code: Codes,
    times: Ints,
    values: Ints,
    rest_code: Codes,
    series_table: Codes,
    series: Ints,
    rest_table: Codes,
    rests: Ints,
    known_times: Ints,
    counts: Ints,
) -> None:
    """Read the lines from `start` to the end; the columns need not have room for all.

    `series` and `rests` get (place, length) of each different word; the tables are open hashes
    of them, all -1 at first; `known_times` is (TIMES, 2), all -1. `counts` tells the outcome. Times
    are `width` bytes; `behind` is 25 where lines end with when they came in, else 0.
    """
    end = len(text)
    row, at = 0, start
    series_count, rest_count = 0, 0
    own, own_at, own_length = whole(-1), whole(0), whole(0)
    rest, rest_at, rest_length = whole(-1), whole(0), whole(0)
    received_at = whole(-1)
    rises = True
    before = whole(0)
    counts[ROWS] = NOT_CANONICAL
    while at < end:
        if row == len(code):
            counts[ROWS] = TOO_MANY_ROWS
            return
        # -- series: up to and with its second comma
        fresh = True
        if own >= 0 and at + own_length < end:
            fresh = not _same(text, at, own_at, own_length)
        if fresh:
            stop, commas = at, 0
            while stop < end and commas < 2 and _byte(text, stop) != _LINE_FEED:
                commas += _byte(text, stop) == _COMMA
                stop += 1
            if commas < 2:
                return
            length = stop - at
            if own >= 0 and rises:
                rises = _comes_after(text, at, own_at)
            own = _number_of(text, at, length, series_table, series, series_count)
            if own < 0:
                counts[ROWS] = TOO_MANY_WORDS
                return
            if own == series_count:
                series_count += 1
            own_at, own_length = at, length
        at += own_length
        # -- time
        if at + width + 1 > end:
            return
        minute = _minute_of(load(text, at + 11))
        instant = known_times[minute, 1]
        if instant < 0 or not _same(text, at, known_times[minute, 0], width):
            instant = instant_at(text, at, width)
            if instant < 0:
                return
            known_times[minute, 0], known_times[minute, 1] = at, instant
        if not fresh and instant <= before:
            rises = False
        before = instant
        at += width
        if _byte(text, at) != _COMMA:
            return
        at += 1
        # -- value: digits, point, three digits; or nothing
        value = whole(-1)
        if at + 16 <= end:
            value = _value_in_words(load(text, at), text, at)
        if value >= 0:
            at += (value & 15) + 4
            value >>= 4
        else:
            value, digits = whole(0), 0
            while at + digits < end and np.uint8(_byte(text, at + digits) - _ZERO) <= 9:
                if digits == _VALUE_DIGITS:
                    return
                value = value * 10 + (_byte(text, at + digits) - _ZERO)
                digits += 1
            if digits == 0:
                value = whole(_VOID)
            else:
                if (digits > 1 and _byte(text, at) == _ZERO) or at + digits + 4 >= end:
                    return
                at += digits
                if _byte(text, at) != _POINT:
                    return
                for k in range(1, 4):
                    digit = whole(np.uint8(_byte(text, at + k) - _ZERO))
                    if digit > 9:
                        return
                    value = value * 10 + digit
                at += 4
        if at >= end or _byte(text, at) != _COMMA:
            return
        at += 1
        # -- rest, up to the line's end or the comma before the time it came in
        mark = _COMMA if behind else _LINE_FEED
        stop = at + rest_length
        if not (
            rest >= 0
            and stop + behind < end
            and _byte(text, stop) == mark
            and _byte(text, stop + behind) == _LINE_FEED
            and _same(text, at, rest_at, rest_length)
        ):
            stop = at
            while stop < end and _byte(text, stop) != _LINE_FEED:
                stop += 1
            stop -= behind
            if stop + behind >= end or stop < at or _byte(text, stop) != mark:
                return
            rest = _number_of(text, at, stop - at, rest_table, rests, rest_count)
            if rest < 0:
                counts[ROWS] = TOO_MANY_WORDS
                return
            if rest == rest_count:
                rest_count += 1
            rest_at, rest_length = at, stop - at
        known = received_at >= 0 and _same(text, stop + 1, received_at, RECEIVED_WIDTH)
        if behind and not known:
            received_at = stop + 1
            if not _is_received(text, received_at):
                return
        at = stop + behind + 1
        code[row], times[row], values[row], rest_code[row] = own, instant, value, rest
        row += 1
    counts[ROWS], counts[SERIES], counts[RESTS] = row, series_count, rest_count
    counts[IN_ORDER] = rises


@compiled(types.void(READ_BYTES, types.int64[:, ::1], types.uint8[::1]))
def copy_words(text: Bytes, words: Ints, out: Bytes) -> None:
    """The words one behind the other, each ended by a line feed."""
    place = 0
    for n in range(len(words)):
        for k in range(words[n, 1]):
            out[place] = text[words[n, 0] + k]
            place += 1
        out[place] = _LINE_FEED
        place += 1
