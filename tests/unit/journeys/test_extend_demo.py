"""A demo left alone and extended is the demo that a later creation would have made."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_layer.accounts.model import OPERATOR
from data_layer.book import Book
from data_layer.errors import Corrupt
from data_layer.journeys.create_demo import create_demo
from data_layer.journeys.demo_recipe import SEED, Recipe
from data_layer.journeys.extend_demo import Extension, extend_demo
from data_layer.readings import queries
from data_layer.readings.model import Action, Reading, RowFilter, Scope
from data_layer.readings.operations import submit_one
from data_layer.readings.rules import ADMIN_MANUAL

CREATED = datetime(2026, 3, 10, 10, 17, tzinfo=UTC)  # 18:17 in Singapore
METERS, ANOTHER_SEED = 30, 77
READ = Scope("admin", Action.READ_READINGS, meter_ids=None)


def silent(what: str, done: int, total: int) -> None:
    assert 0 <= done <= total, what


@pytest.fixture(scope="module")
def created(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "home"
    create_demo(folder, now=CREATED, progress=silent, meters=METERS, days=3, seed=ANOTHER_SEED)
    return folder


@pytest.fixture
def home(created: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(created, tmp_path / "home"))


def opened(home: Path, now: datetime) -> Book:
    return Book.open(home, clock=lambda: now, scheduled=False)


def extended(book: Book) -> Extension:
    accounts = book.accounts.all()
    recipe = Recipe.of(book.home, accounts=len(accounts))
    return extend_demo(book.readings, accounts, recipe, now=book.clock(), progress=silent)


def readings_since_creation(book: Book) -> dict[tuple[str, int], int | None]:
    wanted = RowFilter(start=int(CREATED.timestamp()), limit=100_000)
    rows = queries.rows(book.readings, READ, wanted).batch.rows()
    return {(row.meter_id, row.read_at): row.value_wh for row in rows}


def test_readings_go_on_up_to_now_and_once(home: Path) -> None:
    now = CREATED + timedelta(days=1, minutes=20)
    with opened(home, now) as book:
        added = extended(book)
        meter = book.accounts.by_email("household@example.com")[0].meter_id
        latest = queries.latest(book.readings, READ, meter_id=meter)
        today = queries.consumption(book.readings, READ, meter_id=meter, period="today")

        assert METERS * 48 < added.readings <= METERS * 49
        assert latest is not None
        assert book.zone.format(latest.read_at) == "2026-03-11T18:30:00+08:00"
        assert today.missing_half_hours == 0
        assert (today.consumption_wh or 0) > 0
        assert extended(book) == Extension()


def test_days_that_are_over_are_sealed_and_today_is_in_the_log(home: Path) -> None:
    with opened(home, CREATED + timedelta(days=2)) as book:
        extended(book)

    assert sorted(path.name for path in (home / "daily").iterdir())[-1] == "2026-03-11.csv"
    log = (home / "logs" / "log.txt").read_text()
    assert "2026-03-12T18:00" in log or "2026-03-12T10:00" in log
    assert METERS * 36 < len(log.splitlines()) <= METERS * 37 + 1


def test_pieces_and_a_longer_creation_are_the_same_half_hours(home: Path, tmp_path: Path) -> None:
    now = CREATED + timedelta(days=24)  # the month ends in between
    once = Path(shutil.copytree(home, tmp_path / "once"))
    with opened(once, now) as book:
        extended(book)
        at_once = readings_since_creation(book)
    for day in (1, 2, 24):
        with opened(home, CREATED + timedelta(days=day)) as book:
            extended(book)
            in_pieces = readings_since_creation(book)
    create_demo(
        tmp_path / "later", now=now, progress=silent, meters=METERS, days=27, seed=ANOTHER_SEED
    )
    with opened(tmp_path / "later", now) as book:
        later = readings_since_creation(book)

    assert at_once == in_pieces == later
    assert len(at_once) > 24 * METERS * 47


def test_a_register_goes_on_from_what_somebody_entered(home: Path) -> None:
    read_at = int(CREATED.timestamp()) + 500
    with opened(home, CREATED + timedelta(hours=1)) as book:
        meter = book.accounts.by_email("household@example.com")[0].meter_id
        last = queries.latest(book.readings, READ, meter_id=meter)
        assert last is not None
        assert last.value_wh is not None
        entered = last.value_wh + 700
        scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
        reading = Reading(meter, "S", read_at, entered)
        submit_one(book.readings, scope, reading, rules=ADMIN_MANUAL)

        assert extended(book).refused == 0
        after = [
            value or 0
            for (name, when), value in sorted(readings_since_creation(book).items())
            if name == meter and when > read_at
        ]

    assert len(after) == 2
    assert entered <= after[0] <= after[1] < entered + 5_000


def test_a_deactivated_meter_sends_nothing_and_the_others_do(home: Path) -> None:
    with opened(home, CREATED + timedelta(hours=1)) as book:
        gone = book.accounts.all()[7].meter_id
        book.accounts.deactivate(gone, actor=OPERATOR.name)

        added = extended(book)
        sent = {meter for meter, _ in readings_since_creation(book)}

    assert added.refused == 0
    assert gone not in sent
    assert len(sent) == METERS - 1


def test_an_account_added_since_does_not_change_its_neighbors(home: Path) -> None:
    now = CREATED + timedelta(hours=3)
    with opened(home, now) as book:
        model = book.accounts.all()[0]
        newcomer = replace(model, meter_id="new-meter", email="", password_hash="")
        book.accounts.register(newcomer, actor=OPERATOR.name)
        added = extended(book)
        sent = {meter for meter, _ in readings_since_creation(book)}

    assert added.refused == 0
    assert len(sent) == METERS
    assert "new-meter" not in sent


def test_a_home_without_a_recipe_is_of_the_usual_seed(tmp_path: Path) -> None:
    (tmp_path / ".meterbook").mkdir()
    assert Recipe.of(tmp_path, accounts=12) == Recipe(SEED, 12)
    Recipe(5, 40).keep(tmp_path)
    assert Recipe.of(tmp_path, accounts=12) == Recipe(5, 40)
    (tmp_path / ".meterbook" / "demo.json").write_text("{}")
    with pytest.raises(Corrupt, match="does not say how the demo was made"):
        Recipe.of(tmp_path, accounts=12)
