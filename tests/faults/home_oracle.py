"""What a home holds, found the slow way: its files read by hand, its registers by arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np

from data_layer.quantities import VOID_WH
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Flag, Kind, Reading, RowFilter, SeriesKey
from data_layer.storage.home import Home
from tests.faults.lives import Broken


def rows(store: LocalStore) -> list[Reading]:
    """Every revision of every reading that the store shows."""
    page = store.rows(RowFilter(descending=False, limit=10_000))
    found = page.batch.rows()
    if len(found) != page.total:
        raise Broken(f"{page.total} rows are counted and {len(found)} shown")
    return found


def check(store: LocalStore, home: Home, present: frozenset[object]) -> None:
    """Raise Broken unless what is shown is what the files say, and the index is its oracle."""
    written = rows_in_files(home)
    if written != present:
        raise Broken(
            f"in the files and not shown: {list(written - present)[:3]}; "
            f"shown and not in the files: {list(present - written)[:3]}"
        )
    newest: dict[tuple[SeriesKey, int], Reading] = {}
    for row in sorted(written, key=lambda row: row.revision):
        newest[SeriesKey(row.meter_id, row.register_id), row.read_at] = row
    counting: dict[SeriesKey, dict[int, int]] = {}
    for (key, at), row in sorted(newest.items()):
        registers = counting.setdefault(key, {})
        if row.value_wh is not None and row.flag is Flag.VALID:
            registers[at] = row.value_wh
    for key, registers in counting.items():
        _check_series(store, key, registers, [at for (k, at) in newest if k == key])


def _check_series(
    store: LocalStore, key: SeriesKey, registers: dict[int, int], instants: list[int]
) -> None:
    times = np.array(sorted(instants), dtype=np.int64)
    found = store.registers_at([key], times)[0].tolist()
    expected = [_register(registers, at) for at in times.tolist()]
    if found != expected:
        raise Broken(f"the index says of {key} at {times.tolist()}: {found}, not {expected}")
    if len(registers) > 1:
        first, last = min(registers), max(registers)
        used = store.series([key], np.array([first, last], dtype=np.int64))
        consumption = int(used.consumption_wh[0, 0])
        if consumption != registers[last] - registers[first]:
            raise Broken(f"{key} used {consumption}, not {registers[last] - registers[first]}")


def _register(registers: dict[int, int], at: int) -> int:
    """Read, or in whole watt-hours between two readings; unknown outside."""
    if at in registers:
        return registers[at]
    before = max((t for t in registers if t < at), default=None)
    after = min((t for t in registers if t > at), default=None)
    if before is None or after is None:
        return VOID_WH
    low, high = registers[before], registers[after]
    return low + (high - low) * (at - before) // (after - before)


def rows_in_files(home: Home) -> frozenset[Reading]:
    """Every row of day files and of the logs beside them."""
    found: list[Reading] = []
    for path in sorted(home.daily.glob("????-??-??.csv")):
        day = [_parsed(line) for line in path.read_text().splitlines()[1:]]
        if len(day) != len(set(day)):
            raise Broken(f"{path.name} holds a row twice")
        found += day
    # None is left by a seal that failed between its two renames, until the next start.
    opened = [home.logs / "log.txt"] if (home.logs / "log.txt").exists() else []
    for path in [*sorted(home.logs.glob("sealed-*.txt")), *opened]:
        found += parsed_log_lines(path.read_text().splitlines()[1:])
    return frozenset(found)


def parsed_log_lines(lines: Sequence[str]) -> frozenset[Reading]:
    """Readings of log lines, without their time of arrival and checksum."""
    readings = (line.rsplit(",", 2)[0] for line in lines if not line.startswith("#"))
    return frozenset(_parsed(line) for line in readings)


@lru_cache(maxsize=50_000)
def _parsed(line: str) -> Reading:
    meter, register, at, value, kind, type_, flag, revision, source = line.split(",")
    return Reading(
        meter_id=meter,
        register_id=register,
        read_at=int(datetime.fromisoformat(at).timestamp()),
        value_wh=None if value == "" else int(value.replace(".", "")),
        kind=Kind.INITIAL if kind else Kind.READ,
        type=type_,
        flag=Flag.SUSPECT if flag else Flag.VALID,
        revision=int(revision or 0),
        source=source,
    )
