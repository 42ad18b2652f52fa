"""A month's bill from raw readings, the slow way: dicts, whole numbers and fractions.

Readings become half hours by walking pairs of neighboring readings (`tests/unit/index/oracle.py`),
half hours become money one after the other (`tests/unit/tariffs/exact_oracle.py`). Nothing here
is the product's but the types that describe a tariff.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.unit.billing.random_histories import Change, History, Row
from tests.unit.index.oracle import Series
from tests.unit.tariffs.exact_oracle import Bill as Priced
from tests.unit.tariffs.exact_oracle import slots_of

Stored = dict[str, dict[tuple[int, int], int]]
"""By register, then (time, kind): the Wh that count now."""


@dataclass(frozen=True)
class ExactRead:
    """The meter at one end of what is known of the month; None where a register is unknown."""

    at: int
    wh: int | None
    estimated: bool


@dataclass(frozen=True)
class ExactBill:
    """What the product's bill must say."""

    days: tuple[tuple[date, int, int, int], ...]
    """(day, Wh, estimated Wh, missing half hours)"""
    start: ExactRead
    end: ExactRead
    amounts: Counter[tuple[date, str, int]]
    """(first day, kind, minor units) of every line that is not zero."""
    gross: int
    day_costs: dict[date, Fraction]
    cost: Fraction

    @property
    def wh(self) -> int:
        return sum(wh for _, wh, _, _ in self.days)


def take(stored: Stored, rows: Mapping[str, list[Row]]) -> None:
    """Put readings that were sent where they count."""
    for register, more in rows.items():
        stored.setdefault(register, {}).update({(time, kind): wh for time, kind, wh in more})


def change(stored: Stored, made: Change) -> None:
    """A correction, or a withdrawal."""
    if made.wh is None:
        del stored[made.register][made.time, made.kind]
    else:
        stored[made.register][made.time, made.kind] = made.wh


def counting(history: History) -> list[str]:
    """A meter's consumption is its total register's if it has one, else the sum of its bands'."""
    totals = [name for name, role in history.roles.items() if role == "import_total"]
    bands = [name for name, role in history.roles.items() if role == "import_band"]
    return totals or bands or ["S"]


def exact_bill(
    history: History,
    stored: Stored,
    zone: ZoneInfo,
    first: date,
    stop: date,
    prices: Mapping[int, int],
) -> ExactBill | None:
    """The bill of the month [first, stop); None where there is nothing to bill."""
    if history.moved_in:
        first = max(first, history.moved_in)
    days = [first + timedelta(days=n) for n in range((stop - first).days)]
    start, end = slots_of(zone, first)[0][0], slots_of(zone, stop)[0][0]
    registers = [
        Series([(time, kind, wh) for (time, kind), wh in stored[name].items()], start % 1800)
        for name in counting(history)
    ]
    reach = [found for one in registers if (found := one.known(start, end)) is not None]
    if not reach:
        return None
    begins, ends = min(begin for begin, _ in reach), max(until for _, until in reach)
    if begins == ends:  # from a single moment nothing can be counted
        return None
    usage = {
        day: [sum(one.energy.get(slot, 0) for one in registers) for slot, _ in slots_of(zone, day)]
        for day in days
    }
    priced = Priced(
        history.tariff,
        zone,
        usage,
        kw=Fraction(history.sanctioned_kw),
        digits=history.digits,
        prices=prices,
    )
    amounts = Counter[tuple[date, str, int]]()
    for (day, kind, _), amount in priced.amounts.items():
        amounts[day, kind, amount] += bool(amount)
    return ExactBill(
        tuple((day, sum(usage[day]), *_quality(registers, zone, day)) for day in days),
        _read(registers, begins, opening=True),
        _read(registers, ends, opening=False),
        +amounts,
        sum(priced.amounts.values()),
        priced.day_cost,
        priced.cost,
    )


def _quality(registers: list[Series], zone: ZoneInfo, day: date) -> tuple[int, int]:
    """Estimated Wh of all registers, and half hours that are missing in any."""
    slots = [slot for slot, _ in slots_of(zone, day)]
    estimated = sum(
        one.energy[slot]
        for one in registers
        for slot in slots
        if slot in one.energy and not one.measured(slot)
    )
    return estimated, sum(any(slot not in one.full for one in registers) for slot in slots)


def _read(registers: list[Series], at: int, *, opening: bool) -> ExactRead:
    values = [one.register(at, opening=opening) for one in registers]
    estimated = any(at not in one.times for one in registers)
    return ExactRead(at, None if -1 in values else sum(values), estimated)
