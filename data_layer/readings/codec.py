"""Readings as text and back: the lines of the log and the day files, drawn here.

    log        531-123-456,S,2026-11-20T10:30:00Z,1234.500,,,,,api:k7,2026-11-20T10:30:02.114Z
    day file   531-123-456,S,2026-11-20T18:30:00+08:00,1234.500,,,,,api:k7
               │           │ │                         │        ││││ └ source
               │           │ │                         │        │││└ revision   empty: 0
               │           │ │                         │        ││└ flag        empty: valid
               │           │ │                         │        │└ type         empty: actual
               │           │ │                         │        └ kind          empty: read
               │           │ │                         └ kWh, three decimals; empty: withdrawn
               │           │ └ UTC in the log, the home's time with its offset in a day file
               │           └ register                  a log line ends with when it came in
               └ meter

A day file starts with the header line and is sorted by meter, register, instant, kind and
revision, each key once. Both are ASCII with LF; the log adds its checksums (`storage`).
Reading is strict: whatever this codec would not write itself is Corrupt, naming file and line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.quantities import format_kwh
from data_layer.readings.column_reader import NotCanonical, Scanned, read_lines, scan_lines
from data_layer.readings.line_codec import (
    COLUMNS,
    DAY,
    LOG,
    Layout,
    parse_line,
    utc_text,
)
from data_layer.readings.line_writer import day_lines
from data_layer.readings.model import Ints, ReadingBatch, join
from data_layer.readings.order import packed
from data_layer.readings.tail import Run, distinct
from data_layer.readings.vocabulary import Vocabulary

HEADER = (",".join(COLUMNS) + "\n").encode()
FEW = 24
"""Up to so many rows a step per row is quicker than columns."""


def decode_log(
    lines: bytes | Sequence[bytes], *, name: str = "log", first_line: int = 2
) -> ReadingBatch:
    """Readings of verified payload lines: a block of whole lines, or lines without line feeds.

    Raises Corrupt naming the file and the line.
    """
    text = lines if isinstance(lines, bytes) else b"".join(line + b"\n" for line in lines)
    return _decode(text, LOG, name=name, first_line=first_line)


def encode_day(batch: ReadingBatch, zone: HomeZone) -> bytes:
    """A day file's bytes, sorted by key. Raises BadInput; Corrupt for two readings of one key."""
    ordered, words = in_key_order(batch), Vocabulary()
    nothing_said = np.zeros(len(ordered), dtype=np.uint8)
    return HEADER + day_lines(
        Run.arrived(ordered, nothing_said, words, check=True).rows, words, zone
    )


def decode_day(source: Path | bytes, *, name: str = "day file") -> ReadingBatch:
    """Readings of a day file, in its order. `name` stands in messages about bytes.

    Raises Corrupt naming the file and the line; OSError when the path cannot be read.
    """
    if isinstance(source, Path):
        name, source = str(source), source.read_bytes()
    if not source.startswith(HEADER):
        raise Corrupt(f"{name} line 1 is not the header {HEADER.decode().strip()!r}.")
    batch = _decode(source[len(HEADER) :], DAY, name=name, first_line=2)
    disorder = _first_disorder(batch)
    if disorder is not None:
        raise Corrupt(f"{name} line {disorder + 2} does not come after the line before it.")
    return batch


def scan_day(stored: bytes, *, rows: int) -> Scanned | None:
    """The columns of a usual day file of about so many rows: all plain, each in its order.

    None where it is anything else: `decode_day` reads that, or says what is wrong with it.
    """
    if stored[: len(HEADER)] != HEADER:
        return None
    try:
        found = scan_lines(np.frombuffer(stored, np.uint8), len(HEADER), DAY, rows=rows)
    except NotCanonical:
        return None
    return found if found.in_order and found.is_plain else None


def merge_day(existing: ReadingBatch | None, new: ReadingBatch) -> ReadingBatch:
    """All rows of both, sorted by key, exact repeats once: merging again changes nothing.

    Raises Corrupt when two rows of one key differ.
    """
    return in_key_order(new if existing is None else join([existing, new]))


def in_key_order(batch: ReadingBatch) -> ReadingBatch:
    """Sorted by (meter, register, instant, kind, revision), exact repeats dropped.

    Raises Corrupt when two rows of one key differ.
    """
    batch = _compact(batch)
    if _first_disorder(batch) is None:
        return batch
    rank = _ranks(batch)
    key = packed(rank[batch.series_code], batch.read_at, batch.kind)
    order = np.lexsort((batch.revision, key)) if batch.revision.any() else np.argsort(key)
    ordered, key = batch.take(order), key[order]
    repeats = (key[1:] == key[:-1]) & (ordered.revision[1:] == ordered.revision[:-1])
    if not repeats.any():
        return ordered
    _refuse_contradiction(ordered, np.flatnonzero(repeats) + 1)
    return ordered.take(np.concatenate(([True], ~repeats)))


def _decode(text: bytes, layout: Layout, *, name: str, first_line: int) -> ReadingBatch:
    if text.count(b"\n", 0, 8_000) > FEW:
        try:
            return read_lines(text, layout)
        except NotCanonical:
            return _decode_each(text, layout, name=name, first_line=first_line)
    return _decode_each(text, layout, name=name, first_line=first_line)


def _decode_each(text: bytes, layout: Layout, *, name: str, first_line: int) -> ReadingBatch:
    """Line by line, to say which one is wrong and why."""
    *lines, unfinished = text.split(b"\n")
    readings = []
    for number, line in enumerate(lines, start=first_line):
        try:
            readings.append(parse_line(line.decode("ascii"), layout).reading)
        except UnicodeDecodeError as error:
            raise Corrupt(f"{name} line {number} has a byte that is not ASCII.") from error
        except Corrupt as error:
            raise Corrupt(f"{name} line {number} {error.sentence}.") from error
    if unfinished:
        raise Corrupt(f"{name} line {first_line + len(lines)} does not end with a line feed.")
    return ReadingBatch.from_readings(readings)


def _compact(batch: ReadingBatch) -> ReadingBatch:
    """Without the series that no row speaks of: a few rows taken from many share their words."""
    if len(batch.series) <= len(batch):
        return batch
    used, code = distinct(batch.series_code)
    series = tuple(batch.series[place] for place in used.tolist())
    return replace(batch, series=series, series_code=code)


def _ranks(batch: ReadingBatch) -> Ints:
    """Place of each series code in the order of series."""
    names = batch.series
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return rank


def _first_disorder(batch: ReadingBatch) -> int | None:
    """The first row that does not come after the row before it, None when all do."""
    if len(batch) < 2:
        return None
    key = packed(_ranks(batch)[batch.series_code], batch.read_at, batch.kind)
    rises = key[1:] > key[:-1]
    if not rises.all():
        rises |= (key[1:] == key[:-1]) & (batch.revision[1:] > batch.revision[:-1])
    return None if rises.all() else int(np.argmin(rises)) + 1


def _refuse_contradiction(batch: ReadingBatch, rows: Ints) -> None:
    """Raises Corrupt unless each of the rows says what the row before it says."""
    before = rows - 1
    types = np.array(batch.types, dtype=object)
    sources = np.array(batch.sources, dtype=object)
    differs = (
        (batch.value_wh[rows] != batch.value_wh[before])
        | (batch.flag[rows] != batch.flag[before])
        | (types[batch.type_code[rows]] != types[batch.type_code[before]])
        | (sources[batch.source_code[rows]] != sources[batch.source_code[before]])
    )
    if differs.any():
        row = batch.take(rows[differs][:1]).rows()[0]
        other = batch.take(before[differs][:1]).rows()[0]
        raise Corrupt(
            f"meter {row.meter_id}, register {row.register_id} has two readings for "
            f"{utc_text(row.read_at)}, revision {row.revision}: {_value(other.value_wh)} from "
            f"{other.source!r} and {_value(row.value_wh)} from {row.source!r}."
        )


def _value(watt_hours: int | None) -> str:
    return "no value" if watt_hours is None else f"{format_kwh(watt_hours)} kWh"
