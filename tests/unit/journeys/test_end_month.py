"""A month's end: billed and archived once, after its last day, whenever that is noticed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_layer.accounts.model import OPERATOR, Account
from data_layer.book import Book
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.end_month import END_MONTH
from data_layer.readings.model import Action, Reading, ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.tariffs.documents import tariff_from

METER = "531-204-118"
VERSION = {"valid_from": "2020-01-01", "energy": {"kind": "flat", "rate": "0.30"}}
TARIFF = {"code": "HOME", "name": "Home", "currency": "SGD", "versions": [VERSION]}


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: str) -> None:
        self.move(now)

    def __call__(self) -> datetime:
        return self.now

    def move(self, now: str) -> None:
        self.now = datetime.fromisoformat(now).astimezone(UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock("2026-11-30T15:00:00+08:00")


def opened(home: Path, clock: HandClock) -> Book:
    return Book.open(home, clock=clock, timezone="Asia/Singapore", scheduled=False)


def furnish(book: Book) -> None:
    book.accounts.register(Account(METER, "Tan", "12 Bedok Rd", tariff_code="HOME"), actor="cli")
    book.tariffs.enter(book.authorize(OPERATOR, Action.MANAGE_TARIFFS), [tariff_from(TARIFF)])


def send(book: Book, *rows: tuple[str, int]) -> None:
    readings = [Reading(METER, "S", book.zone.parse(at), wh) for at, wh in rows]
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    submit(book.readings, scope, ReadingBatch.from_readings(readings), rules=ADMIN_MANUAL)


def end_day(book: Book, *, rebuild: bool = False) -> None:
    job_id = book.jobs.start(END_DAY, {"rebuild": rebuild}, actor="midnight")
    while not all(job.finished for job in book.jobs.recent()):
        time.sleep(0.01)
    assert book.jobs.get(job_id).state is JobState.DONE


def ended(book: Book) -> list[Job]:
    return [job for job in book.jobs.recent() if job.kind == END_MONTH]


def test_the_last_day_of_a_month_bills_and_archives_it_once(
    tmp_path: Path, clock: HandClock
) -> None:
    with opened(tmp_path / "home", clock) as book:
        furnish(book)
        send(book, ("2026-11-01T00:00", 1000), ("2026-11-30T10:00", 5000))
        end_day(book)
        assert ended(book) == []

        clock.move("2026-12-01T00:00:00+08:00")
        send(book, ("2026-12-01T00:00", 6000))
        end_day(book)
        (job,) = ended(book)
        assert (job.state, job.params) == (JobState.DONE, {"month": "2026-11"})
        assert (job.result["made"], job.result["archived_days"], job.actor) == (1, 2, "midnight")
        archive = (tmp_path / "home" / "daily" / "monthly_2026-11.csv").read_text().splitlines()
        days = [
            (tmp_path / "home" / "daily" / f"2026-11-{day}.csv").read_text().splitlines()
            for day in ("01", "30")
        ]
        assert archive == [days[0][0], *days[0][1:], *days[1][1:]]

        clock.move("2026-12-02T00:00:00+08:00")
        end_day(book)
        assert len(ended(book)) == 1


def test_months_that_ended_unnoticed_are_ended_by_the_next_day(
    tmp_path: Path, clock: HandClock
) -> None:
    with opened(tmp_path / "home", clock) as book:
        end_day(book)
        clock.move("2027-02-03T12:00:00+08:00")
        end_day(book)
        months = [job.params["month"] for job in reversed(ended(book))]
        assert months == ["2026-11", "2026-12", "2027-01"]
        assert [job.result["archived_days"] for job in ended(book)] == [0, 0, 0]


def test_an_archive_is_no_day_file(tmp_path: Path, clock: HandClock) -> None:
    home = tmp_path / "home"
    with opened(home, clock) as book:
        furnish(book)
        send(book, ("2026-11-01T00:00", 1000))
        clock.move("2026-12-01T00:00:00+08:00")
        end_day(book)
        before = book.state()
    archive = home / "daily" / "monthly_2026-11.csv"
    archive.write_text("spoiled by hand")
    (home / "daily" / "monthly_2026-10.csv.tmp").write_text("cut short")
    with opened(home, clock) as book:
        assert book.state().problems == ()
        assert book.state().day_files == before.day_files == 1
        end_day(book, rebuild=True)
        assert book.state().day_file_readings == 1
    assert archive.read_text() == "spoiled by hand"
    assert not list((home / "daily").glob("*.tmp"))
