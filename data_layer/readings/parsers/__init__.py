"""One small file per format; here the format is recognized by its header and its parser found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings.parsers import (
    interval_csv,
    lcl_interval,
    portal_interval,
    register_csv,
)
from data_layer.readings.parsers.formats import Chunk, Format, Origin, Parser
from data_layer.readings.parsers.lines import header_of

__all__ = ["Chunk", "Format", "parse", "recognize"]

_PARSERS: dict[Format, Parser] = {
    Format.REGISTER_CSV: register_csv.parse,
    Format.PORTAL_INTERVAL: portal_interval.parse,
    Format.LCL_INTERVAL: lcl_interval.parse,
    Format.INTERVAL_CSV: interval_csv.parse,
}


def recognize(path: Path) -> Format:
    """Which format the file's header is of. Raises BadInput naming what was found."""
    names = header_of(path)
    if set(names) >= register_csv.REQUIRED:
        return Format.REGISTER_CSV
    if set(names) == portal_interval.COLUMNS:
        return Format.PORTAL_INTERVAL
    if tuple(names) == lcl_interval.COLUMNS:
        return Format.LCL_INTERVAL
    if interval_csv.columns_of(names) is not None:
        return Format.INTERVAL_CSV
    raise BadInput(
        f"columns {', '.join(names)[:80]!r} are of no known format: a register file has "
        "meter_id, timestamp and reading; an interval file a start time and kWh.",
        field="file",
    )


def parse(
    path: Path, file_format: Format, *, zone: HomeZone, source: str, meter_id: str = ""
) -> Iterator[Chunk]:
    """Chunks of the file, in order. `meter_id` is the meter of files that name none.

    Raises BadInput at the first chunk when the file as a whole cannot be read.
    """
    return _PARSERS[file_format](path, Origin(zone, meter_id, source))
