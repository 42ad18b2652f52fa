"""Real files of real homes come out as their own sums say, in the index and in the day files.

The files are public reference data outside the project: `METERBOOK_TEST_DATA` names their folder,
without it these tests are skipped. Each has a twin on a small file with the same oddities.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from data_layer.readings import parsers, queries
from data_layer.readings.interval_runs import IntervalBatch
from data_layer.readings.intervals import Coverage, submit_intervals
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Action, Rejection, Scope
from data_layer.readings.queries import SeriesTable
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.storage.home import Home

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SUBMIT = Scope("admin", Action.SUBMIT_READINGS, meter_ids=None)
READ = Scope("admin", Action.READ_READINGS, meter_ids=None)
DATA = Path(os.environ.get("METERBOOK_TEST_DATA") or "/nonexistent") / "interval"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="METERBOOK_TEST_DATA names no folder with the reference files"
)


@dataclass
class Imported:
    """What became of a file."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    missing_half_hours: int = 0


@dataclass(frozen=True)
class Meter:
    """One meter of a home, with its store."""

    room: ReadingRoom
    folder: Path
    name: str = "531-000-001"

    def take(self, path: Path, *, dry_run: bool = False) -> Imported:
        result, coverage = Imported(), Coverage()
        chunks = parsers.parse(
            path, parsers.recognize(path), zone=self.room.zone, source="file:1", meter_id=self.name
        )
        for chunk in chunks:
            assert isinstance(chunk.batch, IntervalBatch)
            coverage.add(chunk.batch)
            receipt = submit_intervals(
                self.room,
                SUBMIT,
                chunk.batch,
                source="file:1",
                rejections=chunk.rejections,
                dry_run=dry_run,
            )
            result.accepted += receipt.accepted
            result.duplicates += receipt.duplicates
            assert receipt.rejected == len(receipt.rejections)
            result.rejected += receipt.rejections
        result.missing_half_hours = coverage.missing_half_hours
        return result

    def used(self, start: str, end: str) -> int | None:
        """Wh over [start, end), local midnights of the home."""
        first, after = (self.room.zone.parse(f"{day}T00:00:00") for day in (start, end))
        found = queries.consumption(self.room, READ, meter_id=self.name, start=first, end=after)
        return found.consumption_wh

    def days(self, start: str, end: str, resolution: str) -> SeriesTable:
        first, after = (self.room.zone.parse(f"{day}T00:00:00") for day in (start, end))
        return queries.series(
            self.room, READ, meter_id=self.name, start=first, end=after, resolution=resolution
        )

    def used_in_day_files(self) -> int:
        """Wh over everything, summed from the day files alone, segment by segment."""
        files = sorted((self.folder / "daily").glob("????-??-??.csv"))
        table = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in files])
        assert set(table["meter_id"]) == {self.name}
        value_wh = table["value_kwh"].str.replace(".", "", regex=False).astype("int64")
        step = value_wh.diff().fillna(0).astype("int64")
        return int(step[(table["kind"] != "initial")].sum())


@pytest.fixture
def meter_in(tmp_path: Path) -> Iterator[Callable[[str], Meter]]:
    with ExitStack() as stack:

        def open_meter(timezone: str) -> Meter:
            home = stack.enter_context(Home.open(tmp_path / "home", timezone=timezone))
            home.lock()
            store = stack.enter_context(LocalStore.open(home, clock=lambda: NOW))
            room = ReadingRoom(store, home.zone, lambda: NOW, lambda _: Standing.ACTIVE)
            return Meter(room, home.folder)

        yield open_meter


def check_same_after_sealing(meter: Meter, path: Path, total: int, accepted: int) -> None:
    """The day files hold the same, and the file taken again changes nothing."""
    meter.room.store.seal()
    assert meter.used_in_day_files() == total
    again = meter.take(path)
    assert (again.accepted, again.duplicates) == (0, accepted)
    assert meter.used("2000-01-01", "2030-01-01") == total


@needs_data
def test_british_portal_export(meter_in) -> None:
    meter, path = meter_in("Europe/London"), DATA / "octopus_portal_2023h1.csv"
    taken = meter.take(path)
    assert (taken.accepted, taken.rejected, taken.missing_half_hours) == (8_686, [], 0)
    assert meter.used("2023-01-01", "2023-07-02") == 2_208_167
    assert meter.used("2023-03-01", "2023-04-01") == 414_385
    spring = meter.days("2023-03-26", "2023-03-27", "half_hour")
    assert len(spring.consumption_wh) == 46
    assert spring.consumption_wh.sum() == 15_226
    assert spring.known.all()
    assert spring.missing_half_hours.sum() == spring.estimated_wh.sum() == 0
    check_same_after_sealing(meter, path, 2_208_167, 8_686)


@needs_data
def test_british_portal_export_in_a_home_that_counts_utc_months(meter_in) -> None:
    meter = meter_in("UTC")
    meter.take(DATA / "octopus_portal_2023h1.csv")
    assert meter.used("2023-03-01", "2023-04-01") == 414_484


@needs_data
@pytest.mark.parametrize(
    ("name", "intervals", "total", "missing"),
    [("lcl_MAC000584.csv", 32_904, 2_048_740, 57), ("lcl_MAC004179.csv", 31_083, 65_623_649, 1)],
)
def test_low_carbon_london_home(meter_in, name, intervals, total, missing) -> None:
    meter = meter_in("UTC")
    taken = meter.take(DATA / name)
    assert (taken.accepted, taken.rejected, taken.missing_half_hours) == (intervals, [], missing)
    used = meter.used("2011-01-01", "2015-01-01")
    assert used is not None
    assert abs(used - total) <= 1
    check_same_after_sealing(meter, DATA / name, used, intervals)


@needs_data
def test_finnish_hourly_home_with_invalid_rows(meter_in) -> None:
    meter = meter_in("Europe/Helsinki")
    taken = meter.take(DATA / "caruna_hourly.csv")
    assert taken.accepted == 6_813
    assert len(taken.rejected) == 41
    assert {refused.sentence for refused in taken.rejected} == {
        "electricity_status is 'invalid': only rows marked valid are taken."
    }
    valid = pd.read_csv(DATA / "caruna_hourly.csv").query("electricity_status == 'valid'")
    total = round(valid["electricity (kWh)"].sum() * 1000)
    assert meter.used("2022-01-01", "2024-01-01") == total
    check_same_after_sealing(meter, DATA / "caruna_hourly.csv", total, 6_813)


def half_hours(first: str, count: int, timezone: str) -> list[pd.Timestamp]:
    return list(pd.date_range(first, periods=count, freq="30min", tz=timezone))


def write_portal(path: Path, stamps: list[pd.Timestamp]) -> int:
    """CRLF, a space after each comma, twenty decimals, offsets. Gives the total in Wh."""
    lines = ["Consumption (kWh), Start, End"]
    for n, start in enumerate(stamps):
        end = start + pd.Timedelta(minutes=30)
        energy = f"0.{n % 7}0040000000000000000"
        lines.append(f"{energy}, {start.isoformat()}, {end.isoformat()}")
    path.write_bytes("\r\n".join([*lines, ""]).encode())
    thousandths = sum((n % 7) * 1000 + 4 for n in range(len(stamps)))
    return (thousandths + 5) // 10


def test_small_portal_export_over_both_clock_changes(meter_in, tmp_path) -> None:
    meter, path = meter_in("Europe/London"), tmp_path / "portal.csv"
    spring = half_hours("2023-03-25", 48 + 46 + 48, "Europe/London")
    autumn = half_hours("2023-10-28", 48 + 50 + 48, "Europe/London")
    total = write_portal(path, spring + autumn)
    taken = meter.take(path)
    assert (taken.accepted, taken.rejected) == (288, [])
    used = meter.used("2023-01-01", "2024-01-01")
    assert used is not None
    assert abs(used - total) <= 1  # two runs, each rounded as a whole
    for day, after, count in (
        ("2023-03-26", "2023-03-27", 46),
        ("2023-10-29", "2023-10-30", 50),
    ):
        table = meter.days(day, after, "half_hour")
        assert len(table.consumption_wh) == count
        assert table.missing_half_hours.sum() == table.estimated_wh.sum() == 0
        assert table.consumption_wh.sum() == meter.used(day, after)
    check_same_after_sealing(meter, path, used, 288)


def write_low_carbon_london(path: Path) -> tuple[int, int, int]:
    """Unnamed column, naive GMT, stamps at interval ends, float noise, gaps. Gives intervals,
    missing half hours, total in Wh."""
    stamps = half_hours("2012-10-27", 150, "UTC")
    kept = [n for n in range(150) if n not in (60, 61, 62, 90)]
    noise = [0.1 * (n % 5) + 0.0000001 * (n % 2) for n in kept]
    rows = [
        f"{n},MAC1,{stamps[n].strftime('%Y-%m-%d %H:%M:%S')},{energy:.7f}"
        for n, energy in zip(kept, noise, strict=True)
    ]
    path.write_text("\n".join([",mac,datetime,kwhh", *rows, ""]))
    return len(kept), 4, round(sum(noise) * 1000)


def test_small_low_carbon_london_file_in_a_home_with_summer_time(meter_in, tmp_path) -> None:
    meter, path = meter_in("Europe/London"), tmp_path / "lcl.csv"
    intervals, missing, total = write_low_carbon_london(path)
    taken = meter.take(path)
    assert (taken.accepted, taken.missing_half_hours) == (intervals, missing)
    assert meter.used("2012-01-01", "2013-01-01") == total
    autumn = meter.days("2012-10-28", "2012-10-29", "half_hour")
    assert len(autumn.consumption_wh) == 50
    assert autumn.missing_half_hours.sum() == 4
    check_same_after_sealing(meter, path, total, intervals)


def test_small_hourly_file_with_invalid_rows(meter_in, tmp_path) -> None:
    meter, path = meter_in("Europe/Helsinki"), tmp_path / "hourly.csv"
    stamps = pd.date_range("2023-10-28", periods=49, freq="h", tz="Europe/Helsinki")
    rows = [
        f'"{stamp.isoformat()}","{n}.5","{"invalid" if n in (7, 8) else "valid"}"'
        for n, stamp in enumerate(stamps)
    ]
    path.write_text("\n".join(['"timestamp","electricity (kWh)","electricity_status"', *rows, ""]))
    taken = meter.take(path)
    total = sum(n * 1000 + 500 for n in range(49) if n not in (7, 8))
    assert taken.accepted == 47
    assert [refused.line for refused in taken.rejected] == [9, 10]
    assert taken.missing_half_hours == 4
    assert meter.used("2023-10-28", "2023-10-30") == total
    day = meter.days("2023-10-29", "2023-10-30", "half_hour")
    assert len(day.consumption_wh) == 50
    # An hour's energy is known for the hour: its half hours are interpolated and say so.
    assert day.estimated_wh.sum() == day.consumption_wh.sum()
    check_same_after_sealing(meter, path, total, 47)


@pytest.mark.parametrize("order", ["first first", "second first"])
def test_file_split_in_two_and_imported_in_either_order(meter_in, tmp_path, order) -> None:
    meter = meter_in("Europe/London")
    stamps = half_hours("2023-03-25", 48 + 46 + 48, "Europe/London")
    whole = tmp_path / "whole.csv"
    total = write_portal(whole, stamps)
    lines = whole.read_bytes().splitlines(keepends=True)
    parts = [lines[:72], [lines[0], *lines[60:]]]  # the second repeats twelve half hours
    for n, part in enumerate(parts if order == "first first" else reversed(parts)):
        path = tmp_path / f"part{n}.csv"
        path.write_bytes(b"".join(part))
        meter.take(path)
        meter.room.store.seal()
    used = meter.used("2023-03-25", "2023-03-28")
    assert used is not None
    assert abs(used - total) <= 1
    again = meter.take(whole)
    assert (again.accepted, again.duplicates, again.rejected) == (0, 142, [])
    assert meter.used_in_day_files() == used


def test_dry_run_tells_the_same_and_stores_nothing(meter_in, tmp_path) -> None:
    meter, path = meter_in("Europe/London"), tmp_path / "portal.csv"
    write_portal(path, half_hours("2023-03-25", 60, "Europe/London"))
    tried = meter.take(path, dry_run=True)
    assert meter.used("2023-03-25", "2023-03-28") is None
    assert meter.take(path) == tried
    assert meter.take(path, dry_run=True).duplicates == 60


def test_interval_that_contradicts_what_is_stored_is_refused_with_its_line(
    meter_in, tmp_path
) -> None:
    meter, path = meter_in("Europe/London"), tmp_path / "portal.csv"
    write_portal(path, half_hours("2023-03-25", 60, "Europe/London"))
    meter.take(path)
    path.write_bytes(path.read_bytes().replace(b"0.30040", b"0.90040"))
    again = meter.take(path)
    changed = [5 + 7 * n for n in range(9) if 5 + 7 * n <= 61]
    assert [refused.line for refused in again.rejected] == changed
    assert "kWh stored for that time" in again.rejected[0].sentence
    assert again.duplicates == 60 - len(changed)


def test_unknown_meter_refuses_every_interval_once(meter_in, tmp_path) -> None:
    meter, path = meter_in("Europe/London"), tmp_path / "portal.csv"
    write_portal(path, half_hours("2023-03-25", 60, "Europe/London"))
    stranger = ReadingRoom(
        meter.room.store, meter.room.zone, meter.room.clock, lambda _: Standing.UNKNOWN
    )
    refused = Meter(stranger, meter.folder).take(path)
    assert (refused.accepted, refused.duplicates) == (0, 0)
    assert [rejection.line for rejection in refused.rejected] == list(range(2, 62))
