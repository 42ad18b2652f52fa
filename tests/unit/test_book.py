"""The Book: one owner of a home, missed days ended first, work done, everything closed again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from data_layer.accounts.model import OPERATOR, Account
from data_layer.book import AT_START, Book
from data_layer.errors import BadInput, Conflict, Unavailable
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.end_day import END_DAY
from data_layer.readings import queries
from data_layer.readings.model import Action, GroupPath, Reading, ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import REGISTER_CSV
from data_layer.storage.home import HomeInUse
from data_layer.storage.manifest import Manifest

METER = "531-204-118"
BEDOK = GroupPath("East", "Bedok", "4-room")
TAMPINES = GroupPath("East", "Tampines", "4-room")


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: str) -> None:
        self.now = datetime.fromisoformat(now).astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock("2026-11-20T12:00:00+08:00")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def book(home: Path, clock: HandClock) -> Iterator[Book]:
    with Book.open(home, clock=clock) as book:
        register(book)
        yield book


def register(book: Book, meter_id: str = METER, path: GroupPath = BEDOK) -> None:
    account = Account(meter_id, "Tan Wei Ling", "12 Bedok North Rd", **path._asdict())
    book.accounts.register(account, actor="cli")


def send(book: Book, *times: str, meter_id: str = METER, start_wh: int = 1_000_000) -> None:
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    readings = [
        Reading(meter_id, "S", book.zone.parse(text), start_wh + n * 500)
        for n, text in enumerate(times)
    ]
    receipt = submit(book.readings, scope, ReadingBatch.from_readings(readings), rules=REGISTER_CSV)
    assert receipt.accepted == len(times)


def used(book: Book, start: str, end: str) -> int | None:
    scope = book.authorize(OPERATOR, Action.READ_METER, METER)
    span = {"start": book.zone.parse(start), "end": book.zone.parse(end)}
    return queries.consumption(book.readings, scope, meter_id=METER, **span).consumption_wh


def ended(book: Book, job_id: str) -> Job:
    deadline = time.monotonic() + 60
    while not (job := book.jobs.get(job_id)).finished:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job


def end_day(book: Book, *, rebuild: bool = False) -> Job:
    return ended(book, book.jobs.start(END_DAY, {"rebuild": rebuild}, actor="cli"))


def _full_disk(_manifest: Manifest, _path: Path) -> None:
    raise Unavailable("manifest.json could not be written: No space left on device.")


def days(home: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted((home / "daily").glob("*.csv"))}


def test_a_second_owner_is_refused_and_says_who_owns_it(book: Book, home: Path) -> None:
    with pytest.raises(HomeInUse, match=str(book.owner_process())):
        Book.open(home)


def test_a_refused_second_owner_leaves_the_first_at_work(book: Book, home: Path) -> None:
    with pytest.raises(HomeInUse):
        Book.open(home)

    send(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00")

    assert end_day(book).result["readings_merged"] == 2


def test_a_closed_book_gives_the_home_back(home: Path) -> None:
    for _ in range(2):
        with Book.open(home) as book:
            assert book.owner_process() is not None
    with Book.open(home, writable=False) as onlooker:
        assert onlooker.owner_process() is None


def test_a_home_in_another_zone_is_refused(home: Path) -> None:
    Book.open(home, timezone="Europe/London").close()

    with pytest.raises(BadInput, match="Europe/London"):
        Book.open(home, timezone="Asia/Singapore")
    with Book.open(home) as book:
        assert book.zone.name == "Europe/London"


def test_an_onlooker_sees_what_was_sent_and_can_send_nothing(book: Book, home: Path) -> None:
    send(book, "2026-11-20T09:00:00", "2026-11-20T10:00:00")

    with Book.open(home, writable=False, clock=book.clock) as onlooker:
        assert used(onlooker, "2026-11-20T09:00:00", "2026-11-20T10:00:00") == 500
        with pytest.raises(Unavailable, match="reading only"):
            send(onlooker, "2026-11-20T10:30:00")


def test_ending_the_day_writes_the_day_files_and_loses_nothing(book: Book, home: Path) -> None:
    send(book, "2026-11-18T09:00:00", "2026-11-20T09:00:00")

    job = end_day(book)

    assert job.state is JobState.DONE
    assert job.result == {
        "rebuild": False,
        "days_written": 2,
        "readings_merged": 2,
        "day_files": 2,
        "readings": 2,
    }
    assert set(days(home)) == {"2026-11-18", "2026-11-20"}
    assert book.receiving
    assert used(book, "2026-11-18T09:00:00", "2026-11-20T09:00:00") == 500


@pytest.mark.parametrize("rebuild", [False, True])
def test_ending_the_day_again_changes_nothing(book: Book, home: Path, rebuild: bool) -> None:
    send(book, "2026-11-18T09:00:00", "2026-11-20T09:00:00")
    end_day(book)
    before = days(home)

    job = end_day(book, rebuild=rebuild)

    assert (job.result["days_written"], job.result["readings_merged"]) == (0, 0)
    assert days(home) == before
    assert used(book, "2026-11-18T09:00:00", "2026-11-20T09:00:00") == 500


def test_missed_days_are_ended_before_anybody_is_served(home: Path, clock: HandClock) -> None:
    with Book.open(home, clock=clock) as book:
        register(book)
        send(book, "2026-11-19T09:00:00", "2026-11-20T09:00:00")
    clock.now += timedelta(days=3)

    with Book.open(home, clock=clock) as book:
        assert set(days(home)) == {"2026-11-19", "2026-11-20"}
        last = book.state().last_batch
        assert last is not None
        assert (last.actor, last.result["readings_merged"]) == (AT_START, 2)
        assert book.receiving


def test_a_start_on_the_same_day_leaves_the_log_open(home: Path, clock: HandClock) -> None:
    with Book.open(home, clock=clock) as book:
        register(book)
        send(book, "2026-11-19T09:00:00", "2026-11-20T09:00:00")
    clock.now += timedelta(hours=11)

    with Book.open(home, clock=clock) as book:
        assert days(home) == {}
        assert book.state().log_lines == 2


def test_an_end_of_day_that_a_crash_cut_short_is_finished_at_start(
    home: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Book.open(home, clock=clock) as book:
        register(book)
        send(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00")
        with monkeypatch.context() as disk:
            disk.setattr(Manifest, "save", _full_disk)
            end_day(book)
        assert book.state().sealed_logs == 1

    with Book.open(home, clock=clock) as book:
        state = book.state()
        assert (state.sealed_logs, state.day_file_readings) == (0, 2)
        assert used(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00") == 500


def test_a_damaged_log_is_shown_and_takes_nothing(home: Path, clock: HandClock) -> None:
    with Book.open(home, clock=clock) as book:
        register(book)
        send(book, "2026-11-19T09:00:00", "2026-11-20T09:00:00")
    log = home / "logs" / "log.txt"
    header, first, rest = log.read_bytes().split(b"\n", 2)
    log.write_bytes(b"\n".join([header, first[:5] + b"#,#" + first[8:], rest]))
    clock.now += timedelta(days=2)

    with Book.open(home, clock=clock) as book:
        state = book.state()
        assert not state.receiving
        assert not state.poisoned
        assert "flask home repair" in state.problems[-1]
        with pytest.raises(Unavailable):
            send(book, "2026-11-21T09:00:00")


def test_a_book_opens_around_a_day_file_that_does_not_hold(home: Path, clock: HandClock) -> None:
    with Book.open(home, clock=clock) as book:
        register(book)
        send(book, "2026-11-19T09:00:00", "2026-11-19T09:30:00")
        send(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00", start_wh=2_000_000)
        end_day(book)
    (home / "daily" / "2026-11-19.csv").write_bytes(b"\0" * 100)
    for path in (home / ".meterbook" / "snapshot").iterdir():
        path.unlink()
    clock.now += timedelta(days=2)

    with Book.open(home, clock=clock) as book:
        state = book.state()
        assert (state.receiving, state.poisoned) == (False, False)
        assert f"{home / 'daily' / '2026-11-19.csv'} line 1" in " ".join(state.problems)
        assert used(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00") == 500
        assert used(book, "2026-11-19T09:00:00", "2026-11-19T09:30:00") is None
        with pytest.raises(Unavailable, match="2026-11-19"):
            send(book, "2026-11-21T09:00:00")


def test_a_day_that_cannot_be_ended_resumes_receiving_and_says_why(
    book: Book, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(book, "2026-11-20T09:00:00")

    with monkeypatch.context() as disk:
        disk.setattr(Manifest, "save", _full_disk)
        job = end_day(book)

    assert job.state is JobState.FAILED
    assert "No space left" in job.error
    assert book.receiving
    assert book.audit.recent(1)[0].action == "end of day failed"
    send(book, "2026-11-20T09:30:00", start_wh=2_000_000)
    assert end_day(book).state is JobState.DONE
    assert used(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00") == 1_000_000


def test_readings_are_refused_while_the_day_is_ended(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = Event(), Event()
    store = book._opened_store()
    seal = store.seal

    def slow(*args: object, **options: bool) -> None:
        inside.set()
        go_on.wait(30)
        seal(**options)

    monkeypatch.setattr(store, "seal", slow)
    job_id = book.jobs.start(END_DAY, {}, actor="cli")
    assert inside.wait(30)
    state = book.state()
    with pytest.raises(Unavailable, match="day is being ended"):
        send(book, "2026-11-20T09:00:00")
    go_on.set()

    assert not state.receiving
    assert not state.poisoned
    assert ended(book, job_id).state is JobState.DONE
    send(book, "2026-11-20T09:00:00")


def test_only_one_end_of_day_at_a_time(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = Event()
    monkeypatch.setattr(book._opened_store(), "seal", lambda *_, **__: go_on.wait(30))
    job_id = book.jobs.start(END_DAY, {}, actor="cli")

    with pytest.raises(Conflict, match="already running"):
        book.jobs.start(END_DAY, {"rebuild": True}, actor="cli")
    book._ring()
    go_on.set()

    ended(book, job_id)
    assert len(book.jobs.recent()) == 1


def test_midnight_ends_the_day(book: Book, home: Path) -> None:
    send(book, "2026-11-20T09:00:00")

    book._ring()

    assert ended(book, book.jobs.recent(1)[0].id).actor == "midnight"
    assert set(days(home)) == {"2026-11-20"}


def test_a_changed_address_counts_elsewhere_at_once(book: Book) -> None:
    register(book, "531-000-002", TAMPINES)
    for meter_id in (METER, "531-000-002"):
        send(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00", meter_id=meter_id)
    end_day(book)
    assert book.readings.store.reporting_meters() == {BEDOK: 1, TAMPINES: 1}

    account = book.accounts.get(METER)
    assert account is not None
    book.accounts.modify(replace(account, area="Tampines"), actor="cli")

    assert book.readings.store.reporting_meters() == {TAMPINES: 2}


def test_a_hand_edit_counts_at_the_next_look(book: Book, home: Path) -> None:
    send(book, "2026-11-20T09:00:00", "2026-11-20T09:30:00")
    users = home / "users.csv"
    users.write_text(users.read_text().replace("Bedok,", "Tampines,"))

    assert book.readings.households() == {TAMPINES: 1}
    assert book.readings.store.reporting_meters() == {TAMPINES: 1}


def test_a_broken_hand_edit_is_shown_as_a_problem(book: Book, home: Path) -> None:
    assert book.state().problems == ()
    with (home / "users.csv").open("a") as file:
        file.write("half a line\n")

    (problem,) = book.state().problems

    assert "users.csv" in problem
    assert book.accounts.get(METER) is not None


def test_the_state_tells_log_index_and_batch(book: Book, home: Path) -> None:
    send(book, "2026-11-19T09:00:00", "2026-11-20T09:00:00")
    before = book.state()
    end_day(book)
    after = book.state()

    assert (before.log_lines, before.tail_readings, before.day_files) == (2, 2, 0)
    assert (after.log_lines, after.tail_readings, after.day_files) == (0, 0, 2)
    assert after.day_file_readings == 2
    assert after.index_generation > before.index_generation
    assert after.index_series == 1
    assert after.index_bytes > 0
    assert after.accounts == 1
    assert after.memory_bytes > 1_000_000
    assert after.as_json()["home"] == str(home)


def test_a_failed_opening_gives_everything_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_book: Book, _min_group: int) -> None:
        raise Unavailable("no room.")

    with monkeypatch.context() as trouble:
        trouble.setattr(Book, "_open_accounts", broken)
        with pytest.raises(Unavailable, match="no room"):
            Book.open(home)

    Book.open(home).close()


def test_many_threads_may_ask_an_onlooker_first(book: Book, home: Path) -> None:
    send(book, "2026-11-20T09:00:00", "2026-11-20T10:00:00")
    answers: list[int | None] = []
    with Book.open(home, writable=False, clock=book.clock) as onlooker:

        def ask() -> None:
            answers.append(used(onlooker, "2026-11-20T09:00:00", "2026-11-20T10:00:00"))

        threads = [Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [500] * 8
