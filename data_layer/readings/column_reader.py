"""Readings from text, many lines at once, without a Python step per row.

Arrow splits the lines and keeps repeating words as codes, so that words, times and received
times are looked at once each, however many rows have them. The rules are those of `line_codec`;
whatever breaks one raises `NotCanonical`, and the caller reads line by line to say which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv

from data_layer.quantities import VOID_WH
from data_layer.readings.column_writer import ArrowColumn, distinct
from data_layer.readings.line_codec import FLAG_OF, KIND_OF, REVISION, RULES, Layout, all_match
from data_layer.readings.model import Bytes, Ints, ReadingBatch, SeriesKey
from data_layer.readings.time_text import (
    LOCAL_WIDTH,
    RECEIVED_WIDTH,
    UTC_WIDTH,
    NotATime,
    check_received,
    instants,
)

_VALUE_WIDTH = 13
_CODED = dict.fromkeys(
    ("meter_id", "read_at", "received_at"), pa.dictionary(pa.int32(), pa.string())
)
"""Columns of many words that repeat; the others mostly hold one word throughout."""
_ZERO, _POINT = ord("0"), ord(".")
Answer = TypeVar("Answer")


class NotCanonical(ValueError):
    """Some line is not as this codec would write it."""


def read_lines(text: bytes, layout: Layout) -> ReadingBatch:
    """Readings of many whole lines, in their order. Raises NotCanonical.

    About 0.15 us a row on two threads; the GIL is free most of the time.
    """
    if not text.isascii() or b"\r" in text or not text.endswith(b"\n"):
        raise NotCanonical
    table = _split(text, layout)
    word = {name: _words(table[name]) for name in layout.columns if name != "value_kwh"}
    if layout.in_log:
        received = _matrix(word["received_at"][0], width=RECEIVED_WIDTH)
        _refuse_unless(received, check_received)
    series, series_code = _read_series(word["meter_id"], word["register_id"])
    types, type_code = _checked("type", *word["type"])
    sources, source_code = _checked("source", *word["source"])
    return ReadingBatch(
        series=series,
        series_code=series_code,
        read_at=_read_times(*word["read_at"], layout),
        value_wh=_read_values(table["value_kwh"]),
        kind=_translated(*word["kind"], KIND_OF).astype(np.uint8),
        flag=_translated(*word["flag"], FLAG_OF).astype(np.uint8),
        revision=_read_revisions(*word["revision"]),
        types=types,
        type_code=type_code,
        sources=sources,
        source_code=source_code,
        line=np.zeros(len(series_code), dtype=np.int64),
    )


def _split(text: bytes, layout: Layout) -> pa.Table:
    columns = layout.columns
    source: Any = pa.BufferReader(text)
    try:
        return pyarrow.csv.read_csv(
            source,
            read_options=pyarrow.csv.ReadOptions(column_names=list(columns)),
            parse_options=pyarrow.csv.ParseOptions(
                quote_char=False, double_quote=False, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: _CODED.get(name, pa.string()) for name in columns},
                null_values=[],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise NotCanonical from error


def _words(column: ArrowColumn) -> tuple[ArrowColumn, Ints]:
    """The different words in order of appearance, and each row's code."""
    if pa.types.is_dictionary(column.type):
        coded = column.unify_dictionaries().combine_chunks()
    elif _is_one_word(column):
        return column[:1].combine_chunks(), np.zeros(len(column), dtype=np.int64)
    else:
        coded = column.combine_chunks().dictionary_encode()
    return coded.dictionary, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _is_one_word(column: ArrowColumn) -> bool:
    """Whether all rows hold the same word, by its bytes."""
    word = np.frombuffer(column[0].as_py().encode(), dtype=np.uint8)
    for chunk in column.chunks:
        data, starts = _bytes_of(chunk)
        if len(data) != len(word) * len(chunk):
            return False
        if len(word) and not (
            (np.diff(starts) == len(word)).all() and (data.reshape(-1, len(word)) == word).all()
        ):
            return False
    return True


def _checked(name: str, words: ArrowColumn, code: Ints) -> tuple[tuple[str, ...], Ints]:
    found = tuple(words.to_pylist())
    if not all_match(RULES[name][0], found):
        raise NotCanonical
    return found, code


def _read_series(
    meter: tuple[ArrowColumn, Ints], register: tuple[ArrowColumn, Ints]
) -> tuple[tuple[SeriesKey, ...], Ints]:
    meters, meter_code = _checked("meter_id", *meter)
    registers, register_code = _checked("register_id", *register)
    if len(registers) == 1:
        return tuple(
            map(SeriesKey._make, zip(meters, repeat(registers[0]), strict=False))
        ), meter_code
    pairs, code = distinct(meter_code * len(registers) + register_code)
    places = (divmod(pair, len(registers)) for pair in pairs.tolist())
    return tuple(SeriesKey(meters[m], registers[r]) for m, r in places), code


def _read_times(words: ArrowColumn, code: Ints, layout: Layout) -> Ints:
    text = _matrix(words, width=UTC_WIDTH if layout.in_log else LOCAL_WIDTH)
    return _refuse_unless(text, instants)[code]


def _refuse_unless(text: Bytes, read: Callable[[Bytes], Answer]) -> Answer:
    try:
        return read(text)
    except NotATime as error:
        raise NotCanonical from error


def _matrix(words: ArrowColumn, *, width: int) -> Bytes:
    """Words of one width as rows of bytes."""
    data, starts = _bytes_of(words)
    if not (np.diff(starts) == width).all():
        raise NotCanonical
    return data.reshape(-1, width)


def _bytes_of(words: ArrowColumn) -> tuple[Bytes, Ints]:
    """A text column's bytes one behind the other, and where each word starts and the last ends."""
    _, offsets, data = words.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[words.offset : words.offset + len(words) + 1]
    used = np.frombuffer(data or b"", dtype=np.uint8)[starts[0] : starts[-1]]
    return used, starts.astype(np.int64) - starts[0]


def _translated(words: ArrowColumn, code: Ints, known: Mapping[str, int]) -> Ints:
    """Ints of few words as the numbers they stand for."""
    try:
        return np.array([known[word] for word in words.to_pylist()], dtype=np.int64)[code]
    except KeyError as error:
        raise NotCanonical from error


def _read_revisions(words: ArrowColumn, code: Ints) -> Ints:
    found = words.to_pylist()
    if not all(map(REVISION.fullmatch, found)):
        raise NotCanonical
    return np.array([int(word or 0) for word in found], dtype=np.int64)[code]


def _read_values(column: ArrowColumn) -> Ints:
    """Whole watt-hours: the digits without the point, read as whole numbers."""
    data, starts = _bytes_of(column.combine_chunks())
    width = np.diff(starts)
    given = width > 0
    first, end, width = starts[:-1][given], starts[1:][given], width[given]
    if not ((width >= 5) & (width <= _VALUE_WIDTH)).all():
        raise NotCanonical
    is_point = data == _POINT
    if not is_point[end - 4].all() or np.count_nonzero(is_point) != len(width):
        raise NotCanonical
    if ((data[first] == _ZERO) & (width > 5)).any():
        raise NotCanonical
    digits = data[~is_point]
    if ((digits - np.uint8(_ZERO)) > 9).any():
        raise NotCanonical
    ends = np.concatenate(([0], np.cumsum(width - 1))).astype(np.int32)
    numbers = pa.Array.from_buffers(
        pa.string(), len(width), [None, pa.py_buffer(ends.data), pa.py_buffer(digits.data)]
    )
    values = numbers.cast(pa.int64()).to_numpy(zero_copy_only=False)
    if given.all():
        return np.asarray(values, dtype=np.int64)
    filled = np.full(len(given), VOID_WH, dtype=np.int64)
    filled[given] = values
    return filled
