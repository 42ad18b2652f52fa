"""The half-hourly export of a British supplier's customer portal.

    Consumption (kWh), Start, End
    0.39600000000000000000, 2023-01-01T00:00:00+00:00, 2023-01-01T00:30:00+00:00

CRLF, a space after each comma, twenty decimals, times with their offset. It names no meter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data_layer.clock import HALF_HOUR
from data_layer.errors import BadInput
from data_layer.readings.parsers.formats import Chunk, Origin
from data_layer.readings.parsers.interval_rows import (
    IntervalRow,
    chunks,
    meter_key,
    parse_energy,
)
from data_layer.readings.parsers.lines import header_of
from data_layer.readings.parsers.stamps import read_stamp

ENERGY, START, END = "consumption (kwh)", "start", "end"
COLUMNS = frozenset({ENERGY, START, END})
LONGEST_INTERVAL = 48 * HALF_HOUR


def parse(path: Path, origin: Origin) -> Iterator[Chunk]:
    """Chunks of the file, all of the one meter the caller names. Raises BadInput."""
    key = meter_key(origin.meter_id)
    names = header_of(path)

    def read(fields: list[str]) -> IntervalRow:
        row = dict(zip(names, fields, strict=True))
        start = read_stamp(row[START], origin.zone, field="start")
        end = read_stamp(row[END], origin.zone, field="end")
        latest_end = end.epoch + end.twice
        if not start.epoch < latest_end <= start.epoch + LONGEST_INTERVAL + end.twice:
            raise BadInput(
                f"interval from {row[START]} to {row[END]} must end after it starts, within a day.",
                field="end",
            )
        return IntervalRow(key, start, end, parse_energy(row[ENERGY], field="consumption"))

    yield from chunks(path, columns=len(names), read=read)
