"""A bill is its days, is kept, and is made again only when something changed."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from data_layer.accounts.model import OPERATOR
from data_layer.billing import operations, queries
from data_layer.billing.model import FIRST_BILL, NEW_FACTS, NEW_READINGS, NEW_TARIFF, Bill
from data_layer.billing.tables import bills
from data_layer.book import Book
from data_layer.errors import BadInput, Forbidden, NotFound, RuleBroken
from data_layer.jobs.model import Job
from data_layer.journeys.bill_month import BILL_MONTH
from data_layer.readings import queries as readings
from data_layer.readings.model import Action, Kind, Reading, ReadingBatch, SeriesKey
from data_layer.readings.operations import correct, submit
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.tariffs.charges import LineKind
from tests.unit.billing.conftest import METER, HandClock, enter, flat


def send(book: Book, *rows: tuple[str, int], kind: Kind = Kind.READ) -> None:
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    batch = ReadingBatch.from_readings(
        [Reading(METER, "S", book.zone.parse(text), wh, kind=kind) for text, wh in rows]
    )
    receipt = submit(book.readings, scope, batch, rules=ADMIN_MANUAL)
    assert receipt.accepted == len(rows), receipt


def issue(book: Book, month: str = "2026-10") -> operations.Issued:
    scope = book.authorize(OPERATOR, Action.MANAGE_BILLS, METER)
    return operations.issue(book.billing, scope, meter_id=METER, month=month)


def shown(book: Book) -> list[Bill]:
    scope = book.authorize(OPERATOR, Action.READ_BILLS, METER)
    return queries.bills(book.billing, scope, meter_id=METER)


def modify(book: Book, **changes: str) -> None:
    account = book.accounts.get(METER)
    assert account is not None
    book.accounts.modify(replace(account, **changes), actor="cli")  # type: ignore[arg-type]


def a_month(book: Book) -> None:
    send(book, ("2026-09-30T12:00", 900_000), ("2026-10-01T00:00", 1_000_000))
    send(book, ("2026-10-15T06:30", 1_150_000), ("2026-11-02T00:00", 1_400_000))


def test_a_bill_is_the_sum_of_its_days_and_the_usage_pages_month(book: Book) -> None:
    a_month(book)
    bill = issue(book).bill
    scope = book.authorize(OPERATOR, Action.READ_METER, METER)
    start, end = book.zone.parse("2026-10-01T00:00"), book.zone.parse("2026-11-01T00:00")
    page = readings.consumption(book.readings, scope, meter_id=METER, start=start, end=end)
    table = readings.series(
        book.readings, scope, meter_id=METER, start=start, end=end, resolution="day"
    )
    assert [day.wh for day in bill.days] == table.consumption_wh.tolist()
    assert bill.consumption_wh == page.consumption_wh == sum(day.wh for day in bill.days)
    assert bill.estimated_wh == page.estimated_wh
    energy = [line for line in bill.lines if line.kind is LineKind.ENERGY]
    assert sum(line.quantity for line in energy) == Decimal(bill.consumption_wh).scaleb(-3)
    assert (len(bill.days), bill.reason, bill.version) == (31, FIRST_BILL, 1)


def test_both_ends_say_what_they_rest_on(book: Book) -> None:
    a_month(book)
    bill = issue(book).bill
    assert (bill.start_read.value_wh, bill.start_read.estimated) == (1_000_000, False)
    assert [key.value_wh for key in bill.start_read.keys] == [1_000_000]
    assert bill.end_read.estimated
    assert [key.value_wh for key in bill.end_read.keys] == [1_150_000, 1_400_000]
    assert bill.end_read.value_wh == bill.start_read.value_wh + bill.consumption_wh


def test_an_exchanged_meter_is_billed_over_both_registers(book: Book) -> None:
    send(book, ("2026-10-01T00:00", 5_000_000), ("2026-10-20T10:00", 5_200_000))
    send(book, ("2026-10-20T10:00", 0), kind=Kind.INITIAL)
    send(book, ("2026-11-01T00:00", 90_000))
    bill = issue(book).bill
    assert bill.consumption_wh == 290_000
    assert (bill.start_read.value_wh, bill.end_read.value_wh) == (5_000_000, 90_000)


def test_the_same_again_is_the_same_bill(book: Book) -> None:
    a_month(book)
    first = issue(book)
    again = issue(book)
    assert (first.is_new, again.is_new, again.bill) == (True, False, first.bill)
    assert shown(book) == [first.bill]


def test_late_readings_make_a_new_version_and_the_old_one_stays(book: Book) -> None:
    a_month(book)
    first = issue(book).bill
    send(book, ("2026-10-31T00:00", 1_390_000))
    second = issue(book)
    assert (second.is_new, second.bill.version, second.bill.reason) == (True, 2, NEW_READINGS)
    assert second.bill.gross > first.gross
    scope = book.authorize(OPERATOR, Action.READ_BILLS, METER)
    old = queries.bill(book.billing, scope, meter_id=METER, month="2026-10", version=1)
    assert old == first
    assert shown(book) == [second.bill]


def test_a_correction_that_leaves_the_total_is_told_all_the_same(book: Book) -> None:
    a_month(book)
    issue(book)
    scope = book.authorize(OPERATOR, Action.CORRECT_READINGS)
    reading = Reading(METER, "S", book.zone.parse("2026-10-15T06:30"), 1_160_000, source="page:b")
    correct(book.readings, scope, reading, reason="misread")
    assert issue(book).bill.reason == NEW_READINGS


def test_a_corrected_tariff_or_name_makes_a_new_version(book: Book) -> None:
    a_month(book)
    issue(book)
    enter(book, flat("0.26"))
    assert issue(book).bill.reason == NEW_TARIFF
    modify(book, owner_name="A. King")
    assert issue(book).bill.reason == NEW_FACTS


def test_a_month_that_runs_is_not_billed(book: Book, clock: HandClock) -> None:
    a_month(book)
    with pytest.raises(RuleBroken, match="is not over: its bill can be made from 2026-12-01 on"):
        issue(book, "2026-11")
    clock.move("2026-10-31T23:59:59+00:00")
    with pytest.raises(RuleBroken, match="is not over"):
        issue(book)


def test_what_cannot_be_billed_says_why(book: Book) -> None:
    with pytest.raises(NotFound, match="nothing is known of its consumption"):
        issue(book)
    with pytest.raises(BadInput, match="'2026-13' is not a month such as 2026-10"):
        issue(book, "2026-13")
    a_month(book)
    modify(book, tariff_code="")
    with pytest.raises(RuleBroken, match="has no tariff"):
        issue(book)
    scope = book.authorize(OPERATOR, Action.READ_BILLS, METER)
    with pytest.raises(Forbidden):
        operations.issue(book.billing, scope, meter_id=METER, month="2026-10")


def test_a_new_occupant_is_billed_from_the_day_they_moved_in(book: Book) -> None:
    a_month(book)
    issue(book)
    modify(book, moved_in="2026-10-11")
    bill = issue(book).bill
    assert (bill.first_day.isoformat(), len(bill.days)) == ("2026-10-11", 21)
    scope = replace(
        book.authorize(OPERATOR, Action.READ_BILLS, METER),
        since={METER: book.zone.parse("2026-10-11T00:00")},
    )
    assert queries.bills(book.billing, scope, meter_id=METER) == [bill]
    with pytest.raises(NotFound, match="has no bill for 2026-10, version 1, yet"):
        queries.bill(book.billing, scope, meter_id=METER, month="2026-10", version=1)


def test_the_batch_bills_everybody_once(book: Book) -> None:
    a_month(book)
    assert _billed(book).result == {
        "month": "2026-10",
        "made": 1,
        "unchanged": 0,
        "without_tariff": 0,
        "without_data": 0,
        "failed": 0,
        "troubles": [],
    }
    again = _billed(book).result
    assert (again["made"], again["unchanged"]) == (0, 1)
    with book.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(bills)) == 1
    assert (
        queries.last_month_bill(
            book.billing, book.authorize(OPERATOR, Action.READ_BILLS, METER), meter_id=METER
        )
        == shown(book)[0]
    )


def _billed(book: Book) -> Job:
    job_id = book.jobs.start(BILL_MONTH, {"month": "2026-10"}, actor="cli")
    deadline = time.monotonic() + 30
    while not (job := book.jobs.get(job_id)).finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return job


def test_the_running_month_is_projected_from_the_same_time_of_day(book: Book) -> None:
    start = book.zone.parse("2026-10-20T00:00")
    end = book.zone.parse("2026-11-20T12:00")
    times = range(start, end + 1, 1800)
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    batch = ReadingBatch.of(
        [SeriesKey(METER)],
        [0] * len(times),
        list(times),
        [n * 500 for n in range(len(times))],
    )
    assert submit(book.readings, scope, batch, rules=ADMIN_MANUAL).accepted == len(times)
    found = queries.projection(
        book.billing, book.authorize(OPERATOR, Action.READ_BILLS, METER), meter_id=METER
    )
    assert found is not None
    assert (found.known_wh, found.assumed_wh) == (39 * 24 * 500, 21 * 24 * 500)
    assert found.charges.gross == 30 * 48 * 500 * 25 // 1000
