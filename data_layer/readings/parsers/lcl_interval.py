"""Half-hourly files of the Low Carbon London trial (UK Power Networks, 2011 to 2014).

    ,mac,datetime,kwhh
    691354,MAC000584,2012-04-12 08:00:00,0.059

Times carry no offset and have 48 rows on every clock-change day: they are GMT all year, whatever
the home's zone. A stamp is the END of its half hour. The files do not say so; it follows from the
trial's last row, 2014-02-28 00:00:00, which closes the half hour that ends on 27 February, the
last day of the trial: taken as a start, every meter would have one single half hour of a day that
is not part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data_layer.clock import HALF_HOUR
from data_layer.errors import BadInput
from data_layer.readings.model import SeriesKey
from data_layer.readings.parsers.formats import Chunk, Origin
from data_layer.readings.parsers.interval_rows import (
    IntervalRow,
    chunks,
    meter_key,
    parse_energy,
)
from data_layer.readings.parsers.lines import header_of
from data_layer.readings.parsers.stamps import Stamp

COLUMNS = ("", "mac", "datetime", "kwhh")


def parse(path: Path, origin: Origin) -> Iterator[Chunk]:
    """Chunks of the file. A meter from the caller stands for the file's one meter; without
    it each line's own is taken. Raises BadInput."""
    names = header_of(path)
    given: SeriesKey | None = meter_key(origin.meter_id) if origin.meter_id else None
    first_mac = ""

    def key_of(mac: str) -> SeriesKey:
        nonlocal first_mac
        first_mac = first_mac or mac
        if given is None:
            return meter_key(mac)
        if mac != first_mac:
            raise BadInput(
                f"mac {mac[:40]!r} is a second meter beside {first_mac[:40]!r}: a file of several "
                "meters is imported without naming one.",
                field="mac",
            )
        return given

    def read(fields: list[str]) -> IntervalRow:
        _, mac, stamp, energy = fields
        key = key_of(mac)
        end = origin.zone.parse(f"{stamp}Z", field="datetime")
        return IntervalRow(
            key, Stamp(end - HALF_HOUR), Stamp(end), parse_energy(energy, field="kwhh")
        )

    yield from chunks(path, columns=len(names), read=read)
