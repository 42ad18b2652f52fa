"""Any CSV file with a column of start times and one of kWh, hourly or half-hourly.

    "timestamp","electricity (kWh)","electricity_status"
    "2023-01-01T02:00:00+02:00","1.96","valid"

The time column has one of the names in START_NAMES, the energy column `kwh` in its name. With a
status column, only rows that say `valid` are taken. It names no meter. How long an interval is
follows from the times; where only one stands there, it is half an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.errors import BadInput
from data_layer.readings.parsers.formats import Chunk, Origin
from data_layer.readings.parsers.interval_rows import (
    IntervalRow,
    MarkedInvalid,
    chunks,
    meter_key,
    parse_energy,
)
from data_layer.readings.parsers.lines import blocks_of, header_of, row_of
from data_layer.readings.parsers.stamps import Stamp, read_stamp

START_NAMES = frozenset(
    {"timestamp", "start", "start time", "start_time", "interval start", "datetime", "time"}
)
VALID = "valid"
_LOOKED_AT = 1000


def columns_of(names: list[str]) -> tuple[int, int, int | None] | None:
    """Places of start time, kWh and status; None when the header is not of this kind."""
    starts = [n for n, name in enumerate(names) if name in START_NAMES]
    energies = [n for n, name in enumerate(names) if "kwh" in name]
    statuses = [n for n, name in enumerate(names) if "status" in name]
    if len(starts) != 1 or len(energies) != 1 or len(statuses) > 1:
        return None
    return starts[0], energies[0], statuses[0] if statuses else None


def parse(path: Path, origin: Origin) -> Iterator[Chunk]:
    """Chunks of the file, all of the one meter the caller names. Raises BadInput."""
    key = meter_key(origin.meter_id)
    names = header_of(path)
    found = columns_of(names)
    if found is None:
        raise BadInput(
            f"columns {', '.join(names)[:80]!r} do not tell start time and kWh apart: one must be "
            f"named {' or '.join(sorted(START_NAMES))}, one other hold kWh in its name.",
            field="file",
        )
    start_at, energy_at, status_at = found
    length = _interval_length(path, start_at, len(names), origin.zone)

    def read(fields: list[str]) -> IntervalRow:
        if status_at is not None and fields[status_at].lower() != VALID:
            raise MarkedInvalid(
                f"{names[status_at]} is {fields[status_at][:40]!r}: only rows marked valid are "
                "taken.",
                field=names[status_at],
            )
        start = read_stamp(fields[start_at], origin.zone)
        energy = parse_energy(fields[energy_at], field="kWh")
        return IntervalRow(key, start, Stamp(start.epoch + length, start.twice), energy)

    yield from chunks(path, columns=len(names), read=read)


def _interval_length(path: Path, start_at: int, columns: int, zone: HomeZone) -> int:
    """Seconds of an interval: the smallest step between the first start times."""
    starts: list[int] = []
    lines = (line for block in blocks_of(path) for _, line in block.lines())
    for line in islice(lines, _LOOKED_AT):
        try:
            starts.append(read_stamp(row_of(line, columns)[start_at], zone).epoch)
        except BadInput:  # gets its verdict when the file is read in earnest
            continue
    steps = [abs(later - earlier) for earlier, later in pairwise(starts) if later != earlier]
    length = min(steps, default=HALF_HOUR)
    if length not in (HALF_HOUR, 2 * HALF_HOUR):
        raise BadInput(
            f"timestamp column has times that are {length} seconds apart: intervals must be hourly "
            "or half-hourly, 3600 or 1800 seconds.",
            field="timestamp",
        )
    return length
