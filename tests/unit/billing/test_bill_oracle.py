"""From raw readings to each line's cents: real homes held against the exact bill.

`make billing-oracle` does it with METERBOOK_HISTORIES=100000; a failure names the home to repeat.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data_layer.accounts.meters import Meter, RegisterRole
from data_layer.accounts.model import OPERATOR, Account
from data_layer.billing import operations
from data_layer.billing.making import price, supply_of
from data_layer.billing.metering import month_usage
from data_layer.billing.model import NEW_READINGS, Bill
from data_layer.book import Book
from data_layer.errors import NotFound
from data_layer.readings import queries
from data_layer.readings.model import Action, Kind, Reading, ReadingBatch, SeriesKey
from data_layer.readings.operations import correct, submit, void
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.tariffs.charges import LineKind
from data_layer.tariffs.model import Prices
from data_layer.tariffs.rules import check_version
from tests.unit.billing.exact_bill import ExactBill, Stored, change, exact_bill, take
from tests.unit.billing.random_histories import SERIES, Change, History, Row, history
from tests.unit.tariffs.exact_oracle import fine, slots_of
from tests.unit.tariffs.random_rates import rate

HISTORIES = int(os.environ.get("METERBOOK_HISTORIES", "120"))
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
HOME_SIZE = 40 if HISTORIES < 1_000 else 250
MEMORY = Path("/dev/shm")  # noqa: S108  a memory disk: the folder itself is private
MONTHS = (
    ("Europe/London", "2026-03"),
    ("Europe/London", "2026-10"),
    ("Asia/Singapore", "2026-02"),
    ("Asia/Kathmandu", "2026-11"),
    ("Australia/Adelaide", "2026-04"),
    ("Australia/Adelaide", "2026-10"),
    ("Australia/Lord_Howe", "2026-10"),
)
"""Both nights of a changed clock, midnights off the hour, and a clock changed by half an hour."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(-(-HISTORIES // HOME_SIZE)))
def test_every_bill_of_a_home_is_the_exact_one(
    number: int, record_property: Callable[[str, object], None]
) -> None:
    name = f"{SEED}-{number}"
    chance = random.Random(name)
    timezone, month = MONTHS[number % len(MONTHS)]
    with _home() as folder:
        told = f"METERBOOK_SEED={SEED}, METERBOOK_HISTORIES={HISTORIES}: home {number}"
        home = _Home(chance, folder, timezone, month, told)
        home.live()
    assert home.counts["bills"] > HOME_SIZE // 2
    for what, count in home.counts.items():
        record_property(what, count)


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="meterbook-bills-", dir=MEMORY if MEMORY.is_dir() else None
    ) as folder:
        yield Path(folder) / "home"


class _Home:
    """A real home of many histories; what is sent to it is told to the oracle too."""

    def __init__(
        self, chance: random.Random, folder: Path, timezone: str, month: str, told: str
    ) -> None:
        self.chance, self.folder, self.month, self.told = chance, folder, month, told
        self.first = date.fromisoformat(f"{month}-01")
        self.stop = (self.first + timedelta(days=31)).replace(day=1)
        self.timezone = timezone
        self.prices: dict[int, Decimal] = {}
        self.fine: dict[int, int] = {}
        self.stored: dict[str, Stored] = {}
        self.counts = Counter[str](histories=HOME_SIZE)

    def live(self) -> None:
        now = datetime(self.stop.year, self.stop.month, 21, tzinfo=UTC)
        with Book.open(
            self.folder, timezone=self.timezone, clock=lambda: now, scheduled=False
        ) as self.book:
            zone = self.book.zone
            self.zone = zone.zone
            start, end = zone.day_start(self.first), zone.day_start(self.stop)
            self.histories = [
                history(self.chance, f"531-204-{n:03d}", self.first, start, end)
                for n in range(HOME_SIZE)
            ]
            self.begin(start, end)
            self.send({one.meter_id: one.sent for one in self.histories})
            if self.chance.random() < 0.5:
                self.book.readings.store.seal()
            bills = {one.meter_id: self.compare(one, None) for one in self.histories}
            self.send({one.meter_id: one.late for one in self.histories})
            for one in self.histories:
                for made in one.changes:
                    self.revise(one.meter_id, made)
            if self.chance.random() < 0.5:
                self.book.readings.store.seal()
            for one in self.histories:
                if any(one.late.values()) or one.changes:
                    self.compare(one, bills[one.meter_id])

    # --- what happens --------------------------------------------------------------------

    def begin(self, start: int, end: int) -> None:
        """Accounts, meters, tariffs and prices."""
        book = self.book
        for one in self.histories:
            for version in one.tariff.versions:
                check_version(version)
            if one.roles:
                roles = {name: RegisterRole(role) for name, role in one.roles.items()}
                book.meters.put(Meter(one.meter_id, registers=roles))
        accounts = [
            Account(
                one.meter_id,
                "Ada Lovelace",
                "12 St James's Square",
                tariff_code=one.tariff.code,
                moved_in=one.moved_in.isoformat() if one.moved_in else "",
            )
            for one in self.histories
        ]
        book.accounts.register_many(accounts, actor="cli")
        for epoch in range(start, end, 1800):
            self.prices[epoch] = rate(self.chance, negative=True)
            self.fine[epoch] = fine(self.prices[epoch])
        scope = book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
        book.tariffs.enter(scope, [one.tariff for one in self.histories])
        starts = np.array(list(self.prices), dtype=np.int64)
        book.tariffs.enter_prices(scope, Prices(SERIES, starts, tuple(self.prices.values()), end))
        for one in self.histories:
            book.supplies.sanction(one.meter_id, one.sanctioned_kw, actor="cli")

    def send(self, rows: Mapping[str, Mapping[str, list[Row]]]) -> None:
        """All of them in one batch, in an order of chance inside it."""
        series = [SeriesKey(meter, register) for meter, of in rows.items() for register in of]
        columns = [(code, *row) for code, key in enumerate(series) for row in rows[key[0]][key[1]]]
        self.chance.shuffle(columns)
        code, time, kind, wh = np.array(columns, dtype=np.int64).reshape(-1, 4).T.copy()
        batch = ReadingBatch.of(series, code, time, wh, kind=kind)
        scope = self.book.authorize(OPERATOR, Action.SUBMIT_READINGS)
        receipt = submit(self.book.readings, scope, batch, rules=ADMIN_MANUAL)
        assert receipt.accepted == len(columns), (self.told, receipt.rejections[:3])
        self.counts["readings"] += receipt.accepted
        for meter_id, of in rows.items():
            take(self.stored.setdefault(meter_id, {}), of)

    def revise(self, meter_id: str, made: Change) -> None:
        scope = self.book.authorize(OPERATOR, Action.CORRECT_READINGS)
        kind = Kind(made.kind)
        if made.wh is None:
            key = SeriesKey(meter_id, made.register)
            room = self.book.readings
            void(room, scope, key, read_at=made.time, kind=kind, source="page:b", reason="test")
        else:
            row = Reading(meter_id, made.register, made.time, made.wh, kind, source="page:b")
            correct(self.book.readings, scope, row, reason="test")
        change(self.stored[meter_id], made)

    # --- what must be the same -----------------------------------------------------------

    def compare(self, one: History, before: Bill | None) -> Bill | None:
        """Make the bill, as a person would, and hold it against the exact one."""
        told = f"{self.told}, meter {one.meter_id}"
        expected = exact_bill(
            one, self.stored[one.meter_id], self.zone, self.first, self.stop, self.fine
        )
        scope = self.book.authorize(OPERATOR, Action.MANAGE_BILLS, one.meter_id)
        if expected is None:
            with pytest.raises(NotFound):
                operations.issue(self.book.billing, scope, meter_id=one.meter_id, month=self.month)
            self.counts["months without a bill"] += 1
            return None
        issued = operations.issue(self.book.billing, scope, meter_id=one.meter_id, month=self.month)
        bill = issued.bill
        assert bill.version == (1 if before is None else before.version + issued.is_new), told
        if before is not None and issued.is_new:
            assert bill.reason == NEW_READINGS, told
        _same(bill, expected, told)
        self.counts["bills"] += 1
        self.counts["lines"] += len(bill.lines)
        if before is None:
            self.same_as_usage(one, bill, expected, told)
        return bill

    def same_as_usage(self, one: History, bill: Bill, expected: ExactBill, told: str) -> None:
        """The usage query's month, and each day's unrounded marginal cost."""
        book, zone = self.book, self.book.zone
        scope = book.authorize(OPERATOR, Action.READ_METER, one.meter_id)
        first, stop = bill.first_day, self.stop
        page = queries.consumption(
            book.readings,
            scope,
            meter_id=one.meter_id,
            start=zone.day_start(first),
            end=zone.day_start(stop),
        )
        assert page.consumption_wh == bill.consumption_wh, told
        assert page.estimated_wh == bill.estimated_wh, told
        usage = month_usage(book.readings, scope, one.meter_id, first, stop)
        supply = supply_of(book.billing, one.tariff, one.meter_id)
        charges = price(book.billing, one.tariff, usage.half_hours, supply)
        assert (charges.lines, charges.gross) == (bill.lines, bill.gross), told
        total = Fraction(0)
        for day, cost in charges.day_costs:
            assert abs(Fraction(cost) - expected.day_costs[day]) < Fraction(1, 10**40), (told, day)
            total += Fraction(cost)
        assert abs(total - expected.cost) < Fraction(1, 10**40), told


def _same(bill: Bill, expected: ExactBill, told: str) -> None:
    days = tuple((day.day, day.wh, day.estimated_wh, day.missing_half_hours) for day in bill.days)
    assert days == expected.days, told
    assert bill.consumption_wh == expected.wh == sum(day.wh for day in bill.days), told
    energy = sum(line.quantity for line in bill.lines if line.kind is LineKind.ENERGY)
    assert energy == Decimal(expected.wh).scaleb(-3), told
    for read, exact in ((bill.start_read, expected.start), (bill.end_read, expected.end)):
        assert (read.read_at, read.value_wh, read.estimated) == (
            exact.at,
            exact.wh,
            exact.estimated,
        ), told
    lines = Counter[tuple[date, str, int]]()
    for line in bill.lines:
        lines[line.first_day, line.kind.value, line.amount] += bool(line.amount)
    assert +lines == expected.amounts, told
    assert bill.gross == expected.gross == sum(line.amount for line in bill.lines), told


def test_the_oracle_knows_the_clock() -> None:
    london, lord_howe = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")
    assert len(slots_of(london, date(2026, 3, 29))) == 46
    assert len(slots_of(london, date(2026, 10, 25))) == 50
    assert len(slots_of(lord_howe, date(2026, 10, 4))) == 47
