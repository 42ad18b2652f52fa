"""Meterbook's own format: register reads, one a line.

    meter_id,timestamp,reading
    531-204-118,2026-11-20T10:30:00,1234.500

Columns in any order, optionally with `register_id` (S) and `type` (actual). A chunk of clean
lines is read in columns by pyarrow; a chunk that holds a bad line is read line by line, so that
each bad line gets its own verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from data_layer.errors import BadInput
from data_layer.quantities import KWH_PATTERN, parse_kwh
from data_layer.readings.model import (
    ACTUAL,
    DEFAULT_REGISTER,
    Ints,
    ReadingBatch,
    Rejection,
    SeriesKey,
    Verdict,
    join,
)
from data_layer.readings.parsers.formats import Chunk, Origin
from data_layer.readings.parsers.lines import LONGEST_LINE, Block, blocks_of, header_of, row_of
from data_layer.readings.parsers.stamps import UNREADABLE, AutumnNights, read_stamp, read_stamps
from data_layer.readings.rules import ID_PATTERN, ID_RULE, WORD_PATTERN

REQUIRED = frozenset({"meter_id", "timestamp", "reading"})
OPTIONAL = frozenset({"register_id", "type"})
_DEFAULTS = {"register_id": DEFAULT_REGISTER, "type": ACTUAL}
_USUAL_TYPE = "actual"
_SMALL_BYTES = 100_000
"""A part this small, about 2,000 lines, is not worth dividing further."""


def parse(path: Path, origin: Origin) -> Iterator[Chunk]:
    """Chunks of the file. Raises BadInput when the header is not of this format.

    Every line names its meter, so a meter from the caller is refused.
    """
    if origin.meter_id:
        raise BadInput("a register file names its meters itself: give none.", field="meter_id")
    columns = header_of(path)
    unknown = sorted(set(columns) - REQUIRED - OPTIONAL)
    if unknown or not set(columns) >= REQUIRED or len(set(columns)) < len(columns):
        raise BadInput(
            f"columns {', '.join(columns)[:80]!r} are not those of a register file: "
            f"{', '.join(sorted(REQUIRED))}, optionally {', '.join(sorted(OPTIONAL))}.",
            field="file",
        )
    nights = AutumnNights()
    for block in blocks_of(path):
        parts = list(_read(block, columns, origin))
        batch = join([part.batch for part in parts])
        twice = np.concatenate([part.twice for part in parts])
        read_at = nights.place(batch.series, batch.series_code, batch.read_at, twice)
        rejections = tuple(rejection for part in parts for rejection in part.rejections)
        yield Chunk(replace(batch, read_at=read_at), rejections, block.bytes_read)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some lines in columns; where the clock shows a time twice, it is the first showing."""

    batch: ReadingBatch
    twice: Ints
    """Seconds to the second showing of each row's time, 0 when there is none."""
    rejections: tuple[Rejection, ...] = ()


def _read(block: Block, columns: list[str], origin: Origin) -> Iterator[_Part]:
    """Clean lines in columns; around a bad one, ever smaller parts, at last line by line."""
    clean = _read_clean(block, columns, origin)
    if clean is not None:
        yield clean
        return
    parts = [] if len(block.data) <= _SMALL_BYTES else list(block.parts())
    if len(parts) > 1:
        for part in parts:
            yield from _read(part, columns, origin)
    else:  # small, or a single line that no division makes smaller
        yield _read_line_by_line(block, columns, origin)


def _read_clean(block: Block, columns: list[str], origin: Origin) -> _Part | None:
    """The whole block in columns, None when any line needs a closer look."""
    count = _lines_if_plain(block.data)
    if not count:
        return None
    try:
        table = arrow_csv.read_csv(
            BytesIO(block.data),
            read_options=arrow_csv.ReadOptions(
                column_names=columns, use_threads=False, block_size=len(block.data) + 1
            ),
            parse_options=arrow_csv.ParseOptions(ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != count:
        return None
    text = {name: _Words.of(table[name]) for name in columns if name != "reading"}
    epochs, twice = read_stamps(text["timestamp"].words, origin.zone)
    value_wh = _watt_hours(table["reading"])
    series = _series(text, count)
    types = _filled(text, "type", count)
    if (
        value_wh is None
        or (epochs == UNREADABLE).any()
        or not all(ID_PATTERN.fullmatch(word) for key in series[0] for word in key)
        or not all(_is_type(word) for word in types[0])
    ):
        return None
    stamp_code = text["timestamp"].codes
    batch = ReadingBatch.of(
        series[0],
        series[1],
        epochs[stamp_code],
        value_wh,
        source=origin.source,
        line=np.arange(block.first_line, block.first_line + count, dtype=np.int64),
    )
    return _Part(replace(batch, types=tuple(types[0]), type_code=types[1]), twice[stamp_code])


def _lines_if_plain(data: bytes) -> int:
    """How many lines, 0 when there is a NUL, an odd quote or a line that is too long."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    longest = int(np.diff(ends, prepend=-1).max(initial=0))
    odd = b"\0" in data or longest > LONGEST_LINE or not _quotes_enclose_fields(data)
    return 0 if odd else len(ends)


def _quotes_enclose_fields(data: bytes) -> bool:
    """Whether every quote opens or closes a field; pyarrow would take others, csv refuses them."""
    opening = data.count(b',"') + data.count(b'\n"') + data.startswith(b'"')
    closing = data.count(b'",') + data.count(b'"\r') + data.count(b'"\n') + data.endswith(b'"')
    return data.count(b'"') == opening + closing


def _watt_hours(column: pa.ChunkedArray[Any]) -> Ints | None:
    """Values in Wh, None when a text is not in canonical form.

    Twelve digits fit the 53 bits of a float with room: rounding gives the exact whole number.
    """
    texts = pc.ascii_trim(column.combine_chunks(), " \t")
    if not pc.all(pc.match_substring_regex(texts, f"^(?:{KWH_PATTERN.pattern})$")).as_py():
        return None
    kwh = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(np.rint(kwh * 1000), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Words:
    """A column of text: its different words, outer spaces gone, and each row's code."""

    words: list[str]
    codes: Ints

    @classmethod
    def of(cls, column: pa.ChunkedArray[Any]) -> _Words:
        encoded = pc.ascii_trim(column.combine_chunks(), " \t").dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return cls([str(word) for word in encoded.dictionary.to_pylist()], codes)


def _filled(text: dict[str, _Words], name: str, count: int) -> tuple[list[str], Ints]:
    """Different words of a column that may be absent or empty, and each row's code."""
    if name not in text:
        return [_DEFAULTS[name]], np.zeros(count, dtype=np.int64)
    return [_word(name, word) for word in text[name].words], text[name].codes


def _word(name: str, text: str) -> str:
    if name == "type" and text.lower() == _USUAL_TYPE:
        return ACTUAL
    return text or _DEFAULTS.get(name, "")


def _series(text: dict[str, _Words], count: int) -> tuple[list[SeriesKey], Ints]:
    meters, meter_code = _filled(text, "meter_id", count)
    registers, register_code = _filled(text, "register_id", count)
    pairs, codes = np.unique(meter_code * len(registers) + register_code, return_inverse=True)
    keys = [SeriesKey(meters[n // len(registers)], registers[n % len(registers)]) for n in pairs]
    return keys, codes.astype(np.int64)


def _is_type(word: str) -> bool:
    return word == ACTUAL or WORD_PATTERN.fullmatch(word) is not None


def _read_line_by_line(block: Block, columns: list[str], origin: Origin) -> _Part:
    """The good lines in columns and a verdict for each bad one."""
    rejections: list[Rejection] = []
    series: dict[SeriesKey, int] = {}
    types: dict[str, int] = {ACTUAL: 0}
    good: list[tuple[int, int, int, int, int, int]] = []
    for number, line in block.lines():
        try:
            row = dict(zip(columns, row_of(line, len(columns)), strict=True))
            key = _key_of(row)
            stamp = read_stamp(row["timestamp"], origin.zone)
            value = parse_kwh(row["reading"])
            kind = _type_of(row)
        except BadInput as error:
            rejections.append(Rejection(number, Verdict.UNREADABLE, error.sentence))
            continue
        code = series.setdefault(key, len(series))
        type_code = types.setdefault(kind, len(types))
        good.append((code, stamp.epoch, value, number, type_code, stamp.twice))
    table = np.array(good, dtype=np.int64).reshape(len(good), 6)
    codes, epochs, values, numbers, type_codes, twice = np.ascontiguousarray(table.T)
    batch = ReadingBatch.of(
        tuple(series), codes, epochs, values, source=origin.source, line=numbers
    )
    typed = replace(batch, types=tuple(types), type_code=type_codes)
    return _Part(typed, twice, tuple(rejections))


def _key_of(row: dict[str, str]) -> SeriesKey:
    words = []
    for name in ("meter_id", "register_id"):
        word = _word(name, row.get(name, ""))
        if not ID_PATTERN.fullmatch(word):
            raise BadInput(f"{name} {word[:40]!r} is not an id: {ID_RULE}.", field=name)
        words.append(word)
    return SeriesKey(*words)


def _type_of(row: dict[str, str]) -> str:
    word = _word("type", row.get("type", ""))
    if not _is_type(word):
        raise BadInput(
            f"type {word[:40]!r} must be at most 64 printable ASCII characters without a comma.",
            field="type",
        )
    return word
