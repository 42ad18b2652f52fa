"""What a bill is: types and pure rules, no I/O, no clock.

    MonthUsage      what the meter says of a local month: half hours, register reads at both ends
    Bill            the usage priced by the versions of a tariff that applied: lines and totals

A bill is never changed. When late or corrected readings, or a corrected tariff, give another
result, the month gets the next version; all stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Literal

from data_layer.errors import BadInput
from data_layer.tariffs.charges import ChargeLine, net_of, tax_of
from data_layer.tariffs.half_hours import HalfHours

MONTH = re.compile(r"(20\d\d|199\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadingKey:
    """A stored reading that a bill rests on: enough to find it again, revision and value."""

    meter_id: str
    register_id: str
    read_at: int
    kind: int
    revision: int
    value_wh: int


@dataclass(frozen=True, slots=True)
class RegisterRead:
    """The meter at one end of the bill: the sum of its counting registers."""

    read_at: int
    value_wh: int | None
    """None where one of the registers is not known at this instant."""
    estimated: bool
    """No reading stands at this instant: the value lies on the line between its neighbors."""
    keys: tuple[ReadingKey, ...]
    """The readings it comes from: one a register, or two where it is estimated."""


@dataclass(frozen=True, slots=True)
class DayUse:
    """One local day of a bill, for its chart."""

    day: date
    wh: int
    estimated_wh: int
    missing_half_hours: int


@dataclass(frozen=True, slots=True, eq=False)
class MonthUsage:
    """What is known of a meter's month, or of its occupant's part of it."""

    half_hours: HalfHours
    days: tuple[DayUse, ...]
    start_read: RegisterRead
    end_read: RegisterRead

    @property
    def digest(self) -> str:
        """SHA-256 over every half hour: two usages are the same if and only if this is."""
        found = sha256(self.half_hours.starts.astype("<i8").tobytes())
        found.update(self.half_hours.wh.astype("<i8").tobytes())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Bill:
    """A month's bill. Money in minor units (cents), energy in Wh, times in epoch seconds."""

    meter_id: str
    month: str
    """YYYY-MM in the home's zone."""
    version: int
    made_at: int
    reason: str
    """Why this version was made."""
    owner_name: str
    address: str
    tariff_code: str
    tariff_name: str
    tariff_versions: tuple[int, ...]
    currency: str
    minor_digits: int
    sanctioned_kw: str
    """Exact decimal as text; "0" where nobody said the load of the supply."""
    lines: tuple[ChargeLine, ...]
    days: tuple[DayUse, ...]
    start_read: RegisterRead
    end_read: RegisterRead
    usage_digest: str

    @property
    def first_day(self) -> date:
        return self.days[0].day

    @property
    def last_day(self) -> date:
        return self.days[-1].day

    @property
    def consumption_wh(self) -> int:
        return sum(day.wh for day in self.days)

    @property
    def estimated_wh(self) -> int:
        return sum(day.estimated_wh for day in self.days)

    @property
    def missing_half_hours(self) -> int:
        return sum(day.missing_half_hours for day in self.days)

    @property
    def net(self) -> int:
        return net_of(self.lines)

    @property
    def tax(self) -> int:
        return tax_of(self.lines)

    @property
    def gross(self) -> int:
        return self.net + self.tax


BillOrder = Literal["month", "meter_id", "consumption_wh", "gross", "version", "made_at"]
"""What a list is ordered by; a gross amount counts in the smallest unit of its currency."""


@dataclass(frozen=True, slots=True)
class BillFilter:
    """Which bills a list shows, in what order; "" stands for all."""

    month: str = ""
    """YYYY-MM."""
    meter_contains: str = ""
    """Part of a meter's id, capitals or not."""
    sort_by: BillOrder = "month"
    descending: bool = True
    offset: int = 0
    limit: int = 100


FIRST_BILL = "first bill of the month"
NEW_READINGS = "late or corrected readings"
NEW_TARIFF = "the tariff was corrected"
OTHER_TARIFF = "the account was moved to another tariff"
NEW_FACTS = "name, address or load was corrected"


def why_again(before: Bill | None, after: Bill) -> str | None:
    """The reason for a new version; None when it would say what the last one says."""
    if before is None:
        return FIRST_BILL
    if (before.usage_digest, before.days) != (after.usage_digest, after.days):
        return NEW_READINGS
    if (before.start_read, before.end_read) != (after.start_read, after.end_read):
        return NEW_READINGS
    if before.sanctioned_kw != after.sanctioned_kw:
        return NEW_FACTS
    if before.tariff_code != after.tariff_code:
        return OTHER_TARIFF
    if (before.lines, before.tariff_versions) != (after.lines, after.tariff_versions):
        return NEW_TARIFF
    facts = ("owner_name", "address", "tariff_name")
    if any(getattr(before, name) != getattr(after, name) for name in facts):
        return NEW_FACTS
    return None


def month_days(month: str) -> tuple[date, date]:
    """First day of a month, and of the next. Raises BadInput."""
    match = MONTH.fullmatch(month)
    if match is None:
        raise BadInput(f"month {month[:40]!r} is not a month such as 2026-10.", field="month")
    first = date(int(match[1]), int(match[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1)


def month_before(day: date) -> str:
    """The month before the one of a day.

    >>> month_before(date(2026, 1, 15))
    '2025-12'
    """
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"
