"""The bills that a filter finds, each in its newest version, streamed as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from api.bill_answers import money
from api.csv_text import csv_lines
from data_layer.billing import lists
from data_layer.billing.model import Bill, BillFilter
from data_layer.billing.room import BillingRoom
from data_layer.quantities import format_kwh
from data_layer.readings.model import Scope

HEADER = (
    "month",
    "meter_id",
    "owner_name",
    "tariff_code",
    "consumption_kwh",
    "estimated_kwh",
    "missing_half_hours",
    "currency",
    "net",
    "tax",
    "gross",
    "version",
    "made_at",
    "reason",
)
ROWS_AT_A_TIME = 500


def export(room: BillingRoom, scope: Scope, wanted: BillFilter) -> Iterator[str]:
    """Header and every matching bill, in the filter's order."""
    return csv_lines(_rows(room, scope, wanted))


def _rows(room: BillingRoom, scope: Scope, wanted: BillFilter) -> Iterator[Sequence[object]]:
    yield HEADER
    offset, total = 0, 1
    while offset < total:
        page = lists.find(room, scope, replace(wanted, offset=offset, limit=ROWS_AT_A_TIME))
        total = page.total
        yield from (_row(bill, room.readings.zone.format(bill.made_at)) for bill in page.bills)
        offset += len(page.bills) or total


def _row(bill: Bill, made_at: str) -> Sequence[object]:
    amounts = (money(amount, bill.minor_digits) for amount in (bill.net, bill.tax, bill.gross))
    return (
        bill.month,
        bill.meter_id,
        bill.owner_name,
        bill.tariff_code,
        format_kwh(bill.consumption_wh),
        format_kwh(bill.estimated_wh),
        bill.missing_half_hours,
        bill.currency,
        *amounts,
        bill.version,
        made_at,
        bill.reason,
    )
