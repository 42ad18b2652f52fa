"""Many readings at once between columns and text, without a Python step per row.

Writing: what repeats is written once and picked by code, then five pieces are joined per row:

    531-123-456,S,   2026-11-20T18:30:00+08:00,   1234   .500   ,,,,api:k7\n
    series           instant                      whole  rest   everything behind the value

Reading: Arrow splits the lines, keeps repeating words as codes, and only unique words, times and
received times are looked at. Anything unusual raises `NotCanonical`: then the caller reads line
by line, with the rules of `line_codec`, to say which line it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from data_layer.clock import HomeZone
from data_layer.quantities import VOID_WH
from data_layer.readings.line_codec import (
    FLAG_OF,
    KIND_OF,
    REVISION,
    RULES,
    Layout,
)
from data_layer.readings.model import FLAG_TEXT, KIND_TEXT, Bytes, Ints, ReadingBatch, SeriesKey
from data_layer.readings.time_text import (
    LOCAL_WIDTH,
    RECEIVED_WIDTH,
    UTC_WIDTH,
    NotATime,
    check_received,
    instants,
    local_texts,
    utc_texts,
)

_VALUE_WIDTH = 13
_KINDS = [KIND_TEXT[kind] for kind in sorted(KIND_TEXT)]
_FLAGS = [FLAG_TEXT[flag] for flag in sorted(FLAG_TEXT)]
Answer = TypeVar("Answer")
_WORD = pa.dictionary(pa.int32(), pa.string())
_ZERO, _POINT = ord("0"), ord(".")
Codes = npt.NDArray[np.int64]


class NotCanonical(ValueError):
    """Some line is not as this codec would write it."""


def write_lines(batch: ReadingBatch, *, zone: HomeZone | None = None, received: str = "") -> bytes:
    """All lines, each ended by a line feed: in UTC for the log, in the zone for a day file.

    The batch has been checked. About 0.1 us a row.
    """
    series = [f"{key.meter_id},{key.register_id}," for key in batch.series]
    times, time_code = distinct(batch.read_at)
    texts = utc_texts(times) if zone is None else local_texts(times, zone)
    wholes, rests = _write_values(batch.value_wh)
    behind, behind_code = _write_behind(batch, received)
    lines = pc.binary_join_element_wise(
        _pick(series, batch.series_code),
        _as_words(texts).take(pa.array(time_code)),
        wholes,
        rests,
        _pick(behind, behind_code),
        pa.scalar(b"", pa.binary()),
    )
    return bytes(lines.buffers()[2] or b"")


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


def distinct(values: Ints) -> tuple[Ints, Codes]:
    """The different values in order of appearance, and each row's code. O(n)."""
    coded = pa.array(values).dictionary_encode()
    return (
        coded.dictionary.to_numpy(zero_copy_only=False),
        coded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
    )


def _pick(words: Sequence[str], codes: Ints) -> pa.Array:
    return pa.array(words, pa.binary()).take(pa.array(codes))


def _as_words(texts: Bytes) -> pa.Array:
    """Rows of bytes, each with a comma behind, as an Arrow column."""
    rows, width = len(texts), texts.shape[1] + 1
    comma = np.full((rows, 1), ord(","), dtype=np.uint8)
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(np.hstack([texts, comma]))
    return pa.Array.from_buffers(
        pa.binary(), rows, [None, pa.py_buffer(offsets.data), pa.py_buffer(data.data)]
    )


def _write_values(watt_hours: Ints) -> tuple[pa.Array, pa.Array]:
    """Whole kWh, and point and decimals; both empty for a void."""
    void = watt_hours == VOID_WH
    whole, rest = np.divmod(watt_hours, 1000)
    wholes = pa.array(whole).cast(pa.string()).cast(pa.binary())
    if void.any():
        wholes = pc.if_else(pa.array(void), pa.scalar(b"", pa.binary()), wholes)
    rests = [f".{thousandth:03d}" for thousandth in range(1000)]
    return wholes, _pick([*rests, ""], np.where(void, 1000, rest))


def _write_behind(batch: ReadingBatch, received: str) -> tuple[list[str], Codes]:
    """What stands behind the value: few different texts, and each row's code."""
    combined, code = _combine(
        (batch.kind, batch.flag, batch.revision, batch.type_code, batch.source_code)
    )
    ending = f",{received}\n" if received else "\n"
    texts = []
    for kind, flag, revision, type_code, source_code in combined:
        texts.append(
            f",{_KINDS[kind]},{batch.types[type_code]},{_FLAGS[flag]},{revision or ''},"
            f"{batch.sources[source_code]}{ending}"
        )
    return texts, code


def _combine(columns: Sequence[npt.NDArray[np.integer]]) -> tuple[list[tuple[int, ...]], Codes]:
    """The different combinations over columns, and each row's code."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    combinations: list[tuple[int, ...]] = [()]
    for column in columns:
        if not column.any():
            combinations = [(*each, 0) for each in combinations]
            continue
        values, value_code = distinct(column.astype(np.int64))
        pairs, code = distinct(code * len(values) + value_code)
        combinations = [
            (*combinations[pair // len(values)], int(values[pair % len(values)]))
            for pair in pairs.tolist()
        ]
    return combinations, code


def _split(text: bytes, layout: Layout) -> pa.Table:
    columns = layout.columns
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(text),
            read_options=pyarrow.csv.ReadOptions(column_names=list(columns)),
            parse_options=pyarrow.csv.ParseOptions(
                quote_char=False, double_quote=False, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={**dict.fromkeys(columns, _WORD), "value_kwh": pa.string()},
                null_values=[],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise NotCanonical from error


def _words(column: pa.ChunkedArray) -> tuple[pa.Array, Codes]:
    """The different words in order of appearance, and each row's code."""
    coded = column.unify_dictionaries().combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0)
    return coded.dictionary, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _checked(name: str, words: pa.Array, code: Codes) -> tuple[tuple[str, ...], Codes]:
    pattern, _ = RULES[name]
    found = tuple(words.to_pylist())
    if not all(map(pattern.fullmatch, found)):
        raise NotCanonical
    return found, code


def _read_series(
    meter: tuple[pa.Array, Codes], register: tuple[pa.Array, Codes]
) -> tuple[tuple[SeriesKey, ...], Codes]:
    meters, meter_code = _checked("meter_id", *meter)
    registers, register_code = _checked("register_id", *register)
    if len(registers) == 1:
        return tuple(SeriesKey(name, registers[0]) for name in meters), meter_code
    pairs, code = distinct(meter_code * len(registers) + register_code)
    places = (divmod(pair, len(registers)) for pair in pairs.tolist())
    return tuple(SeriesKey(meters[m], registers[r]) for m, r in places), code


def _read_times(words: pa.Array, code: Codes, layout: Layout) -> Ints:
    text = _matrix(words, width=UTC_WIDTH if layout.in_log else LOCAL_WIDTH)
    return _refuse_unless(text, instants)[code]


def _refuse_unless(text: Bytes, read: Callable[[Bytes], Answer]) -> Answer:
    try:
        return read(text)
    except NotATime as error:
        raise NotCanonical from error


def _matrix(words: pa.Array, *, width: int) -> Bytes:
    """Words of one width as rows of bytes."""
    data, starts = _bytes_of(words)
    if not (np.diff(starts) == width).all():
        raise NotCanonical
    return data.reshape(-1, width)


def _bytes_of(words: pa.Array) -> tuple[Bytes, Ints]:
    """A text column's bytes one behind the other, and where each word starts and the last ends."""
    _, offsets, data = words.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[words.offset : words.offset + len(words) + 1]
    used = np.frombuffer(data or b"", dtype=np.uint8)[starts[0] : starts[-1]]
    return used, starts.astype(np.int64) - starts[0]


def _translated(words: pa.Array, code: Codes, known: Mapping[str, int]) -> Ints:
    """Codes of few words as the numbers they stand for."""
    try:
        return np.array([known[word] for word in words.to_pylist()], dtype=np.int64)[code]
    except KeyError as error:
        raise NotCanonical from error


def _read_revisions(words: pa.Array, code: Codes) -> Ints:
    found = words.to_pylist()
    if not all(map(REVISION.fullmatch, found)):
        raise NotCanonical
    return np.array([int(word or 0) for word in found], dtype=np.int64)[code]


def _read_values(column: pa.ChunkedArray) -> Ints:
    """Whole watt-hours: the digits without the point, read as whole numbers."""
    joined = column.combine_chunks()
    data, starts = _bytes_of(joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined)
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
