"""Under half-hourly prices, which come a day ahead, the days of the running month have a cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from api.bill_view import BillView
from callbacks import bill_answers
from data_layer.accounts.model import OPERATOR
from data_layer.billing import queries
from data_layer.book import Book
from data_layer.errors import NotFound, RuleBroken
from data_layer.readings.model import Action
from data_layer.tariffs.model import Prices
from tests.unit.billing.conftest import METER, HandClock, enter, flat
from tests.unit.billing.test_bills import issue, send
from tests.unit.billing.test_costs import amount, asked

FIRST = date(2026, 11, 1)
NOON, LATE_EVENING, OVER = "2026-11-20T12:00", "2026-11-20T23:00", "2026-12-01T00:00"
CHANGING: dict[str, object] = {
    "valid_from": "2020-01-01",
    "energy": {"kind": "price_series", "series": "agile"},
    "standing": {"per_day": "0.40", "per_kw_month": "1.70"},
    "subsidy": {"units_kwh": "600", "share": "0.5"},
    "tax": {"rate": "0.05", "name": "VAT"},
}
RANGES = [
    (FIRST, date(2026, 11, 19)),
    (date(2026, 11, 16), date(2026, 11, 20)),
    (date(2026, 11, 20), date(2026, 11, 20)),
    (FIRST, date(2026, 11, 30)),
]


def priced(book: Book, start: str, end: str) -> None:
    """Prices of [start, end), each another than those beside it."""
    starts = np.arange(book.zone.parse(start), book.zone.parse(end), 1800, dtype=np.int64)
    price = tuple(Decimal(n // 1800 * 7919 % 4001 - 500).scaleb(-4) for n in starts.tolist())
    scope = book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
    book.tariffs.enter_prices(scope, Prices("agile", starts, price, int(starts[-1]) + 1800))


def used(book: Book, start: str, end: str) -> None:
    """24 kWh a day from November on, read at every half hour of (start, end]."""
    begin, first, last = (book.zone.parse(text) for text in ("2026-11-01T00:00", start, end))
    read_at = range(first + (1800 if first > begin else 0), last + 1, 1800)
    send(book, *((book.zone.format(at), (at - begin) // 1800 * 500) for at in read_at))


@pytest.fixture
def running(book: Book) -> Book:
    """At noon; prices reach to eleven in the evening, as those of a day do in Great Britain."""
    book.supplies.sanction(METER, Decimal("6.5"), actor="cli")
    enter(book, CHANGING)
    used(book, "2026-11-01T00:00", NOON)
    priced(book, "2026-11-01T00:00", LATE_EVENING)
    return book


def test_days_cost_before_later_prices_come_what_they_cost_after(
    running: Book, clock: HandClock
) -> None:
    told = [amount(running, *days) for days in RANGES]
    priced(running, LATE_EVENING, OVER)
    assert [amount(running, *days) for days in RANGES] == told
    clock.move("2026-12-01T00:30:00+00:00")
    used(running, NOON, OVER)
    assert amount(running, *RANGES[0]) == told[0]
    days = [amount(running, day, day) for day in (FIRST + timedelta(n) for n in range(30))]
    assert sum(days) == amount(running, FIRST, date(2026, 11, 30))
    bill = issue(running, "2026-11").bill
    rounding = Decimal("0.005") * len(bill.lines) * 2
    assert abs(sum(days) - Decimal(bill.gross).scaleb(-2)) < rounding


def test_the_last_day_told_is_today(running: Book) -> None:
    found = asked(running, FIRST, date(2026, 11, 30))
    assert found is not None
    assert found.last == date(2026, 11, 20)
    assert found.amount == amount(running, *RANGES[0]) + amount(running, *RANGES[2])


def test_a_version_to_come_needs_no_prices_yet(book: Book) -> None:
    used(book, "2026-11-01T00:00", NOON)
    before = amount(book, FIRST, date(2026, 11, 20))
    enter(book, flat("0.25"), CHANGING | {"valid_from": "2026-11-25"})
    assert amount(book, FIRST, date(2026, 11, 20)) == before


def test_what_was_used_without_a_price_is_named_by_its_day(book: Book) -> None:
    enter(book, CHANGING)
    used(book, "2026-11-01T00:00", NOON)
    with pytest.raises(NotFound, match="'agile' has no price in this period"):
        asked(book, FIRST, date(2026, 11, 19))
    priced(book, "2026-11-01T00:00", "2026-11-18T12:00")
    assert amount(book, FIRST, date(2026, 11, 17)) > 0
    with pytest.raises(RuleBroken, match="a half hour of 2026-11-18: it is not entered yet"):
        asked(book, FIRST, date(2026, 11, 19))


def test_a_month_without_all_of_its_prices_is_not_projected_and_says_why(running: Book) -> None:
    assert why_not(running) == (
        "What this month will cost cannot be told: price series 'agile' has no price for a half "
        "hour of 2026-11-20: it is not entered yet."
    )
    priced(running, "2026-11-22T00:00", OVER)
    assert why_not(running).endswith("price series 'agile' has a gap inside this period.")
    priced(running, LATE_EVENING, "2026-11-22T00:00")
    assert why_not(running) == ""
    scope = running.authorize(OPERATOR, Action.READ_BILLS, METER)
    assert queries.projection(running.billing, scope, meter_id=METER) is not None


def why_not(book: Book) -> str:
    scope = book.authorize(OPERATOR, Action.READ_BILLS, METER)
    return bill_answers.answer(book, scope, BillView("", "", None), METER).why_no_projection
