"""Rows of a day file, found by halving instead of reading the day.

    531-123-456,S,  2026-11-20T18:30:00+08:00  ,1234.500  ,  ,,,api:k7  \\n
    └ series ─────┘ └ instant ───────────────┘  └ value ┘  └ kind, rest ┘

The lines of a day file rise by series, then by instant. A row is looked for around its likely
place, in steps that double until it lies between two lines, and then by halving: O(log lines).
How far the row before it was from its own likely place tells how far the next one may be.

Whatever bytes stand there, none outside them is looked at: a row that is not where the order of
lines lets it be is not found, and whoever asked reads the whole day.
"""

from __future__ import annotations

from numba import types

from data_layer.readings.line_scanner import LOCAL_WIDTH, instant_at
from data_layer.readings.model import Bytes, Ints
from index.compiled import READ_BYTES, READ_INT_TABLE, compiled, inlined

SERIES_AT, INSTANT, VALUE, KIND, NEAR = range(5)
"""Columns of what is asked: where the row's series begins in the words, there with a comma behind
each of its two fields; when; Wh; kind; about where in the file it stands."""
_FIRST_STEP = 512
_COMMA, _LINE_FEED, _POINT, _ZERO = 44, 10, 46, 48


@inlined
def _line_at(text: Bytes, first: int, at: int) -> int:
    """The beginning of the line in which a byte stands; `first` is that of the first line."""
    while at > first and text[at - 1] != _LINE_FEED:
        at -= 1
    return at


@inlined
def _end_of(text: Bytes, at: int) -> int:
    """Where the line ends in which a byte stands."""
    while at < len(text) and text[at] != _LINE_FEED:
        at += 1
    return at


@inlined
def _order(text: Bytes, line: int, words: Bytes, series_at: int, instant: int) -> int:
    """Below 0 where the line stands before the row, above where behind it, else 0."""
    commas, at = 0, line
    while commas < 2:
        mine = text[at] if at < len(text) else _LINE_FEED
        asked = words[series_at]
        if mine != asked:
            return 1 if asked == _COMMA or (mine != _COMMA and mine > asked) else -1
        commas += mine == _COMMA
        at, series_at = at + 1, series_at + 1
    return instant_at(text, at, LOCAL_WIDTH) - instant if at + LOCAL_WIDTH <= len(text) else -1


@inlined
def _kind_at(text: Bytes, line: int, value: int, kind: int) -> int:
    """Where the line's kind stands; -1 where its value or kind is another. Kind 0 is empty."""
    at = line
    for _ in range(3):
        while at < len(text) and text[at] != _COMMA:
            at += 1
        at += 1
    wh, digits = 0, 0
    while at < len(text) and text[at] != _COMMA:
        if text[at] != _POINT:
            wh, digits = wh * 10 + text[at] - _ZERO, digits + 1
        at += 1
    at += 1
    if digits == 0 or wh != value or at >= len(text) or (text[at] == _COMMA) != (kind == 0):
        return -1
    return at


@inlined
def _first_not_before(
    text: Bytes, first: int, words: Bytes, series_at: int, instant: int, near: int
) -> int:
    """The beginning of the first line that does not stand before the row; the text's length or
    more where all do."""
    low, high, step = first, len(text), _FIRST_STEP
    at = _line_at(text, first, min(max(near, first), len(text) - 1))
    if _order(text, at, words, series_at, instant) < 0:
        while at >= low and at < high:
            if _order(text, at, words, series_at, instant) < 0:
                low = _end_of(text, at) + 1
                at = _line_at(text, first, min(low + step, len(text) - 1))
                step *= 2
            else:
                high = at
    else:
        high = at
        while high > low:
            at = _line_at(text, first, max(high - step, first))
            if _order(text, at, words, series_at, instant) < 0:
                low = _end_of(text, at) + 1
                break
            high = at
            step *= 2
    while low < high:
        at = _line_at(text, first, (low + high) // 2)
        if _order(text, at, words, series_at, instant) < 0:
            low = _end_of(text, at) + 1
        else:
            high = at
    return low


@compiled(types.void(READ_BYTES, types.int64, READ_BYTES, READ_INT_TABLE, types.int64[:, ::1]))
def find_lines(text: Bytes, first: int, words: Bytes, asked: Ints, found: Ints) -> None:
    """Where each row's kind stands and where its line ends, into `found` (rows, 2); -1 for both
    where there is no such row.

    `first` is where the first line begins; `asked` has a row's columns as above, and is quickest
    in the order of the lines.
    """
    astray = 0
    for n in range(len(asked)):
        series_at, instant = asked[n, SERIES_AT], asked[n, INSTANT]
        found[n, 0], found[n, 1] = -1, -1
        if first >= len(text):
            continue
        line = _first_not_before(text, first, words, series_at, instant, asked[n, NEAR] + astray)
        astray = line - asked[n, NEAR]
        while line < len(text) and _order(text, line, words, series_at, instant) == 0:
            kind_at = _kind_at(text, line, asked[n, VALUE], asked[n, KIND])
            if kind_at >= 0:
                found[n, 0], found[n, 1] = kind_at, _end_of(text, kind_at)
                break
            line = _end_of(text, line) + 1
