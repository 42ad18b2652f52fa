"""What days cost: each its unrounded marginal cost within its month, so that days add up.

A month is priced from its beginning, because slabs and monthly subsidies act on what was used
before; of that the wanted days are taken. What was used after them changes nothing of what they
cost, and half hours that nothing is known of yet cost nothing: neither needs a price, as those of
a series are published a day ahead. Shares of the month stay those of all its days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from data_layer.accounts.model import Account, AccountType
from data_layer.billing.making import price, supply_of, tariff_of
from data_layer.billing.model import month_days
from data_layer.billing.queries import require_reading
from data_layer.billing.room import BillingRoom
from data_layer.clock import epoch_of
from data_layer.readings import queries as readings
from data_layer.readings.model import Action, Scope
from data_layer.readings.room import unknown_meter
from data_layer.tariffs.half_hours import HalfHours


@dataclass(frozen=True, slots=True)
class Cost:
    """What some days cost, tax included."""

    first: date
    last: date
    amount: Decimal
    """Exact, in the currency's whole unit."""
    currency: str
    minor_digits: int


def cost(room: BillingRoom, scope: Scope, *, meter_id: str, first: date, last: date) -> Cost | None:
    """The cost of the days of [first, last] that are not ahead and that the occupant lived there.

    None when there are no such days or nothing is known of them, when nobody said a tariff, and
    for a prepaid account, whose charges are those of its plan. Raises Forbidden, NotFound,
    Conflict, and RuleBroken where the tariff has no rate for what was used.
    """
    require_reading(scope, meter_id)
    account = room.account(meter_id)
    if account is None:
        raise unknown_meter(meter_id)
    first, last = _lived(room, account, first, last)
    if first > last or not account.tariff_code or account.account_type is AccountType.PREPAID:
        return None
    zone = room.readings.zone
    used = readings.consumption(
        room.readings,
        replace(scope, action=Action.READ_METER),
        meter_id=meter_id,
        start=zone.day_start(first),
        end=zone.day_start(last + timedelta(days=1)),
    )
    if used.consumption_wh is None or used.end_time is None:
        return None
    tariff = tariff_of(room, account)
    supply = supply_of(room, tariff, meter_id)
    until = int(used.end_time.timestamp())
    amount = sum(
        (
            found
            for month in _months(first, last)
            for day, found in price(
                room, tariff, _half_hours(room, scope, account, month).up_to(until), supply
            ).day_costs
            if first <= day <= last
        ),
        Decimal(0),
    )
    return Cost(first, last, amount, tariff.currency, supply.minor_digits)


def _lived(room: BillingRoom, account: Account, first: date, last: date) -> tuple[date, date]:
    today = room.readings.zone.day_of(epoch_of(room.readings.clock()))
    moved_in = date.fromisoformat(account.moved_in) if account.moved_in else first
    return max(first, moved_in), min(last, today)


def _months(first: date, last: date) -> Iterator[str]:
    day = first.replace(day=1)
    while day <= last:
        yield f"{day:%Y-%m}"
        day = month_days(f"{day:%Y-%m}")[1]


def _half_hours(room: BillingRoom, scope: Scope, account: Account, month: str) -> HalfHours:
    zone = room.readings.zone
    first, stop = month_days(month)
    if account.moved_in:
        first = max(first, date.fromisoformat(account.moved_in))
    found = readings.series(
        room.readings,
        replace(scope, action=Action.READ_METER),
        meter_id=account.meter_id,
        start=zone.day_start(first),
        end=zone.day_start(stop),
        resolution="half_hour",
    )
    return HalfHours.of(zone, first, found.consumption_wh, days=(stop - first).days)
