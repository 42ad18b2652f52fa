"""What the interval formats share: exact energies, line verdicts, and rows put into columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_layer.errors import BadInput
from data_layer.readings.interval_runs import DECIMALS, IntervalBatch
from data_layer.readings.model import Rejection, SeriesKey, Verdict
from data_layer.readings.parsers.formats import Chunk
from data_layer.readings.parsers.lines import blocks_of, row_of
from data_layer.readings.parsers.stamps import AutumnNights, Stamp
from data_layer.readings.rules import ID_PATTERN, ID_RULE

NO_METER = "names no meter"
ENERGY_RULE = f"up to six digits, then at most {DECIMALS} decimals, not negative"
_ENERGY = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,40}))?(?:[eE]-([0-9]{1,2}))?", re.ASCII)


class MarkedInvalid(BadInput):
    """The file itself says that a line is not to be trusted."""


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One line: when the interval starts and ends, as the clock shows it, and its energy."""

    key: SeriesKey
    start: Stamp
    end: Stamp
    energy: int
    """1e-20 kWh."""


def parse_energy(text: str, *, field: str) -> int:
    """Exact kWh as a whole number of 1e-20 kWh.

    >>> parse_energy("0.39600000000000000000", field="kwh") == 396 * 10**17
    True

    Raises BadInput for anything but plain digits (floats written as `6e-05` are taken).
    """
    match = _ENERGY.fullmatch(text)
    decimals = "" if match is None else (match[2] or "")
    power = 0 if match is None else int(match[3] or 0) + len(decimals.rstrip("0"))
    if match is None or power > DECIMALS:
        raise BadInput(
            f"{field} {text[:40]!r} is not an energy in kWh: {ENERGY_RULE}.", field=field
        )
    return int(match[1] + decimals.rstrip("0")) * int(10 ** (DECIMALS - power))


def meter_key(meter_id: str) -> SeriesKey:
    """The series of interval data: its meter's usual register. Raises BadInput."""
    if not meter_id:
        raise BadInput(
            f"this file {NO_METER}: give the meter it is of, as Meter of this file on the upload "
            "page or with --meter on the command line.",
            field="meter_id",
        )
    if not ID_PATTERN.fullmatch(meter_id):
        raise BadInput(f"meter_id {meter_id[:40]!r} is not an id: {ID_RULE}.", field="meter_id")
    return SeriesKey(meter_id)


def chunks(
    path: Path, *, columns: int, read: Callable[[list[str]], IntervalRow]
) -> Iterator[Chunk]:
    """The file's lines in columns; `read` turns the fields of a line into a row or raises
    BadInput, whose sentence becomes the line's verdict."""
    nights = AutumnNights()
    for block in blocks_of(path):
        rows: list[IntervalRow] = []
        numbers: list[int] = []
        rejections: list[Rejection] = []
        for number, line in block.lines():
            try:
                rows.append(read(row_of(line, columns)))
                numbers.append(number)
            except MarkedInvalid as error:
                rejections.append(Rejection(number, Verdict.MARKED_INVALID, error.sentence))
            except BadInput as error:
                rejections.append(Rejection(number, Verdict.UNREADABLE, error.sentence))
        yield Chunk(_in_columns(rows, numbers, nights), tuple(rejections), block.bytes_read)


def _in_columns(rows: list[IntervalRow], numbers: list[int], nights: AutumnNights) -> IntervalBatch:
    """Rows with the showings of autumn nights told apart: starts by file order, an end by
    coming after its start."""
    series = tuple(dict.fromkeys(row.key for row in rows))
    place = {key: n for n, key in enumerate(series)}
    code = np.array([place[row.key] for row in rows], dtype=np.int64)
    first = np.array([row.start.epoch for row in rows], dtype=np.int64)
    twice = np.array([row.start.twice for row in rows], dtype=np.int64)
    start = nights.place(series, code, first, twice)
    end = np.array([row.end.epoch for row in rows], dtype=np.int64)
    end_twice = np.array([row.end.twice for row in rows], dtype=np.int64)
    return IntervalBatch(
        series=series,
        series_code=code,
        start=start,
        end=np.where(end <= start, end + end_twice, end),
        energy=tuple(row.energy for row in rows),
        line=np.array(numbers, dtype=np.int64),
    )
