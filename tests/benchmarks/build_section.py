"""Rebuild, adding a day, bytes a reading: from the day files to a snapshot on disk.

Each yardstick reads the very files the rebuild reads, in the same run, from the page cache: every
file is read once before anybody is timed.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from data_layer.readings.flush import read_day
from data_layer.storage.day_files import DayFiles
from index.assembly import is_closed
from index.day_readings import DayReadings
from index.sorted_index import SortedIndex
from tests.benchmarks.data_set import LATE, DataSet, places_of
from tests.benchmarks.gap_rule import parse_typed
from tests.benchmarks.ours import opened
from tests.benchmarks.report import Report
from tests.benchmarks.timing import best_of, once

TWO_THREADS = 2
_COLUMNS = (
    "{'meter_id': 'VARCHAR', 'register_id': 'VARCHAR', 'read_at': 'TIMESTAMPTZ',"
    " 'value_kwh': 'DECIMAL(12, 3)', 'kind': 'VARCHAR', 'type': 'VARCHAR', 'flag': 'VARCHAR',"
    " 'revision': 'INTEGER', 'source': 'VARCHAR'}"
)


def rebuild(target: DataSet, report: Report, *, repeats: int) -> float:
    """Seconds of a rebuild, beside pyarrow's parse and DuckDB's sorted table."""
    for path in target.files:
        path.read_bytes()
    with opened(target) as store:
        ours, parse = [], []
        for _ in range(repeats):
            ours.append(once(partial(store.seal, rebuild=True)))
            parse.append(min(once(_parse_in_turn, target), once(_parse_pairs, target)))
    what = f"rebuild {target.size.label} readings to a synced snapshot"
    report.cost("rebuild/pyarrow", what, min(ours), "pyarrow typed parse, 2 threads", min(parse))
    sorted_table = _duckdb_sorted_table(target, repeats)
    if sorted_table is not None:
        report.quicker(
            "rebuild/DuckDB", what, min(ours), "DuckDB CSV to sorted table", sorted_table
        )
    return min(ours)


def _parse_in_turn(target: DataSet) -> None:
    """One file after the other, each on two threads."""
    for path in target.files:
        parse_typed(path)


def _parse_pairs(target: DataSet) -> None:
    """Two files at a time, a thread each."""
    with ThreadPoolExecutor(TWO_THREADS) as pool:
        for _ in pool.map(lambda path: len(parse_typed(path, threads=False)), target.files):
            pass


def _duckdb_sorted_table(target: DataSet, repeats: int) -> float | None:
    from tests.benchmarks.peers.duckdb_peer import connect

    path = target.folder / "sorted.duckdb"
    path.unlink(missing_ok=True)
    connection = connect(path, threads=TWO_THREADS)
    connection.execute("SET TimeZone = 'UTC'")
    files = [str(each) for each in target.files]

    def work() -> None:
        connection.execute(
            "CREATE OR REPLACE TABLE readings AS SELECT * FROM read_csv(?, header = true,"  # noqa: S608
            f" columns = {_COLUMNS}) ORDER BY meter_id, register_id, read_at",
            [files],
        )
        connection.execute("CHECKPOINT")

    try:
        return best_of(repeats, work)
    finally:
        connection.close()
        path.unlink(missing_ok=True)


def add_a_day(target: DataSet, report: Report, rebuilt: float | None) -> None:
    """The last day into an index of the days before it: its file read, checked, taken in, and
    the new snapshot on disk."""
    files, zone = DayFiles(target.home / "daily"), target.zone
    places = {(meter_id, "S"): path for meter_id, path in places_of(target.size).items()}
    days = [_readings(files, target, n) for n in range(target.size.days - 1)]
    before = SortedIndex.build(days, places, grid_phase=zone.grid_phase)
    last, path = target.days[-1], target.files[-1]
    work = target.folder / "add-a-day"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    before.save(work / "before.index")
    before = SortedIndex.load(work / "before.index")
    added: list[SortedIndex] = []

    def take_in() -> None:
        added[:] = [before.updated([read_day(files, zone, last).readings], places)]

    take_in()
    taken, parsed, saved = [], [], []
    for n in range(7):
        taken.append(once(take_in))
        parsed.append(once(parse_typed, path))
        saved.append(once(added[0].save, work / f"after-{n}.index"))
        (work / f"after-{n}.index").unlink(missing_ok=True)
    what = f"add one day of {target.size.meters * 48:,} readings"
    report.cost(
        "add a day/pyarrow", what, min(taken), "pyarrow parse of its file, 2 threads", min(parsed)
    )
    whole = min(taken) + min(saved)
    if rebuilt is not None:
        report.quicker("add a day/rebuild", f"{what}, snapshot synced", whole, "a rebuild", rebuilt)
    late = before.updated([_without_late(days[-1])], places)
    both = [days[-1], _readings(files, target, target.size.days - 1)]
    took = best_of(3, lambda: late.updated(both, places))
    report.own("", "add one day and the late readings of the day before", took, "s")
    shutil.rmtree(work)


def _readings(files: DayFiles, target: DataSet, place: int) -> DayReadings:
    return read_day(files, target.zone, target.days[place]).readings


def _without_late(day: DayReadings) -> DayReadings:
    random = np.random.default_rng(day.day_ordinal)
    kept = random.random(len(day)) >= LATE
    return replace(
        day,
        code=day.code[kept],
        times=day.times[kept],
        values=day.values[kept],
        kinds=day.kinds[kept],
    )


def bytes_a_reading(target: DataSet, report: Report) -> None:
    """Everything in the snapshot file, over the readings it holds.

    Open days are measured by a snapshot of them alone; closed ones by what the rest of the whole
    snapshot holds.
    """
    files = DayFiles(target.home / "daily")
    snapshot = max((target.home / ".meterbook" / "snapshot").glob("*.index"))
    closed = int(is_closed(SortedIndex.load(snapshot, verify=False).leaves.blocks).sum())
    rows = [_rows_in(path) for path in target.files]
    places = {(meter_id, "S"): path for meter_id, path in places_of(target.size).items()}
    opened_days = [_readings(files, target, n) for n in range(closed, target.size.days)]
    alone = SortedIndex.build(opened_days, places, grid_phase=target.zone.grid_phase)
    path = target.folder / "open.index"
    alone.save(path)
    open_bytes, all_bytes = path.stat().st_size, snapshot.stat().st_size
    path.unlink()
    what = f"bytes per reading, {target.size.meters:,} meters"
    open_rows = sum(rows[closed:])
    report.own(
        "bytes/open",
        f"{what}: the {target.size.days - closed} open days",
        open_bytes / open_rows,
        "bytes",
    )
    if closed:
        report.own(
            "bytes/closed",
            f"{what}: the {closed} closed days",
            (all_bytes - open_bytes) / sum(rows[:closed]),
            "bytes",
        )
    report.own("", f"{what}: all {target.size.days} days", all_bytes / sum(rows), "bytes")
    report.own("", f"{what}: day files (CSV)", target.read_csv_bytes() / sum(rows), "bytes")


def _rows_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") - 1


def attach(target: DataSet, report: Report) -> None:
    """A snapshot attached by memory map, and as a start does it, every checksum checked."""
    snapshot = max((target.home / ".meterbook" / "snapshot").glob("*.index"))
    took = best_of(9, lambda: SortedIndex.load(snapshot, verify=False))
    report.own("attach", "attach a snapshot by memory map", took * 1000, "ms")
    checked = best_of(3, lambda: SortedIndex.load(snapshot))
    report.own("", "the same, every checksum checked", checked * 1000, "ms")
    begun = perf_counter()
    found = SortedIndex.load(snapshot, verify=False)
    found.top(target.start, target.start + 86_400, 20)
    report.own("", "attach and answer a first top 20", (perf_counter() - begun) * 1000, "ms")
