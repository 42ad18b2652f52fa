"""A bill as the REST door and the command line tell it: kWh exact, money as text and as cents."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from api.answers import kwh
from data_layer.billing.model import Bill
from data_layer.billing.queries import Projection
from data_layer.clock import HomeZone
from data_layer.tariffs.charges import ChargeLine

Facts = dict[str, object]


def bill_summary(bill: Bill, zone: HomeZone) -> Facts:
    """What a list shows of a bill."""
    return {
        "meter_id": bill.meter_id,
        "period": bill.month,
        "version": bill.version,
        "made_at": zone.format(bill.made_at),
        "reason": bill.reason,
        "start_reading": kwh(bill.start_read.value_wh),
        "end_reading": kwh(bill.end_read.value_wh),
        "consumption": kwh(bill.consumption_wh),
        "start_time": zone.format(bill.start_read.read_at),
        "end_time": zone.format(bill.end_read.read_at),
        "estimated_kwh": kwh(bill.estimated_wh),
        "missing_half_hours": bill.missing_half_hours,
        "currency": bill.currency,
        **_sums(bill.minor_digits, net=bill.net, tax=bill.tax, gross=bill.gross),
    }


def bill_facts(bill: Bill, zone: HomeZone) -> Facts:
    """All that stands on a bill."""
    return {
        **bill_summary(bill, zone),
        "start_estimated": bill.start_read.estimated,
        "end_estimated": bill.end_read.estimated,
        "owner_name": bill.owner_name,
        "address": bill.address,
        "tariff_code": bill.tariff_code,
        "tariff_name": bill.tariff_name,
        "tariff_versions": bill.tariff_versions,
        "lines": [_line(line, bill.minor_digits) for line in bill.lines],
    }


def projection_facts(found: Projection, at: Callable[[int], str]) -> Facts:
    """What the running month will cost; `at` writes a moment."""
    charges = found.charges
    return {
        "period": found.month,
        "known_until": at(found.known_until),
        "known_kwh": kwh(found.known_wh),
        "assumed_kwh": kwh(found.assumed_wh),
        "assumption": found.assumption,
        "currency": found.currency,
        **_sums(found.minor_digits, net=charges.net, tax=charges.tax, gross=charges.gross),
        "lines": [_line(line, found.minor_digits) for line in charges.lines],
    }


def money(minor: int, digits: int) -> str:
    """An amount of the smallest unit in whole units.

    >>> money(-5, 2), money(12, 0)
    ('-0.05', '12')
    """
    return f"{Decimal(minor).scaleb(-digits):f}"


def _sums(digits: int, **amounts: int) -> Facts:
    texts = {name: money(minor, digits) for name, minor in amounts.items()}
    return {**texts, **{f"{name}_minor": minor for name, minor in amounts.items()}}


def _line(line: ChargeLine, digits: int) -> Facts:
    return {
        "kind": line.kind.value,
        "label": line.label,
        "first_day": line.first_day.isoformat(),
        "last_day": line.last_day.isoformat(),
        "quantity": f"{line.quantity:f}",
        "unit": line.unit,
        "rate": None if line.rate is None else f"{line.rate:f}",
        "amount": money(line.amount, digits),
        "amount_minor": line.amount,
        "subsidy_share": None if line.waived is None else f"{line.waived.share:f}",
        "subsidized_cost": None if line.waived is None else f"{line.waived.cost.normalize():f}",
    }
