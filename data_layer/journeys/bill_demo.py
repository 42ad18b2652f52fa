"""Bill the demo's ended months, as the nights that ended them would have done.

Each bill is dated a quarter of an hour after its month's last midnight. A month that has its bill
is left alone, and so is a meter that cannot be billed: somebody has changed the demo by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from data_layer.accounts.model import OPERATOR, Account, AccountType, Status
from data_layer.billing.making import make
from data_layer.billing.model import FIRST_BILL, Bill, month_days
from data_layer.billing.room import BillingRoom
from data_layer.clock import epoch_of
from data_layer.errors import MeterbookError
from data_layer.journeys.end_month import ended_months
from data_layer.readings.model import Action, Scope
from data_layer.readings.store import Progress

AFTER_MIDNIGHT = 15 * 60
"""Seconds until the batch came to the bills."""


def bill_demo(
    room: BillingRoom, meters: Sequence[str], months: Sequence[str], progress: Progress
) -> int:
    """Make the first bills of these months, oldest first; give their number."""
    count = 0
    for number, month in enumerate(months, start=1):
        then = _on_the_night_after(room, month)
        made = [bill for meter_id in meters if (bill := _bill(then, meter_id, month)) is not None]
        with room.shelf.database.write() as connection:
            room.shelf.put(connection, made, actor=OPERATOR.name)
        count += len(made)
        progress("bills", number, len(months))
    return count


def bill_since(room: BillingRoom, accounts: Sequence[Account], *, progress: Progress) -> int:
    """Bill every account that has a tariff for the months that ended since any was billed.

    A demo in which nothing was billed has no tariffs, and stays as it is.
    """
    billed = room.shelf.newest_month()
    if billed is None:
        return 0
    today = room.readings.zone.day_of(epoch_of(room.readings.clock()))
    meters = [
        account.meter_id
        for account in accounts
        if account.tariff_code
        and account.account_type is AccountType.POSTPAID
        and account.status is Status.ACTIVE
    ]
    return bill_demo(room, meters, ended_months(month_days(billed)[1], today), progress)


def _on_the_night_after(room: BillingRoom, month: str) -> BillingRoom:
    zone = room.readings.zone
    _, stop = month_days(month)
    night: datetime = zone.local(zone.day_start(stop) + AFTER_MIDNIGHT)
    return replace(room, readings=replace(room.readings, clock=lambda: night))


def _bill(room: BillingRoom, meter_id: str, month: str) -> Bill | None:
    if room.shelf.latest(meter_id, month) is not None:
        return None
    scope = Scope(OPERATOR.name, Action.READ_METER, meter_ids=frozenset({meter_id}))
    try:
        return replace(make(room, scope, meter_id, month), reason=FIRST_BILL)
    except MeterbookError:
        return None
