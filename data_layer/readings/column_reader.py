"""Readings from text, many lines at once, without a Python step per row.

`line_scanner` splits the lines and numbers the words that repeat; here those words are read, once
each, by the rules of `line_codec`. Whatever breaks one raises `NotCanonical`, and the caller reads
line by line to say which it is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from data_layer.quantities import VOID_WH
from data_layer.readings.line_codec import FLAG_OF, ID, KIND_OF, REVISION, SOURCE, TYPE, Layout
from data_layer.readings.line_scanner import (
    IN_ORDER,
    LOCAL_WIDTH,
    RECEIVED_WIDTH,
    RESTS,
    ROWS,
    SERIES,
    TIMES,
    TOO_MANY_ROWS,
    TOO_MANY_WORDS,
    UTC_WIDTH,
    Codes,
    copy_words,
    scan,
)
from data_layer.readings.model import Bytes, Flag, Ints, ReadingBatch, SeriesKey

_SHORTEST_LINE = 31
"""Bytes of a line with the shortest words and no value, line feed included: 20 for the time."""
_FEW_WORDS = 1 << 15


class NotCanonical(ValueError):
    """Some line is not as this codec would write it."""


class Rest(NamedTuple):
    """What stands in a line behind the value."""

    kind: int
    type: str
    flag: int
    revision: int
    source: str

    @property
    def is_plain(self) -> bool:
        return self.revision == 0 and self.flag == Flag.VALID


@dataclass(frozen=True, eq=False)
class Scanned:
    """Lines in columns, in their order; the words behind the codes are read."""

    series: tuple[SeriesKey, ...]
    code: Codes
    times: Ints
    values: Ints
    rests: tuple[Rest, ...]
    rest_code: Codes
    in_order: bool
    """Every row's (meter, register, time) is above the row's before."""

    def __len__(self) -> int:
        return len(self.code)

    @property
    def kinds(self) -> Bytes:
        return self._of_rest([rest.kind for rest in self.rests]).astype(np.uint8)

    @cached_property
    def is_plain(self) -> bool:
        """Every row is a valid first revision with a value."""
        plain = all(rest.is_plain for rest in self.rests)
        return plain and not bool((self.values == VOID_WH).any())

    def batch(self) -> ReadingBatch:
        types, type_of_rest = _distinct([rest.type for rest in self.rests])
        sources, source_of_rest = _distinct([rest.source for rest in self.rests])
        return ReadingBatch(
            series=self.series,
            series_code=self.code.astype(np.int64),
            read_at=self.times,
            value_wh=self.values,
            kind=self.kinds,
            flag=self._of_rest([rest.flag for rest in self.rests]).astype(np.uint8),
            revision=self._of_rest([rest.revision for rest in self.rests]),
            types=types,
            type_code=self._of_rest(type_of_rest),
            sources=sources,
            source_code=self._of_rest(source_of_rest),
            line=np.zeros(len(self), dtype=np.int64),
        )

    def _of_rest(self, answers: list[int]) -> Ints:
        if len(set(answers)) <= 1:
            return np.full(len(self), answers[0] if answers else 0, dtype=np.int64)
        return np.array(answers, dtype=np.int64)[self.rest_code]


def read_lines(text: bytes, layout: Layout) -> ReadingBatch:
    """Readings of many whole lines, in their order. Raises NotCanonical."""
    return scan_lines(np.frombuffer(text, dtype=np.uint8), 0, layout).batch()


def scan_lines(text: Bytes, start: int, layout: Layout, *, rows: int | None = None) -> Scanned:
    """The lines from byte `start` on; `rows` is how many they should be. Raises NotCanonical.

    About 0.03 us a row; the GIL is free but for the words.
    """
    room = (len(text) - start) // _SHORTEST_LINE + 1
    words = _FEW_WORDS
    wanted = room if rows is None else min(room, rows)
    while True:
        code = np.empty(wanted, np.int32)
        times, values = np.empty(wanted, np.int64), np.empty(wanted, np.int64)
        rest_code = _scratch.column(wanted)
        tables = [np.full(2 * words, -1, dtype=np.int32) for _ in range(2)]
        series, rests = (np.empty((words, 2), dtype=np.int64) for _ in range(2))
        known_times = np.full((TIMES, 2), -1, dtype=np.int64)
        counts = np.zeros(4, dtype=np.int64)
        scan(
            text,
            start,
            UTC_WIDTH if layout.in_log else LOCAL_WIDTH,
            RECEIVED_WIDTH + 1 if layout.in_log else 0,
            code,
            times,
            values,
            rest_code,
            tables[0],
            series,
            tables[1],
            rests,
            known_times,
            counts,
        )
        found = int(counts[ROWS])
        if found == TOO_MANY_ROWS and wanted < room:
            wanted = room
        elif found == TOO_MANY_WORDS and words < room:
            words *= 8
        elif found < 0:
            raise NotCanonical
        else:
            break
    return Scanned(
        series=_series(_text_of(text, series[: counts[SERIES]])),
        code=code[:found],
        times=times[:found],
        values=values[:found],
        rests=tuple(map(_rest, _lines(_text_of(text, rests[: counts[RESTS]])))),
        rest_code=rest_code[:found].copy() if counts[RESTS] > 1 else np.zeros(0, dtype=np.int32),
        in_order=bool(counts[IN_ORDER]),
    )


class _Scratch(threading.local):
    """A column that is used again for the next file, one a thread."""

    def __init__(self) -> None:
        self._column: Codes = np.empty(0, dtype=np.int32)

    def column(self, size: int) -> Codes:
        if len(self._column) < size:
            self._column = np.empty(size, dtype=np.int32)
        return self._column


_scratch = _Scratch()


def _text_of(text: Bytes, words: Ints) -> bytes:
    out = np.empty(int(words[:, 1].sum()) + len(words), dtype=np.uint8)
    copy_words(text, words, out)
    return out.tobytes()


def _lines(text: bytes) -> list[str]:
    try:
        return text.decode("ascii").split("\n")[:-1]
    except UnicodeDecodeError as error:
        raise NotCanonical from error


@lru_cache(maxsize=4)
def _series(text: bytes) -> tuple[SeriesKey, ...]:
    """Series of words, each "meter,register,". Days that follow each other have the same."""
    found = []
    registers = set()
    is_id = ID.fullmatch
    for line in _lines(text):
        meter, register, _ = line.split(",")
        if not is_id(meter):
            raise NotCanonical
        registers.add(register)
        found.append(SeriesKey(meter, register))
    if not all(map(is_id, registers)):
        raise NotCanonical
    return tuple(found)


@lru_cache(maxsize=4096)
def _rest(text: str) -> Rest:
    fields = text.split(",")
    if len(fields) != len(Rest._fields):
        raise NotCanonical
    kind, type_, flag, revision, source = fields
    well = kind in KIND_OF and flag in FLAG_OF and REVISION.fullmatch(revision)
    if not (well and TYPE.fullmatch(type_) and SOURCE.fullmatch(source)):
        raise NotCanonical
    return Rest(int(KIND_OF[kind]), type_, int(FLAG_OF[flag]), int(revision or 0), source)


def _distinct(words: list[str]) -> tuple[tuple[str, ...], list[int]]:
    number = {word: n for n, word in enumerate(dict.fromkeys(words))}
    return tuple(number), [number[word] for word in words]
