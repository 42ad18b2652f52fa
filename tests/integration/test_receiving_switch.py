"""Receiving is stopped and resumed: at every door, over restarts, beside the nightly work."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy.exc import SQLAlchemyError

from data_layer.accounts.model import OPERATOR, Account
from data_layer.book import Book
from data_layer.errors import Conflict, Unavailable
from data_layer.jobs.model import JobState, Result, Task
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.receiving_switch import SWITCH_RECEIVING
from data_layer.readings.model import Action, Reading
from data_layer.readings.operations import submit_one
from data_layer.readings.rules import REST
from tests.integration.jobs_ended import ended
from tests.integration.without_audit import without_audit

METER = "531-204-118"
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def opened(home: Path, now: datetime = NOW, *, scheduled: bool = False) -> Book:
    return Book.open(home, clock=lambda: now, scheduled=scheduled)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with opened(tmp_path / "home") as book:
        book.accounts.register(Account(METER, "Tan", "1 Orchard Road"), actor="cli")
    return tmp_path / "home"


def send(book: Book, time: str, wh: int = 1000) -> None:
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    submit_one(book.readings, scope, Reading(METER, "S", book.zone.parse(time), wh), rules=REST)


def test_what_is_stopped_stays_stopped_over_a_restart(home: Path) -> None:
    with opened(home) as book:
        book.receiving_switch.stop(actor="boss@example.org")
        with pytest.raises(Unavailable, match="stopped at 2026-11-20 12:00:00, "):
            send(book, "2026-11-20T10:00:00")
        with pytest.raises(Conflict, match="stopped already"):
            book.receiving_switch.stop(actor="cli")
    with opened(home) as book:
        state = book.state()
        assert (state.receiving, state.stopped, state.poisoned) == (False, True, False)
        with pytest.raises(Unavailable, match="stopped at"):
            send(book, "2026-11-20T10:00:00")
        book.receiving_switch.resume(actor="boss@example.org")
        send(book, "2026-11-20T10:00:00")
        with pytest.raises(Conflict, match="received already"):
            book.receiving_switch.resume(actor="cli")
        said = [(one.actor, one.action) for one in book.audit.recent()]
        assert ("boss@example.org", "receiving stopped") in said
        assert ("boss@example.org", "receiving resumed") in said
    with opened(home) as book:
        assert book.state().receiving


def test_what_cannot_be_written_down_is_not_done_and_may_be_asked_again(home: Path) -> None:
    with opened(home) as book:
        with without_audit(book.database), pytest.raises(SQLAlchemyError):
            book.receiving_switch.stop(actor="cli")
        assert book.state().receiving
        book.receiving_switch.stop(actor="cli")
        with without_audit(book.database), pytest.raises(SQLAlchemyError):
            book.receiving_switch.resume(actor="cli")
        assert (book.state().stopped, book.state().poisoned) == (True, False)
        book.receiving_switch.resume(actor="cli")
        assert book.state().receiving
        told = [one.action for one in book.audit.recent()]
        assert [told.count(f"receiving {what}") for what in ("stopped", "resumed")] == [1, 1]


def test_the_end_of_a_day_leaves_it_stopped(home: Path) -> None:
    with opened(home) as book:
        send(book, "2026-11-20T10:00:00")
        book.receiving_switch.stop(actor="cli")
        job = ended(book, book.jobs.start(END_DAY, {}, actor="cli"))
        assert job.result["readings_merged"] == 1
        assert not book.state().receiving
        with pytest.raises(Unavailable, match="stopped at"):
            send(book, "2026-11-20T10:30:00")


def test_missed_days_are_ended_while_receiving_is_stopped(home: Path) -> None:
    with opened(home) as book:
        send(book, "2026-11-20T10:00:00")
        book.receiving_switch.stop(actor="cli")
    with opened(home, datetime(2026, 11, 21, 4, tzinfo=UTC), scheduled=True) as book:
        assert book.state().day_file_readings == 1
        assert not book.state().receiving


def test_it_is_not_turned_while_the_day_is_being_ended(home: Path) -> None:
    with opened(home) as book, book.receiving_switch.pause("the day is being ended."):
        for turn in (book.receiving_switch.stop, book.receiving_switch.resume):
            with pytest.raises(Conflict, match="being ended"):
                turn(actor="cli")
        assert not book.state().poisoned


@pytest.mark.parametrize("rotten", [b"", b"{", b"[1]", b"\xff\xfe", b'{"at": "x", "actor": 1}'])
def test_a_mark_that_cannot_be_read_says_stopped(home: Path, rotten: bytes) -> None:
    with opened(home) as book:
        book.receiving_switch.stop(actor="cli")
    (home / ".meterbook" / "receiving-stopped.json").write_bytes(rotten)
    with opened(home) as book:
        assert not book.state().receiving
        book.receiving_switch.resume(actor="cli")
        send(book, "2026-11-20T10:00:00")


def test_a_damaged_home_is_not_opened_by_resuming(home: Path) -> None:
    with opened(home) as book:
        send(book, "2026-11-19T10:00:00")
        assert ended(book, book.jobs.start(END_DAY, {}, actor="cli")).state is JobState.DONE
        book.receiving_switch.stop(actor="cli")
    day = home / "daily" / "2026-11-19.csv"
    day.write_bytes(day.read_bytes().replace(b"1.000", b"7.000"))
    for snapshot in (home / ".meterbook" / "snapshot").iterdir():
        snapshot.unlink()
    with opened(home) as book:
        assert book.state().problems
        with pytest.raises(Unavailable, match=r"2026-11-19\.csv"):
            book.receiving_switch.resume(actor="cli")
        assert not book.state().receiving


def test_a_command_turns_it_beside_a_job_that_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def waits(_self: Book, _task: Task) -> Result:
        begun.set()
        go_on.wait(20)
        return {}

    monkeypatch.setattr(Book, "_back_up", waits)
    with opened(home) as book:
        running = book.jobs.start(BACK_UP, {}, actor="cli")
        assert begun.wait(20)
        job = ended(book, book.jobs.start(SWITCH_RECEIVING, {"receive": False}, actor="cli"))
        assert job.result == {"receiving": False}
        assert not book.jobs.get(running).finished
        go_on.set()
