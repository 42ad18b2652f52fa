"""The store on real files: days, many threads, a second process, one state for each reader."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from data_layer.errors import BadInput, Unavailable
from data_layer.readings import local_store, opening, operations, sealing
from data_layer.readings.judging import judge
from data_layer.readings.model import GroupPath, Kind, Reading, ReadingBatch, RowFilter, SeriesKey
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.storage.day_files import DayFiles
from tests.integration.store_home import (
    EDGES,
    NOW,
    START,
    UPLOADER,
    StoreHome,
    reading,
)


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


def test_stopped_store_refuses_and_resumes(home: StoreHome) -> None:
    home.store.stop_receiving("the day is being ended")
    with pytest.raises(Unavailable, match="the day is being ended"):
        home.submit(reading(1, 1))
    assert home.store.state().reason == "the day is being ended"
    home.store.seal()
    home.store.resume()
    assert home.store.receiving
    home.submit(reading(1, 1))


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


def test_log_that_is_closed_under_a_lookers_eyes_is_read_again(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1))
    inspect, closed = opening.inspect, Event()

    def then_close(*arguments: object, **more: object) -> object:
        found = inspect(*arguments, **more)  # type: ignore[arg-type]
        if not closed.is_set():
            closed.set()
            with monkeypatch.context() as patch:
                patch.setattr(sealing, "merge_into_days", refuse)
                with pytest.raises(Unavailable):
                    home.store.seal()
        return found

    def refuse(*_: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(opening, "inspect", then_close)
    with local_store.LocalStore.open(home.home, clock=lambda: NOW, writable=False) as looks:
        assert looks.rows(RowFilter()).total == 1
