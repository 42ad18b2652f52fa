"""A bill in words and amounts: what page, PDF and REST say of it, written once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from babel.dates import format_date
from babel.numbers import format_decimal

from data_layer.billing.model import Bill, RegisterRead
from data_layer.clock import HomeZone
from data_layer.quantities import to_kwh
from data_layer.tariffs.charges import ROUNDING_RULE, ChargeLine, LineKind

LOCALE = "en"
DAYS_RULE = (
    "The consumption is the sum of its days. The cost of a single day is not rounded, so days "
    "may differ from the total by less than the smallest unit a line."
)


@dataclass(frozen=True, slots=True)
class LineWords:
    """One line as it is printed."""

    label: str
    quantity: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class PartWords:
    """Lines of one stretch of days; its period is empty when it is the whole bill."""

    period: str
    lines: tuple[LineWords, ...]


def money(amount: int, bill: Bill) -> str:
    """Minor units as people write them: `SGD 12.30`."""
    return _money(Decimal(amount).scaleb(-bill.minor_digits), bill.currency, bill.minor_digits)


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
    runs = groupby(bill.lines, key=lambda line: (line.first_day, line.last_day))
    found = [(days, tuple(_line(line, bill) for line in lines)) for days, lines in runs]
    if len(found) == 1:
        return [PartWords("", found[0][1])]
    return [PartWords(f"{day(first)} to {day(last)}", lines) for (first, last), lines in found]


def register_read(read: RegisterRead, zone: HomeZone) -> tuple[str, str, str]:
    """When, what the register showed, and whether it was read or lies between two readings."""
    at = zone.local(read.read_at)
    return (
        f"{day(at.date())} {at:%H:%M}",
        kwh(read.value_wh),
        "estimated" if read.estimated else "actual",
    )


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
    if bill.start_read.value_wh + bill.consumption_wh != bill.end_read.value_wh:
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


def _line(line: ChargeLine, bill: Bill) -> LineWords:
    return LineWords(line.label, _quantity(line, bill), _rate(line, bill), money(line.amount, bill))


def _quantity(line: ChargeLine, bill: Bill) -> str:
    if line.kind is LineKind.TAX:
        return f"on {_money(line.quantity, bill.currency, bill.minor_digits)}"
    if line.unit == "kWh":
        return f"{format_decimal(line.quantity, '#,##0.000', locale=LOCALE)} kWh"
    return f"{line.quantity.normalize():f} {line.unit}"


def _rate(line: ChargeLine, bill: Bill) -> str:
    """The rate with all its decimals; nothing where it changes inside the line."""
    if line.rate is None or line.kind is LineKind.TAX:
        return ""
    exponent = line.rate.as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 2)
    unit = {"kWh": "kWh", "days": "day", "kW": "kW"}[line.unit]
    return f"{_money(line.rate, bill.currency, decimals)} / {unit}"


def _money(amount: Decimal, currency: str, decimals: int) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{currency} {format_decimal(amount, pattern, locale=LOCALE)}"
