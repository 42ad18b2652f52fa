"""A bill is its days, is kept, and is made again only when something changed."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from api import bill_words
from api.bill_answers import bill_facts
from data_layer.accounts.meters import Meter, RegisterRole
from data_layer.accounts.model import OPERATOR
from data_layer.billing import operations, queries
from data_layer.billing.documents import bill_document, bill_from
from data_layer.billing.model import (
    FIRST_BILL,
    NEW_FACTS,
    NEW_READINGS,
    NEW_TARIFF,
    OTHER_TARIFF,
    Bill,
    why_again,
)
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


def send(book: Book, *rows: tuple[str, int], kind: Kind = Kind.READ, register: str = "S") -> None:
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    batch = ReadingBatch.from_readings(
        [Reading(METER, register, book.zone.parse(text), wh, kind=kind) for text, wh in rows]
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


def test_a_meter_exchanged_at_the_turn_of_the_month_is_read_at_both_registers(book: Book) -> None:
    send(book, ("2026-09-30T00:00", 5_000_000), ("2026-10-01T00:00", 5_200_000))
    send(book, ("2026-10-01T00:00", 100), ("2026-11-01T00:00", 7), kind=Kind.INITIAL)
    send(book, ("2026-11-01T00:00", 90_000), ("2026-11-02T00:00", 20))
    bill = issue(book).bill
    assert (bill.start_read.value_wh, bill.end_read.value_wh) == (100, 90_000)
    assert [key.value_wh for key in (*bill.start_read.keys, *bill.end_read.keys)] == [100, 90_000]
    assert bill.consumption_wh == 89_900


def test_the_sanctioned_load_is_charged_to_the_cent(book: Book) -> None:
    per_kw = {"per_kw_month": "1.15"}
    enter(book, flat("0.25") | {"standing": per_kw, "tax": {"rate": "0.05", "name": "VAT"}})
    a_month(book)
    without = issue(book).bill
    book.supplies.sanction(METER, Decimal("5.5"), actor="cli")
    bill = issue(book).bill
    # 5.5 kW at 1.15 are 6.325, half up 6.33.
    (charged,) = [line for line in bill.lines if line.label == "Charge for sanctioned load"]
    assert (charged.amount, charged.quantity, charged.unit) == (633, Decimal("5.5"), "kW")
    assert bill.net == without.net + 633
    assert bill.tax == (2 * bill.net * 5 + 100) // 200
    assert (bill.version, bill.reason, bill.sanctioned_kw) == (2, NEW_FACTS, "5.5")
    modify(book, moved_in="2026-10-12")
    (charged,) = [line for line in issue(book).bill.lines if line.unit == "kW"]
    # 20 of 31 days: 4.0806...
    assert charged.amount == 408
    book.supplies.sanction(METER, Decimal(0), actor="cli")
    assert not [line for line in issue(book).bill.lines if line.unit == "kW"]


def test_a_register_that_is_not_known_yet_is_not_billed_as_zero(book: Book) -> None:
    roles = {"DY": RegisterRole.IMPORT_BAND, "NT": RegisterRole.IMPORT_BAND}
    book.meters.put(Meter(METER, registers=roles))
    send(book, ("2026-10-01T00:00", 5_000_000), ("2026-11-01T00:00", 5_200_000), register="DY")
    send(book, ("2026-10-20T00:00", 700_000), ("2026-11-01T00:00", 800_000), register="NT")
    bill = issue(book).bill
    assert (bill.start_read.value_wh, bill.end_read.value_wh) == (None, 6_000_000)
    assert bill.consumption_wh == 300_000
    assert bill_words.register_read(bill.start_read, book.zone) == (
        "1 Oct 2026 00:00",
        "not known",
        "",
    )
    assert any("Not all registers" in note for note in bill_words.footnotes(bill))
    assert bill_facts(bill, book.zone)["start_reading"] is None


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


@pytest.mark.parametrize("rebuild", [False, True])
def test_the_end_of_a_day_changes_no_bill(book: Book, *, rebuild: bool) -> None:
    a_month(book)
    scope = book.authorize(OPERATOR, Action.CORRECT_READINGS)
    for value in (1_002_000, 1_001_000):
        reading = Reading(METER, "S", book.zone.parse("2026-10-01T00:00"), value, source="page:b")
        correct(book.readings, scope, reading, reason="misread")
    before = issue(book).bill
    (key,) = before.start_read.keys
    assert (key.revision, key.value_wh) == (2, 1_001_000)

    book.readings.store.seal(rebuild=rebuild)

    assert not issue(book).is_new
    assert shown(book) == [before]


def test_a_corrected_tariff_or_name_makes_a_new_version(book: Book) -> None:
    a_month(book)
    issue(book)
    enter(book, flat("0.26"))
    assert issue(book).bill.reason == NEW_TARIFF
    modify(book, owner_name="A. King")
    assert issue(book).bill.reason == NEW_FACTS


def test_another_tariff_is_not_told_as_a_corrected_one(book: Book) -> None:
    a_month(book)
    issue(book)
    enter(book, flat("0.25"), code="OTHER")
    modify(book, tariff_code="OTHER")
    assert issue(book).bill.reason == OTHER_TARIFF


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
        "new_versions": 0,
        "unchanged": 0,
        "without_tariff": 0,
        "without_data": 0,
        "failed": 0,
        "troubles": [],
        "not_billed": [],
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


RELIEF = {"subsidy": {"units_kwh": "100", "share": "0.5"}}


def test_a_subsidy_says_its_arithmetic(book: Book) -> None:
    """100 kWh at 0.25 cost 25.00, of which half is paid."""
    enter(book, flat("0.25") | RELIEF)
    a_month(book)
    bill = issue(book).bill
    ((_, subsidy),) = [part.lines for part in bill_words.parts(bill)]
    assert (subsidy.quantity, subsidy.rate) == ("100.000 kWh", "50 % of GBP 25.00")
    assert subsidy.arithmetic == "100.000 kWh, 50 % of GBP 25.00"
    assert subsidy.amount == "GBP -12.50"
    told = bill_facts(bill, book.zone)["lines"]
    assert isinstance(told, list)
    arithmetic = [(line["subsidy_share"], line["subsidized_cost"]) for line in told]
    assert arithmetic == [(None, None), ("0.5", "25")]
    assert any("A subsidy pays a share" in note for note in bill_words.footnotes(bill))


def test_a_bill_stored_before_its_arithmetic_was_kept_stands(book: Book) -> None:
    enter(book, flat("0.25") | RELIEF)
    a_month(book)
    stored = bill_document(issue(book).bill)
    for line in stored["lines"]:
        del line["waived"]
    earlier = bill_from(stored)
    assert why_again(earlier, issue(book).bill) is None
    ((_, subsidy),) = [part.lines for part in bill_words.parts(earlier)]
    assert (subsidy.quantity, subsidy.rate) == ("100.000 kWh", "")
    assert bill_from(bill_document(issue(book).bill)).lines[1].waived is not None
