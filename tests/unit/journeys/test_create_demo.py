"""A demo home is whole, signed in to with the known password, and looks like a running day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_layer.accounts.demo_people import DEMO_PEOPLE
from data_layer.accounts.model import Role
from data_layer.accounts.passwords import matches
from data_layer.accounts.room import AccountsRoom
from data_layer.errors import BadInput, Conflict
from data_layer.journeys import create_demo as journey
from data_layer.journeys.create_demo import DemoHome, create_demo
from data_layer.readings import queries
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Action, Kind, RowFilter, Scope
from data_layer.readings.room import ReadingRoom
from data_layer.storage.database import Database
from data_layer.storage.home import Home

NOW = datetime(2026, 3, 10, 10, 17, tzinfo=UTC)  # 18:17 in Singapore
READ = Scope("admin", Action.READ_READINGS, meter_ids=None)
METERS, DAYS = 30, 110


def silent(what: str, done: int, total: int) -> None:
    assert 0 <= done <= total, what


@dataclass(frozen=True)
class Demo:
    """A demo home, opened."""

    created: DemoHome
    home: Home
    people: AccountsRoom
    room: ReadingRoom


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "home"
    created = create_demo(folder, now=NOW, progress=silent, meters=METERS, days=DAYS)
    with ExitStack() as stack:
        home = stack.enter_context(Home.existing(folder))
        database = Database.open(home.database)
        stack.callback(database.close)
        store = stack.enter_context(LocalStore.open(home, clock=lambda: NOW, writable=False))
        people = AccountsRoom.open(
            users=home.users,
            admins=home.admins,
            versions=home.versions,
            database=database,
            zone=home.zone,
            clock=lambda: NOW,
        )
        room = ReadingRoom(store, home.zone, lambda: NOW, people.accounts.standing)
        yield Demo(created, home, people, room)


def test_home_says_that_it_is_a_demo_in_singapore(demo: Demo) -> None:
    assert demo.home.demo
    assert demo.home.zone.name == "Asia/Singapore"
    assert list(demo.home.folder.parent.iterdir()) == [demo.home.folder]


def test_everybody_on_the_sign_in_page_comes_in(demo: Demo) -> None:
    for person in DEMO_PEOPLE:
        if person.role is Role.HOUSEHOLD:
            kept = {row.password_hash for row in demo.people.accounts.by_email(person.email)}
        else:
            member = demo.people.staff.get(person.email)
            assert member is not None
            assert member.role is person.role
            kept = {member.password_hash}
        assert len(kept) == 1
        assert matches(kept.pop(), person.password)


def test_readings_reach_from_the_first_day_to_now(demo: Demo) -> None:
    meter = demo.people.accounts.by_email("household@example.com")[0].meter_id
    zone = demo.home.zone
    first = queries.rows(demo.room, READ, RowFilter(sort_by="read_at", descending=False, limit=1))
    assert zone.format(int(first.batch.read_at[0])) == "2025-11-20T00:00:00+08:00"
    latest = queries.latest(demo.room, READ, meter_id=meter)
    assert latest is not None
    assert zone.format(latest.read_at) == "2026-03-10T18:00:00+08:00"
    today = queries.consumption(demo.room, READ, meter_id=meter, period="today")
    month = queries.consumption(demo.room, READ, meter_id=meter, period="last_month")
    assert today.consumption_wh is not None
    assert today.consumption_wh > 0
    assert month.consumption_wh is not None
    assert 50_000 < month.consumption_wh < 2_000_000
    assert month.missing_half_hours == 0


def test_todays_readings_are_in_the_log_and_the_others_in_day_files(demo: Demo) -> None:
    log = (demo.home.logs / "log.txt").read_text().splitlines()
    assert METERS * 36 < len(log) <= METERS * 37 + 1
    days = sorted(path.name for path in demo.home.daily.glob("????-??-??.csv"))
    assert len(days) == DAYS
    assert (days[0], days[-1]) == ("2025-11-20.csv", "2026-03-09.csv")
    assert demo.created.readings == queries.rows(demo.room, READ, RowFilter(limit=1)).total


def test_one_meter_was_exchanged(demo: Demo) -> None:
    found = queries.rows(demo.room, READ, RowFilter(kind=Kind.INITIAL))
    assert found.total == 1


def test_folder_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Conflict, match="is not empty"):
        create_demo(tmp_path, now=NOW, progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_too_few_meters_for_a_demo_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="at least"):
        create_demo(tmp_path / "demo", now=NOW, progress=silent, meters=3)


def test_interrupted_creation_leaves_no_home_and_can_be_repeated(tmp_path, monkeypatch) -> None:
    def power_cut(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(journey, "_submitted", power_cut)
    with pytest.raises(KeyboardInterrupt):
        create_demo(tmp_path / "demo", now=NOW, progress=silent, meters=METERS, days=1)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    created = create_demo(tmp_path / "demo", now=NOW, progress=silent, meters=METERS, days=1)
    assert created.readings > METERS * 48
