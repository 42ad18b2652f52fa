"""The store on real files: days, crashes half-way, damage, many threads, a second process."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from data_layer.errors import BadInput, Unavailable
from data_layer.readings import local_store, operations, sealing
from data_layer.readings.judging import judge
from data_layer.readings.model import GroupPath, Kind, Reading, ReadingBatch, RowFilter, SeriesKey
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.storage.day_files import DayFiles
from data_layer.storage.manifest import Manifest
from tests.integration.store_home import DAY, HALF_HOUR, NOW, START, UPLOADER, StoreHome

EDGES = [START - DAY, START, START + DAY, START + 2 * DAY, START + 3 * DAY]


def reading(slot: int, value: int, meter: str = "m-1") -> Reading:
    return Reading(meter, "S", START + slot * HALF_HOUR, value, source="api:k1")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StoreHome]:
    opened = StoreHome(tmp_path)
    opened.place({"m-1": GroupPath("East", "Bedok", "3-room")})
    yield opened
    opened.close()


def days(home: StoreHome) -> list[str]:
    return [day.isoformat() for day in DayFiles(home.home.daily).days()]


def test_late_reading_goes_to_its_own_day(home: StoreHome) -> None:
    home.submit(reading(49, 200), reading(97, 300))
    home.store.seal()
    home.submit(reading(1, 100))
    home.store.seal()
    assert days(home) == ["2026-06-17", "2026-06-18", "2026-06-19"]
    assert (home.home.daily / "2026-06-17.csv").read_text().splitlines()[1:] == [
        "m-1,S,2026-06-17T00:30:00+08:00,0.100,,,,,api:k1"
    ]
    home.check(EDGES)


def test_reading_at_midnight_belongs_to_the_day_it_opens(home: StoreHome) -> None:
    home.submit(reading(48, 200))
    home.store.seal()
    assert days(home) == ["2026-06-18"]


def test_read_and_initial_of_one_instant_are_both_kept_and_both_guarded(home: StoreHome) -> None:
    exchange = replace(reading(5, 3), kind=Kind.INITIAL)
    home.submit(reading(1, 900), reading(5, 950), exchange)
    home.store.seal()
    assert home.submit(reading(5, 950), exchange).duplicates == 2
    assert home.submit(reading(5, 951), replace(exchange, value_wh=4)).rejected == 2
    home.check(EDGES)


def test_sealing_again_without_news_changes_no_file(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.store.seal()
    before = {path: path.read_bytes() for path in home.folder.rglob("*") if path.is_file()}
    home.store.seal()
    assert {path: path.read_bytes() for path in home.folder.rglob("*") if path.is_file()} == before


def test_sealed_log_is_kept_aside(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.store.seal()
    assert [path.name for path in (home.home.logs / "sealed").iterdir()] == ["sealed-1.txt"]
    assert not list(home.home.logs.glob("sealed-*.txt"))


STEPS = [
    (sealing, "merge_into_days"),
    (Manifest, "save"),
    (sealing.Snapshots, "save"),
    (sealing, "archive"),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
@pytest.mark.parametrize("reopened", [False, True])
def test_seal_that_failed_half_way_is_repeated(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], reopened: bool
) -> None:
    home.submit(*(reading(n, n) for n in range(0, 60, 7)))
    home.store.seal()
    home.submit(*(reading(n, n) for n in range(1, 100, 7)))

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(*step, refuse)
        with pytest.raises(Unavailable, match="the disk is full"):
            home.store.seal()
    home.check(EDGES)
    home.submit(reading(110, 110))
    home.check(EDGES)
    if reopened:
        home.reopen()
        home.check(EDGES)
    home.store.seal()
    home.check(EDGES)
    home.check_disk()
    assert home.store.state().sealed_logs == 0
    assert home.store.state().tail_readings == 0
    home.reopen()
    home.check(EDGES)


def test_readings_that_come_during_a_seal_stay_in_the_new_log(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1))
    merge = sealing.merge_into_days

    def meanwhile(*arguments: object, **more: object) -> object:
        home.submit(reading(2, 2), reading(60, 60))
        return merge(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "merge_into_days", meanwhile)
        home.store.seal()
    assert home.store.state().tail_readings == 2
    home.check(EDGES)
    home.reopen()
    home.check(EDGES)
    home.check_disk()


def test_meter_that_moves_during_a_seal_counts_in_its_new_place(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1), reading(2, 2))
    save = sealing.Snapshots.save

    def meanwhile(*arguments: object) -> object:
        home.place({"m-1": GroupPath("West", "Jurong", "5-room")})
        return save(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sealing.Snapshots, "save", meanwhile)
        home.store.seal()
    home.check(EDGES)


def broken_disk(monkeypatch: pytest.MonkeyPatch, *, syncs: int) -> None:
    """From now on a log that is opened fails after so many syncs."""
    opened, left = local_store.WriteAheadLog.open, [syncs]

    def sync(_: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.EIO, "Input/output error")

    def with_sync(*arguments: object, **more: object) -> object:
        return opened(*arguments, sync=sync, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(local_store.WriteAheadLog, "open", with_sync)


def test_nothing_is_acknowledged_or_shown_when_the_disk_cannot_keep_it(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_disk(monkeypatch, syncs=1)
    home.reopen()
    home.submit(reading(1, 1))
    batch = ReadingBatch.from_readings([reading(2, 2)])
    for _ in range(2):
        with pytest.raises(Unavailable, match="restarted"):
            operations.submit(home.room, UPLOADER, batch, rules=ADMIN_MANUAL)
    home.check(EDGES)
    assert not home.store.receiving
    with pytest.raises(Unavailable, match="restarted"):
        home.store.resume()


def test_stopped_store_refuses_and_resumes(home: StoreHome) -> None:
    with home.store.closed("the day is being ended"):
        with pytest.raises(Unavailable, match="the day is being ended"):
            home.submit(reading(1, 1))
        home.store.seal()
    home.submit(reading(1, 1))
    home.store.stop_receiving("maintenance")
    assert home.store.state().reason == "maintenance"
    home.store.resume()
    assert home.store.receiving


def test_many_threads_each_reading_exactly_once(home: StoreHome) -> None:
    def upload(meter: int) -> int:
        accepted = 0
        for slot in range(40):
            batch = ReadingBatch.from_readings([reading(slot, slot, f"m-{meter % 4}")])
            receipt = operations.submit(home.room, UPLOADER, batch, rules=ADMIN_MANUAL)
            assert receipt.accepted + receipt.duplicates == 1
            accepted += receipt.accepted
        return accepted

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(upload, meter) for meter in range(8)]
        home.store.seal()
        assert sum(future.result() for future in futures) == 160
    home.oracle.submit([reading(slot, slot, f"m-{m}") for m in range(4) for slot in range(40)])
    home.check(EDGES)
    home.store.seal()
    home.check(EDGES)
    home.check_disk()


def test_reader_never_sees_half_a_publish(home: StoreHome) -> None:
    keys = [SeriesKey("m-1"), SeriesKey("m-2")]
    done = Event()

    def write() -> None:
        for slot in range(150):
            batch = ReadingBatch.from_readings([reading(slot, slot), reading(slot, slot, "m-2")])
            operations.submit(home.room, UPLOADER, batch, rules=ADMIN_MANUAL)
            if slot % 50 == 25:
                home.store.seal()
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not done.is_set() and not writing.done():
            values = home.store.latest(keys).value_wh.tolist()
            assert len(set(values)) <= 1
            assert len(values) in (0, 2)
        writing.result()


def test_rows_of_one_caller_that_cannot_be_written_harm_nobody_else(home: StoreHome) -> None:
    bad = ReadingBatch.from_readings([Reading("m,1", "S", START, 1)])
    good = ReadingBatch.from_readings([reading(1, 1)])
    nothing_said = np.zeros(1, dtype=np.uint8)

    def append(batch: ReadingBatch) -> object:
        try:
            return home.store.append(batch, nothing_said, judge).tolist()
        except BadInput as error:
            return error.field

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(append, [bad, good] * 20))
    assert answers[::2] == ["meter_id"] * 20
    assert sorted(map(str, answers[1::2])) == ["[0]"] + ["[1]"] * 19


def test_preview_says_the_same_and_stores_nothing(home: StoreHome) -> None:
    home.submit(reading(1, 10), reading(5, 50))
    batch = ReadingBatch.from_readings([reading(1, 10), reading(2, 60), reading(3, 30)])
    foreseen = operations.preview(home.room, UPLOADER, batch, rules=ADMIN_MANUAL)
    home.check(EDGES)
    assert operations.submit(home.room, UPLOADER, batch, rules=ADMIN_MANUAL) == foreseen


@pytest.mark.parametrize("file", ["*.index", "*.json", "*.amended.csv"])
def test_damaged_snapshot_is_replaced_from_the_day_files(home: StoreHome, file: str) -> None:
    home.submit(*(reading(n, n) for n in range(0, 100, 3)))
    home.revise(("m-1", "S", START, 0), None)
    home.store.seal()
    (path,) = home.home.snapshot.glob(file)
    path.write_bytes(path.read_bytes()[:-7])
    home.reopen()
    home.check(EDGES)
    home.revise(("m-1", "S", START + 3 * HALF_HOUR, 0), 4)
    home.store.seal()
    home.reopen()
    home.check(EDGES)


def test_snapshot_older_than_the_day_files_is_brought_up_to_date(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1), reading(50, 50))
    home.store.seal()
    kept = {path.name: path.read_bytes() for path in home.home.snapshot.iterdir()}
    home.submit(reading(2, 2), reading(100, 100))
    home.store.seal()
    home.close()
    for path in home.home.snapshot.iterdir():
        path.unlink()
    for name, content in kept.items():
        (home.home.snapshot / name).write_bytes(content)
    monkeypatch.setattr("data_layer.readings.opening.rebuilt", None)
    home.open()
    home.check(EDGES)


def test_damage_in_the_middle_of_the_log_opens_for_reading_only(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.submit(reading(2, 2))
    home.close()
    log = home.home.logs / "log.txt"
    log.write_bytes(log.read_bytes().replace(b"0.001", b"0.000"))
    home.open()
    assert not home.store.receiving
    assert "does not carry its checksum" in home.store.damage[0]
    with pytest.raises(Unavailable, match="checksum"):
        operations.submit(
            home.room, UPLOADER, ReadingBatch.from_readings([reading(3, 3)]), rules=ADMIN_MANUAL
        )
    with pytest.raises(Unavailable, match="checksum"):
        home.store.seal()
    assert home.store.rows(RowFilter()).total == 0


def test_torn_end_of_the_log_is_cut_and_kept_aside(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.close()
    log = home.home.logs / "log.txt"
    log.write_bytes(log.read_bytes() + b"m-1,S,2026-06-17T01:0")
    home.open()
    home.submit(reading(2, 2))
    home.check(EDGES)
    assert [path.read_bytes() for path in home.store.torn_ends] == [b"m-1,S,2026-06-17T01:0"]


def test_changed_day_file_stops_receiving_until_it_is_accepted(home: StoreHome) -> None:
    home.submit(reading(1, 1), reading(2, 20))
    home.store.seal()
    home.close()
    path = home.home.daily / "2026-06-17.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    home.open()
    assert "2026-06-17.csv is not what the manifest says" in home.store.state().reason
    home.close()
    home.home.manifest.unlink()
    home.open()
    assert home.store.receiving
    home.oracle.stored.pop(("m-1", "S", START + 2 * HALF_HOUR, 0))
    home.check(EDGES)
    home.submit(reading(3, 30))
    home.store.seal()
    home.check(EDGES)


def test_home_with_nothing_but_day_files_is_a_whole_home(home: StoreHome, tmp_path: Path) -> None:
    home.submit(*(reading(n, n) for n in range(100)))
    home.store.seal()
    other = tmp_path / "other"
    (other / "daily").mkdir(parents=True)
    for path in home.home.daily.iterdir():
        (other / "daily" / path.name).write_bytes(path.read_bytes())
    copied = StoreHome(other)
    copied.place(home.places)
    copied.oracle = home.oracle
    copied.check(EDGES)
    copied.submit(reading(100, 100))
    copied.store.seal()
    copied.check(EDGES)
    copied.close()


def test_second_process_looks_while_the_first_one_seals(home: StoreHome) -> None:
    done = Event()

    def write() -> None:
        for slot in range(60):
            home.submit(reading(slot, slot))
            if slot % 6 == 5:
                home.store.seal()
        done.set()

    counts = [0]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not done.is_set() and not writing.done():
            with local_store.LocalStore.open(home.home, clock=lambda: NOW, writable=False) as looks:
                counts.append(looks.rows(RowFilter(limit=1)).total)
        writing.result()
    assert counts == sorted(counts)
    looks = local_store.LocalStore.open(home.home, clock=lambda: NOW, writable=False)
    assert looks.rows(RowFilter(limit=1)).total == 60
    with pytest.raises(Unavailable, match="for reading only"):
        looks.append(ReadingBatch.from_readings([reading(70, 70)]), np.zeros(1, np.uint8), judge)
    looks.close()


def test_rebuild_gives_the_same_index(home: StoreHome) -> None:
    home.submit(*(reading(n, n, f"m-{n % 3}") for n in range(200)))
    home.store.seal()
    home.submit(reading(5, 5, "m-9"))
    told: list[tuple[str, int, int]] = []
    home.store.seal(lambda *progress: told.append(progress), rebuild=True)
    home.check(EDGES)
    assert ("Reading day files", 5, 5) in told


def test_state_tells_the_operator_where_readings_are(home: StoreHome) -> None:
    home.submit(reading(1, 1), reading(50, 50))
    before = home.store.state()
    assert (before.receiving, before.log_lines, before.tail_readings) == (True, 2, 2)
    assert before.log_bytes == (home.home.logs / "log.txt").stat().st_size
    home.store.seal()
    after = home.store.state()
    assert (after.log_lines, after.tail_readings, after.day_files) == (0, 0, 2)
    assert (after.day_file_readings, after.index_series) == (2, 1)
    assert after.index_bytes > 0
    assert after.index_written_at is not None
    assert after.last_seal is not None
    assert (after.last_seal.readings, after.last_seal.days) == (2, 2)


def test_day_of_a_reading_is_the_homes_not_utcs(tmp_path: Path) -> None:
    home = StoreHome(tmp_path, timezone="America/New_York")
    home.submit(reading(0, 1))
    home.store.seal()
    assert DayFiles(home.home.daily).days() == (date(2026, 6, 16),)
    home.close()
