"""Days cost what they add to their month, exactly; days to come and days of others cost nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from data_layer.accounts.model import OPERATOR
from data_layer.billing import costs
from data_layer.billing.costs import Cost
from data_layer.book import Book
from data_layer.errors import Forbidden, RuleBroken
from data_layer.readings.model import Action
from tests.unit.billing.conftest import METER, HandClock, enter, flat
from tests.unit.billing.test_bills import a_month, issue, modify, send

VAT = {"tax": {"rate": "0.05", "name": "VAT"}, "standing": {"per_day": "0.40"}}
STEPS = {"kind": "slabs", "steps": [{"rate": "0.20", "up_to_kwh": "100"}, {"rate": "0.30"}]}
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def asked(book: Book, first: date, last: date) -> Cost | None:
    scope = book.authorize(OPERATOR, Action.READ_BILLS, METER)
    return costs.cost(book.billing, scope, meter_id=METER, first=first, last=last)


def amount(book: Book, first: date, last: date) -> Decimal:
    found = asked(book, first, last)
    assert found is not None
    return found.amount


def test_days_add_up_to_the_month_and_the_bill_is_its_rounding(book: Book) -> None:
    enter(book, {"valid_from": "2020-01-01", "energy": STEPS, **VAT})
    a_month(book)
    first, last = OCTOBER
    days = [amount(book, day, day) for day in (first + timedelta(n) for n in range(31))]
    whole = amount(book, first, last)
    assert sum(days) == whole
    bill = issue(book).bill
    assert abs(whole - Decimal(bill.gross).scaleb(-2)) < Decimal("0.005") * len(bill.lines) * 2
    # 12 hours, then 10.511 kWh a day: the first 100 kWh are used up on the tenth.
    assert days[0] < days[-1]


def test_a_range_over_two_months_is_that_of_both(book: Book) -> None:
    a_month(book)
    first, last = date(2026, 9, 30), date(2026, 10, 3)
    halves = amount(book, first, first) + amount(book, date(2026, 10, 1), last)
    assert amount(book, first, last) == halves


def test_the_running_month_has_all_of_its_slabs_and_no_day_to_come(
    book: Book, clock: HandClock
) -> None:
    enter(book, {"valid_from": "2020-01-01", "energy": STEPS, **VAT})
    send(book, ("2026-11-01T00:00", 0), ("2026-11-03T00:00", 99_000))
    clock.move("2026-11-02T23:30:00+00:00")
    found = asked(book, date(2026, 11, 1), date(2026, 11, 30))
    assert found is not None
    assert (found.first, found.last) == (date(2026, 11, 1), date(2026, 11, 2))
    used = Decimal(99) * Decimal("0.20") + 2 * Decimal("0.40")
    assert found.amount == used * Decimal("1.05")


def test_only_the_days_of_the_occupant_are_told(book: Book) -> None:
    a_month(book)
    modify(book, moved_in="2026-10-30")
    found = asked(book, *OCTOBER)
    assert found is not None
    assert found.first == date(2026, 10, 30)
    assert found.amount == amount(book, date(2026, 10, 30), date(2026, 10, 31))
    assert asked(book, date(2026, 10, 1), date(2026, 10, 29)) is None


def test_what_has_no_cost_has_none_and_what_has_no_rate_says_so(book: Book) -> None:
    assert asked(book, *OCTOBER) is None
    a_month(book)
    assert asked(book, date(2026, 12, 1), date(2026, 12, 2)) is None
    modify(book, account_type="prepaid")
    assert asked(book, *OCTOBER) is None
    modify(book, account_type="postpaid", tariff_code="")
    assert asked(book, *OCTOBER) is None
    enter(book, flat("0.25", "2026-10-20"), code="LATER")
    modify(book, tariff_code="LATER")
    with pytest.raises(RuleBroken, match="valid only from 2026-10-20"):
        asked(book, *OCTOBER)
    with pytest.raises(Forbidden):
        costs.cost(
            book.billing,
            book.authorize(OPERATOR, Action.READ_METER, METER),
            meter_id=METER,
            first=OCTOBER[0],
            last=OCTOBER[1],
        )
