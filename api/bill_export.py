"""A month's bill as CSV: a row a line; what it rests on stands above, fact by fact."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from api.bill_answers import money
from api.csv_text import csv_lines, provenance_lines
from data_layer.billing.model import Bill, RegisterRead
from data_layer.clock import HomeZone
from data_layer.quantities import format_kwh
from data_layer.tariffs.charges import ROUNDING_RULE, ChargeLine

Row = tuple[object, ...]
_DAYS, _PRICE = ("first_day", "last_day"), ("quantity", "unit", "rate", "amount", "currency")
_SUBSIDY = ("subsidy_share", "subsidized_cost")
HEADER = ("kind", "label", *_DAYS, *_PRICE, *_SUBSIDY)


def export(bill: Bill, zone: HomeZone) -> Iterator[str]:
    """The lines of the file; the column `amount` adds up to the total."""
    yield provenance_lines(_provenance(bill, zone))
    yield from csv_lines([HEADER, *(_row(line, bill) for line in bill.lines)])


def _provenance(bill: Bill, zone: HomeZone) -> list[tuple[str, str]]:
    return [
        ("Meterbook", "electricity bill of a month"),
        ("meter", bill.meter_id),
        ("month", bill.month),
        ("first day", bill.first_day.isoformat()),
        ("last day", bill.last_day.isoformat()),
        ("version", f"{bill.version}, {bill.reason}"),
        ("made at", zone.format(bill.made_at)),
        ("tariff", f"{bill.tariff_code}, {bill.tariff_name}"),
        ("register at the start", _register(bill.start_read, zone)),
        ("register at the end", _register(bill.end_read, zone)),
        ("consumption in kWh", format_kwh(bill.consumption_wh)),
        ("of it estimated in kWh", format_kwh(bill.estimated_wh)),
        ("missing half hours", str(bill.missing_half_hours)),
        ("total", f"{bill.currency} {money(bill.gross, bill.minor_digits)}"),
        ("rounding", ROUNDING_RULE),
        ("time zone", zone.name),
    ]


def _register(read: RegisterRead, zone: HomeZone) -> str:
    at = zone.format(read.read_at)
    if read.value_wh is None:
        return f"{at}, not known"
    return f"{at}, {format_kwh(read.value_wh)} kWh, {'estimated' if read.estimated else 'actual'}"


def _row(line: ChargeLine, bill: Bill) -> Row:
    return (
        line.kind.value,
        line.label,
        line.first_day.isoformat(),
        line.last_day.isoformat(),
        line.quantity,
        line.unit,
        line.rate,
        Decimal(line.amount).scaleb(-bill.minor_digits),
        bill.currency,
        None if line.waived is None else line.waived.share,
        None if line.waived is None else Decimal(f"{line.waived.cost.normalize():f}"),
    )
