"""A home whose household's last month was hard to bill, and what its bill must say exactly.

Europe/London, whose October has a night with 25 hours. Half hours that are missing, a day and a
half without a reading, a meter exchange with a night between the registers, no reading at the
month's first midnight; then a late day and a corrected reading, so that the bill is made again.
The tariff changes on the sixteenth. Beside it stand accounts that have no bill, each for a reason.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from data_layer.accounts.model import OPERATOR, Account, AccountType, Role, StaffMember
from data_layer.accounts.passwords import hash_password
from data_layer.billing import operations
from data_layer.billing.model import month_before, month_days
from data_layer.book import Book
from data_layer.clock import HALF_HOUR, epoch_of, system_clock
from data_layer.readings.model import Action, Kind, Reading, ReadingBatch, SeriesKey
from data_layer.readings.operations import correct, submit
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.tariffs.model import (
    RateBand,
    Slab,
    Slabs,
    StandingCharge,
    Subsidy,
    Tariff,
    TariffVersion,
    Tax,
    TimeOfUse,
)
from tests.unit.billing.exact_bill import ExactBill, Stored, change, exact_bill, take
from tests.unit.billing.random_histories import Change, History, Row

METER, EMAIL, STAFF = "531-204-118", "ada@example.com", "clerk@example.com"
PASSWORD = "a long word for a sheet of paper"
NO_TARIFF, NOT_YET, PREPAID, CLOSED = "no-tariff", "not-yet", "prepaid", "closed"
LOST_TARIFF = "lost-tariff"
LOAD = Decimal("5.5")
DAY = 48 * HALF_HOUR
READ, INITIAL = int(Kind.READ), int(Kind.INITIAL)


@dataclass(frozen=True)
class Billed:
    """The home, which month it is about, and the exact bills before and after."""

    folder: Path
    month: str
    first: date
    stop: date
    before: ExactBill
    after: ExactBill


def build(folder: Path) -> Billed:
    """Make the home; its month is the one before this."""
    with Book.open(folder, timezone="Europe/London", scheduled=False) as book:
        month = month_before(book.zone.day_of(epoch_of(system_clock())))
        first, stop = month_days(month)
        tariff = _tariff(first)
        _people(book, tariff)
        book.tariffs.enter(book.authorize(OPERATOR, Action.MANAGE_TARIFFS), [tariff])
        book.supplies.sanction(METER, LOAD, actor="cli")
        sent, late = _rows(book.zone.day_start(first), book.zone.day_start(stop))
        history = History(METER, {}, tariff, LOAD, None)
        stored: Stored = {}

        def exact() -> ExactBill:
            found = exact_bill(history, stored, book.zone.zone, first, stop, {})
            assert found is not None
            return found

        def bill() -> operations.Issued:
            scope = book.authorize(OPERATOR, Action.MANAGE_BILLS, METER)
            return operations.issue(book.billing, scope, meter_id=METER, month=month)

        _send(book, stored, sent)
        before = exact()
        assert bill().bill.version == 1
        _send(book, stored, late)
        _correct(book, stored, sent[400])
        assert bill().bill.version == 2
        return Billed(folder, month, first, stop, before, exact())


def _people(book: Book, tariff: Tariff) -> None:
    address = "12 St James's Square"
    book.accounts.register_many(
        [
            Account(METER, "Ada Lovelace", address, email=EMAIL, tariff_code=tariff.code),
            Account(NO_TARIFF, "Ada Lovelace", "Its shed", email=EMAIL),
            Account(NOT_YET, "New Neighbor", "14 St James's Square", tariff_code=tariff.code),
            Account(LOST_TARIFF, "Bo", "15 St James's Square", tariff_code="NOBODY-ENTERED"),
            Account(PREPAID, "Paid Ahead", "16", account_type=AccountType.PREPAID),
            Account(CLOSED, "Long Gone", "18"),
        ],
        actor="cli",
    )
    book.accounts.set_password_hash(EMAIL, hash_password(PASSWORD), actor="cli")
    book.accounts.deactivate(CLOSED, actor="cli")
    book.staff.register(StaffMember(STAFF, "Clerk", Role.ADMIN), actor="cli")
    book.staff.set_password_hash(STAFF, hash_password(PASSWORD), actor="cli")


def _tariff(first: date) -> Tariff:
    common = {
        "standing": StandingCharge(per_day=Decimal("0.4137"), per_kw_month=Decimal("1.15")),
        "tax": Tax(Decimal("0.05"), "VAT"),
    }
    bands = TimeOfUse(
        (
            RateBand("Night", Decimal("0.15234"), 23 * 60, 7 * 60),
            RateBand("Evening", Decimal("0.41987"), 17 * 60, 20 * 60, weekdays=frozenset(range(5))),
        ),
        RateBand("Day", Decimal("0.28765")),
    )
    slabs = Slabs(
        (
            Slab(Decimal("0.21111"), Decimal(90)),
            Slab(Decimal("0.31313"), Decimal(200)),
            Slab(Decimal("0.44449")),
        )
    )
    relief = Subsidy(Decimal(30), Decimal("0.35"))
    later = TariffVersion(first + timedelta(days=15), slabs, subsidy=relief, number=2, **common)
    return Tariff("HOME", "Home", "EUR", (TariffVersion(date(2020, 1, 1), bands, **common), later))


def _rows(start: int, end: int) -> tuple[list[Row], list[Row]]:
    """What was sent in time, and what came late, by time."""
    chance = random.Random(531)
    register, rows, late = 4_000_123, [], []
    for time in range(start - DAY + HALF_HOUR, end + DAY, HALF_HOUR):
        register += chance.randint(40, 900)
        day, slot = divmod(time - start, DAY)
        if time == start or chance.random() < 0.02 or start + 6 * DAY < time < start + 7.5 * DAY:
            continue
        if day == 10 and slot // HALF_HOUR >= 40:
            continue  # the old meter's last reading was at 20 o'clock
        if day == 11 and slot // HALF_HOUR < 13:
            continue
        if day == 11 and slot // HALF_HOUR == 13:
            register = 17
            rows.append((time, INITIAL, register))
            continue
        (late if day == 13 else rows).append((time, READ, register))
    return rows, late


def _send(book: Book, stored: Stored, rows: list[Row]) -> None:
    times, kinds, watt_hours = (list(column) for column in zip(*rows, strict=True))
    batch = ReadingBatch.of([SeriesKey(METER)], [0] * len(rows), times, watt_hours, kind=kinds)
    scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    receipt = submit(book.readings, scope, batch, rules=ADMIN_MANUAL)
    assert receipt.accepted == len(rows), receipt.rejections[:3]
    take(stored, {"S": rows})


def _correct(book: Book, stored: Stored, row: Row) -> None:
    """A reading was misread by 39 Wh: less than lies between it and the next."""
    time, kind, watt_hours = row
    scope = book.authorize(OPERATOR, Action.CORRECT_READINGS)
    mended = Reading(METER, "S", time, watt_hours + 39, Kind(kind), source="page:clerk")
    correct(book.readings, scope, mended, reason="misread")
    change(stored, Change("S", time, kind, watt_hours + 39))
