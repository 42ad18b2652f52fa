"""A bill in words and amounts: what page, PDF and REST say of it, written once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Protocol

from babel.dates import format_date
from babel.numbers import format_decimal

from data_layer.billing.model import Bill, DayUse, RegisterRead
from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.quantities import to_kwh
from data_layer.tariffs.charges import ROUNDING_RULE, ChargeLine, LineKind, percent

LOCALE = "en"
DAYS_RULE = (
    "The consumption is the sum of its days. What single days cost is rounded where it is shown, "
    "so days may add up to a little more or less than the total."
)


class Priced(Protocol):
    """What has amounts of money: a bill, or a projection of one."""

    @property
    def currency(self) -> str: ...

    @property
    def minor_digits(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LineWords:
    """One line as it is printed."""

    label: str
    quantity: str
    rate: str
    amount: str
    arithmetic: str
    """Quantity and rate in one text."""


@dataclass(frozen=True, slots=True)
class PartWords:
    """Lines of one stretch of days; its period is empty when it is the whole bill."""

    period: str
    lines: tuple[LineWords, ...]


def money(amount: int, priced: Priced) -> str:
    """Minor units as people write them: `SGD 12.30`."""
    whole = Decimal(amount).scaleb(-priced.minor_digits)
    return exact_money(whole, priced.currency, priced.minor_digits)


def due(bill: Bill) -> str:
    """What becomes of the total: a bill of a month with negative prices may be a credit."""
    return "to pay" if bill.gross >= 0 else "in your favor"


def kwh(watt_hours: int) -> str:
    """`1,234.500 kWh`."""
    return f"{format_decimal(to_kwh(watt_hours), '#,##0.000', locale=LOCALE)} kWh"


def day(moment: date) -> str:
    """`1 Oct 2026`."""
    return str(format_date(moment, "d MMM y", locale=LOCALE))


def month_name(bill: Bill) -> str:
    """`October 2026`."""
    return str(format_date(bill.first_day, "MMMM y", locale=LOCALE))


def period(bill: Bill) -> str:
    """`1 Oct 2026 to 31 Oct 2026, 31 days`."""
    days = len(bill.days)
    return f"{day(bill.first_day)} to {day(bill.last_day)}, {days} day{'s' if days > 1 else ''}"


def parts(bill: Bill) -> list[PartWords]:
    """All lines in order, tax included, by the days they speak of."""
    return line_parts(bill.lines, bill)


def line_parts(lines: Iterable[ChargeLine], priced: Priced) -> list[PartWords]:
    """Lines in order, by the days they speak of."""
    runs = groupby(lines, key=lambda line: (line.first_day, line.last_day))
    found = [(days, tuple(_line(line, priced) for line in run)) for days, run in runs]
    if len(found) == 1:
        return [PartWords("", found[0][1])]
    return [PartWords(f"{day(first)} to {day(last)}", run) for (first, last), run in found]


def register_read(read: RegisterRead, zone: HomeZone) -> tuple[str, str, str]:
    """When, what the register showed, and whether it was read or lies between two readings."""
    at = zone.local(read.read_at)
    when = f"{day(at.date())} {at:%H:%M}"
    if read.value_wh is None:
        return when, "not known", ""
    return when, kwh(read.value_wh), "estimated" if read.estimated else "actual"


def nothing_known(day: DayUse, zone: HomeZone) -> bool:
    """Whether all of a day is missing, rather than nothing used."""
    seconds = zone.day_start(day.day + timedelta(days=1)) - zone.day_start(day.day)
    return day.missing_half_hours * HALF_HOUR >= seconds


def footnotes(bill: Bill) -> list[str]:
    """What a reader has to know to check the bill."""
    notes = []
    if bill.estimated_wh:
        notes.append(
            f"{kwh(bill.estimated_wh)} of the consumption lies between two readings rather than "
            "on them; it is estimated as used evenly between them."
        )
    if bill.missing_half_hours:
        notes.append(
            f"{bill.missing_half_hours:,} half hours are not known and are not billed; when their "
            "readings come, a new version of this bill is made."
        )
    if any(line.waived for line in bill.lines):
        notes.append(
            "A subsidy pays a share of what its kWh cost at their own rates. Its kWh are those "
            "used first in its day or month."
        )
    start_wh, end_wh = bill.start_read.value_wh, bill.end_read.value_wh
    if start_wh is None or end_wh is None:
        notes.append(
            "Not all registers of the meter are known at both ends of this period, so the "
            "consumption is not the difference of two register reads."
        )
    elif start_wh + bill.consumption_wh != end_wh:
        notes.append(
            "The meter was exchanged or its reading begun anew in this period, so the consumption "
            "is not the difference of both register reads."
        )
    versions = ", ".join(str(number) for number in bill.tariff_versions)
    notes.append(f"Tariff {bill.tariff_code}, {bill.tariff_name}, version {versions}.")
    notes.append(f"{ROUNDING_RULE} {DAYS_RULE}")
    return notes


def made(bill: Bill, zone: HomeZone) -> str:
    """`Version 2 of 3 Nov 2026: late or corrected readings`."""
    return f"Version {bill.version} of {day(zone.local(bill.made_at).date())}: {bill.reason}"


def _line(line: ChargeLine, priced: Priced) -> LineWords:
    quantity, rate = _quantity(line, priced), _rate(line, priced)
    # A subsidy's share is no factor of its kWh, but of what they cost.
    between = ", " if line.waived is not None else " × "
    arithmetic = between.join(part for part in (quantity, rate) if part)
    return LineWords(line.label, quantity, rate, money(line.amount, priced), arithmetic)


def _quantity(line: ChargeLine, priced: Priced) -> str:
    if line.kind is LineKind.TAX:
        return f"on {exact_money(line.quantity, priced.currency, priced.minor_digits)}"
    if line.unit == "kWh":
        return f"{format_decimal(line.quantity, '#,##0.000', locale=LOCALE)} kWh"
    return f"{line.quantity.normalize():f} {line.unit}"


def _rate(line: ChargeLine, priced: Priced) -> str:
    """The rate with all its decimals, or the share of an exact cost; nothing where the rate
    changes inside the line."""
    if line.waived is not None:
        share, cost = line.waived.share, line.waived.cost
        decimals = _decimals(cost.normalize(), at_least=priced.minor_digits)
        return f"{percent(share)} of {exact_money(cost, priced.currency, decimals)}"
    if line.rate is None or line.kind is LineKind.TAX:
        return ""
    unit = {"kWh": "kWh", "days": "day", "kW": "kW"}[line.unit]
    decimals = _decimals(line.rate, at_least=2)
    return f"{exact_money(line.rate, priced.currency, decimals)} / {unit}"


def _decimals(amount: Decimal, *, at_least: int) -> int:
    """How many decimals show an amount without losing any."""
    exponent = amount.as_tuple().exponent
    return max(at_least, -exponent if isinstance(exponent, int) else at_least)


def exact_money(amount: Decimal, currency: str, decimals: int) -> str:
    """Whole units with so many decimals, of which none is lost: `SGD 0.2994`."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{currency} {format_decimal(amount, pattern, locale=LOCALE)}"
