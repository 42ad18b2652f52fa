"""How a bill is made: the account's tariff over the meter's month. Nothing is stored here."""

from __future__ import annotations

from datetime import date

from babel.numbers import get_currency_precision

from data_layer.accounts.model import Account
from data_layer.billing.metering import month_usage
from data_layer.billing.model import Bill, MonthUsage, month_days
from data_layer.billing.room import BillingRoom
from data_layer.clock import epoch_of
from data_layer.errors import NotFound, RuleBroken
from data_layer.readings.model import Scope
from data_layer.readings.room import unknown_meter
from data_layer.tariffs.charges import Charges, Supply, charges
from data_layer.tariffs.half_hours import HalfHours
from data_layer.tariffs.model import Prices, PriceSeries, Tariff


def make(room: BillingRoom, reading: Scope, meter_id: str, month: str) -> Bill:
    """The bill of a past month as it is now, as version 1 and without a reason.

    `reading` is a scope to read this meter. Raises NotFound when nothing is known of the month
    or the occupant came later, RuleBroken when it is not over or no tariff has rates for it.
    """
    account = _account(room, meter_id)
    first, stop = billed_days(account, month)
    require_over(month, today=room.today())
    usage = month_usage(room.readings, reading, meter_id, first, stop)
    tariff = tariff_of(room, account)
    supply = supply_of(room, tariff, meter_id)
    found = price(room, tariff, usage.half_hours, supply)
    return _bill(account, month, usage, tariff, supply, found, epoch_of(room.readings.clock()))


def require_over(month: str, *, today: date) -> None:
    """Raise RuleBroken for a month that is not over on this local day, BadInput for no month."""
    _, stop = month_days(month)
    if today < stop:
        raise RuleBroken(
            f"month {month} is not over: its bill can be made from {stop} on.", field="month"
        )


def billed_days(account: Account, month: str) -> tuple[date, date]:
    """The days of a month that its occupant is billed for: from the day they moved in.

    Raises BadInput for no month, NotFound when they came later.
    """
    first, stop = month_days(month)
    if account.moved_in:
        first = max(first, date.fromisoformat(account.moved_in))
    if first >= stop:
        raise NotFound(
            f"meter {account.meter_id[:40]!r} has no bill for {month}: its occupant moved in on "
            f"{account.moved_in}.",
            field="month",
        )
    return first, stop


def tariff_of(room: BillingRoom, account: Account) -> Tariff:
    """The tariff an account is on. Raises RuleBroken when it names none, NotFound."""
    if not account.tariff_code:
        raise RuleBroken(
            f"meter {account.meter_id[:40]!r} has no tariff: give its account one.",
            field="tariff_code",
        )
    return room.catalog.get(account.tariff_code)


def supply_of(room: BillingRoom, tariff: Tariff, meter_id: str) -> Supply:
    return Supply(room.sanctioned_kw(meter_id), get_currency_precision(tariff.currency))


def price(room: BillingRoom, tariff: Tariff, half_hours: HalfHours, supply: Supply) -> Charges:
    """Charges of some days, with the price series the tariff's versions name."""
    return charges(tariff, half_hours, supply, _prices(room, tariff, half_hours))


def _account(room: BillingRoom, meter_id: str) -> Account:
    account = room.account(meter_id)
    if account is None:
        raise unknown_meter(meter_id)
    return account


def _prices(room: BillingRoom, tariff: Tariff, half_hours: HalfHours) -> dict[str, Prices]:
    """The prices of the days that need any, of those half hours that do."""
    versions = {tariff.on(day).number: tariff.on(day) for day in half_hours.days_to_price}
    names = {
        version.energy.series
        for version in versions.values()
        if isinstance(version.energy, PriceSeries)
    }
    if not names:
        return {}
    start, end = int(half_hours.starts[0]), int(half_hours.starts[half_hours.to_price - 1]) + 1
    return {name: room.price_book.get(name, start, end) for name in names}


def _bill(
    account: Account,
    month: str,
    usage: MonthUsage,
    tariff: Tariff,
    supply: Supply,
    found: Charges,
    now: int,
) -> Bill:
    return Bill(
        meter_id=account.meter_id,
        month=month,
        version=1,
        made_at=now,
        reason="",
        owner_name=account.owner_name,
        address=account.address,
        tariff_code=tariff.code,
        tariff_name=tariff.name,
        tariff_versions=found.versions,
        currency=tariff.currency,
        minor_digits=supply.minor_digits,
        sanctioned_kw=f"{supply.sanctioned_kw:f}",
        lines=found.lines,
        days=usage.days,
        start_read=usage.start_read,
        end_read=usage.end_read,
        usage_digest=usage.digest,
    )
