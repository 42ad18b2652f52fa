"""Operators see every meter's newest bills as one list, and learn who was not billed and why."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from datetime import date

import pytest

from api.all_bills_export import export
from api.bill_filter import read_bill_filter
from data_layer.accounts.model import OPERATOR, Account, AccountType, Role, Viewer
from data_layer.billing import lists
from data_layer.billing.making import require_over
from data_layer.billing.model import BillFilter
from data_layer.book import Book
from data_layer.errors import BadInput, Forbidden, RuleBroken
from data_layer.jobs.model import Job
from data_layer.journeys.bill_month import BILL_MONTH, begin_billing
from data_layer.journeys.end_day import END_DAY
from data_layer.readings.model import Action, Reading, ReadingBatch, Scope
from data_layer.readings.operations import submit
from data_layer.readings.rules import ADMIN_MANUAL
from tests.unit.billing.conftest import METER, HandClock, enter, flat

SECOND, THIRD, EMPTY, WITHOUT, BROKEN = "m_200", "mx200", "m-400", "m-500", "m-600"
USE = {METER: 100_000, SECOND: 300_000, THIRD: 200_000}
"""Wh of October; of September half of it."""


@pytest.fixture
def billed(book: Book) -> Book:
    """Three meters with two bills each, one without data, one without tariff, one whose tariff
    is not in the catalog, and a prepaid one, which nobody bills."""
    enter(book, flat("0.10"), code="LOW")
    accounts = [
        Account(SECOND, "Grace Hopper", "1 Navy Yard", tariff_code="LOW"),
        Account(THIRD, "=Evil()", "2 Lane", tariff_code="HOME"),
        Account(EMPTY, "Nothing Known", "3 Lane", tariff_code="HOME"),
        Account(WITHOUT, "No Tariff", "4 Lane"),
        Account(BROKEN, "Lost Tariff", "5 Lane", tariff_code="GONE"),
        Account("m-700", "Prepaid", "6 Lane", account_type=AccountType.PREPAID),
    ]
    for account in accounts:
        book.accounts.register(account, actor="cli")
    for meter_id, wh in USE.items():
        send(book, meter_id, "2026-09-01T00:00", 0)
        send(book, meter_id, "2026-10-01T00:00", wh // 2)
        send(book, meter_id, "2026-11-01T00:00", wh // 2 + wh)
    send(book, BROKEN, "2026-10-01T00:00", 0)
    send(book, BROKEN, "2026-11-01T00:00", 1)
    done(book, "2026-09")
    return book


def send(book: Book, meter_id: str, at: str, wh: int) -> None:
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    rows = [Reading(meter_id, "S", book.zone.parse(at), wh)]
    assert submit(book.readings, scope, ReadingBatch.from_readings(rows), rules=ADMIN_MANUAL)


def done(book: Book, month: str) -> Job:
    job_id = book.jobs.start(BILL_MONTH, {"month": month}, actor="cli")
    deadline = time.monotonic() + 30
    while not (job := book.jobs.get(job_id)).finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return job


def found(book: Book, **asked: object) -> list[tuple[str, str]]:
    page = lists.find(book.billing, all_bills(book), BillFilter(**asked))  # type: ignore[arg-type]
    return [(bill.month, bill.meter_id) for bill in page.bills]


def all_bills(book: Book) -> Scope:
    return book.authorize(OPERATOR, Action.READ_BILLS)


def test_who_is_not_billed_is_told_with_the_reason(billed: Book) -> None:
    result = done(billed, "2026-10").result
    assert result["new_versions"] == 0
    counts = [result[name] for name in ("made", "without_tariff", "without_data", "failed")]
    assert counts == [3, 1, 1, 1]
    assert result["troubles"] == [
        {"meter_id": BROKEN, "reason": "tariff 'GONE' is not in the catalog."}
    ]
    assert result["not_billed"] == [
        {
            "meter_id": EMPTY,
            "reason": "meter 'm-400' has no bill for 2026-10: nothing is known of its consumption.",
        },
        {"meter_id": WITHOUT, "reason": "its account names no tariff: give it one."},
    ]


def test_bills_are_listed_newest_month_first_a_block_at_a_time(billed: Book) -> None:
    done(billed, "2026-10")
    every = [(month, meter) for month in ("2026-10", "2026-09") for meter in sorted(USE)]
    assert found(billed) == every
    assert found(billed, offset=2, limit=3) == every[2:5]
    assert lists.find(billed.billing, all_bills(billed), BillFilter(limit=1)).total == 6
    assert found(billed, month="2026-09") == every[3:]
    assert found(billed, month="2025-01") == []


@pytest.mark.parametrize(
    ("part", "meters"),
    [("531", [METER]), ("M_2", [SECOND]), ("%", []), ("X", [THIRD]), ("\\", [])],
)
def test_part_of_a_meters_id_is_looked_for_as_it_is_written(
    billed: Book, part: str, meters: list[str]
) -> None:
    assert [meter for _, meter in found(billed, meter_contains=part)] == meters


def test_bills_are_ordered_by_what_is_asked(billed: Book) -> None:
    done(billed, "2026-10")
    by_use = [meter for _, meter in found(billed, month="2026-10", sort_by="consumption_wh")]
    assert by_use == [SECOND, THIRD, METER]
    by_money = found(billed, month="2026-10", sort_by="gross", descending=False)
    assert [meter for _, meter in by_money] == [METER, SECOND, THIRD]  # 25, 30 and 50 pounds


def test_only_the_newest_version_is_listed(billed: Book, clock: HandClock) -> None:
    clock.move("2026-11-21T12:00:00+00:00")
    send(billed, SECOND, "2026-09-10T00:00", 1)
    result = done(billed, "2026-09").result
    assert (result["made"], result["new_versions"], result["unchanged"]) == (1, 1, 2)
    scope = all_bills(billed)
    (bill,) = lists.find(billed.billing, scope, BillFilter(meter_contains=SECOND)).bills
    assert (bill.version, bill.reason) == (2, "late or corrected readings")
    assert len(found(billed, month="2026-09")) == 3


def test_only_who_may_see_all_meters_lists_them(billed: Book) -> None:
    own = replace(all_bills(billed), meter_ids=frozenset({METER}))
    making = billed.authorize(OPERATOR, Action.MANAGE_BILLS)
    for scope in (own, making):
        with pytest.raises(Forbidden):
            lists.find(billed.billing, scope, BillFilter())
    with pytest.raises(Forbidden):
        billed.authorize(Viewer(Role.GOVERNMENT, "gov@example.org"), Action.READ_BILLS)


def test_the_export_is_what_the_filter_finds(billed: Book) -> None:
    wanted = read_bill_filter({"month": ["2026-09"], "sort": ["-consumption_kwh"]})
    text = "".join(export(billed.billing, all_bills(billed), wanted))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["meter_id"] for row in rows] == [SECOND, THIRD, METER]
    assert rows[0]["consumption_kwh"] == "150.000"
    assert (rows[0]["gross"], rows[0]["currency"]) == ("15.00", "GBP")
    assert rows[1]["owner_name"] == "'=Evil()"
    assert rows[0]["reason"] == "first bill of the month"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"month": ["2026-13"]}, "month '2026-13' is not a month such as 2026-10"),
        ({"meter": ["a\0b"]}, "is not part of a meter's id"),
        ({"sort": ["-owner"]}, "sort 'owner' is unknown: use month"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused(words, sentence) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_bill_filter(words)


def test_the_newest_work_of_some_kinds_is_found_however_it_stands(book: Book) -> None:
    assert book.jobs.latest(BILL_MONTH) is None
    job = done(book, "2026-10")
    book.jobs.start(END_DAY, {}, actor="cli")
    assert book.jobs.latest(BILL_MONTH) == job
    failed = done(book, "no month")
    assert book.jobs.latest(BILL_MONTH, "end_month") == failed
    assert failed.error


def test_a_month_that_is_not_over_is_told_before_anybody_is_billed(book: Book) -> None:
    with pytest.raises(RuleBroken, match="month 2026-11 is not over"):
        require_over("2026-11", today=date(2026, 11, 30))
    require_over("2026-11", today=date(2026, 12, 1))


@pytest.mark.parametrize("month", ["2026-11", "2030-01"])
def test_a_month_that_is_not_over_never_becomes_work(book: Book, month: str) -> None:
    with pytest.raises(RuleBroken, match=f"month {month} is not over"):
        begin_billing(book.jobs, month, today=book.billing.today(), actor="cli")
    assert book.jobs.recent() == []
    waiting = done(book, month)  # by a server from before this rule
    assert waiting.error.startswith(f"month {month} is not over")
