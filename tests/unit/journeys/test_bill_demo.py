"""The demo's households have tariffs, and bills of the months that ended, as if made that night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_layer.accounts.model import OPERATOR
from data_layer.billing import operations, queries
from data_layer.billing.model import Bill
from data_layer.book import Book
from data_layer.journeys.bill_demo import bill_since
from data_layer.journeys.create_demo import create_demo
from data_layer.journeys.demo_recipe import Recipe
from data_layer.journeys.demo_tariffs import DEMO_TARIFFS
from data_layer.journeys.extend_demo import extend_demo
from data_layer.readings.model import Action
from data_layer.tariffs.rules import check_version

CREATED = datetime(2026, 3, 10, 10, 17, tzinfo=UTC)
METERS = 30


def silent(what: str, done: int, total: int) -> None:
    assert 0 <= done <= total, what


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("demo") / "home"
    create_demo(folder, now=CREATED, progress=silent, meters=METERS, days=75)
    return folder


def opened(home: Path, now: datetime) -> Book:
    return Book.open(home, clock=lambda: now, scheduled=False)


def bills_of(book: Book, meter_id: str) -> list[Bill]:
    scope = book.authorize(OPERATOR, Action.READ_BILLS, meter_id)
    return queries.bills(book.billing, scope, meter_id=meter_id)


def test_tariffs_are_such_as_could_be_entered() -> None:
    for tariff in DEMO_TARIFFS:
        for version in tariff.versions:
            check_version(version)


def test_whole_months_are_billed_as_in_the_night_after(home: Path) -> None:
    with opened(home, CREATED) as book:
        accounts = book.accounts.all()
        assert {account.tariff_code for account in accounts} == {one.code for one in DEMO_TARIFFS}
        found = {account.meter_id: bills_of(book, account.meter_id) for account in accounts}
        own, others = accounts[:2], accounts[2:]
        zone = book.zone
        for account in own:  # readings begin on 25 December
            assert [bill.month for bill in found[account.meter_id]] == ["2026-02", "2026-01"]
        for account in others:
            assert [bill.month for bill in found[account.meter_id]] == ["2026-02"]
        bill = found[own[0].meter_id][0]
        assert zone.format(bill.made_at) == "2026-03-01T00:15:00+08:00"
        assert (bill.version, bill.reason) == (1, "first bill of the month")
        assert (bill.missing_half_hours, bill.gross > 0) == (0, True)
        for account in accounts:
            scope = book.authorize(OPERATOR, Action.MANAGE_BILLS, account.meter_id)
            again = operations.issue(
                book.billing, scope, meter_id=account.meter_id, month="2026-02"
            )
            assert not again.is_new, account.meter_id


def test_an_extended_demo_has_the_bills_of_the_months_between(home: Path) -> None:
    now = CREATED + timedelta(days=60)
    with opened(home, now) as book:
        accounts = book.accounts.all()
        recipe = Recipe.of(book.home, accounts=len(accounts))
        extend_demo(book.readings, accounts, recipe, now=now, progress=silent)
        assert bill_since(book.billing, accounts, progress=silent) == 2 * METERS
        assert bill_since(book.billing, accounts, progress=silent) == 0
        months = [bill.month for bill in bills_of(book, accounts[0].meter_id)]
        assert months == ["2026-04", "2026-03", "2026-02", "2026-01"]


def test_a_demo_without_bills_stays_without(tmp_path: Path) -> None:
    create_demo(tmp_path / "home", now=CREATED, progress=silent, meters=METERS, days=2)
    with opened(tmp_path / "home", CREATED + timedelta(days=40)) as book:
        assert bill_since(book.billing, book.accounts.all(), progress=silent) == 0
