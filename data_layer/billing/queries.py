"""What may be asked about bills. A household sees those of its own time at its own meters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from data_layer.billing.making import price, supply_of, tariff_of
from data_layer.billing.model import Bill, month_before, month_days
from data_layer.billing.room import BillingRoom
from data_layer.clock import epoch_of
from data_layer.errors import Forbidden, NotFound
from data_layer.readings import queries as readings
from data_layer.readings.model import Action, Scope
from data_layer.readings.room import require_meter, unknown_meter
from data_layer.tariffs.charges import Charges
from data_layer.tariffs.half_hours import HalfHours

LEARNED_FROM_DAYS = 28


@dataclass(frozen=True, slots=True)
class Projection:
    """What the running month will cost if it goes on as before."""

    month: str
    known_until: int
    """Epoch of the last known instant; what lies after it is assumed."""
    known_wh: int
    assumed_wh: int
    charges: Charges
    currency: str
    minor_digits: int
    assumption: str


def bill(
    room: BillingRoom, scope: Scope, *, meter_id: str, month: str, version: int | None = None
) -> Bill:
    """A month's bill, its newest version if none is named. Raises NotFound, BadInput, Forbidden."""
    require_reading(scope, meter_id)
    month_days(month)
    found = (
        room.shelf.latest(meter_id, month)
        if version is None
        else room.shelf.version(meter_id, month, version)
    )
    if found is None or not _may_see(room, scope, found):
        which = "" if version is None else f", version {version},"
        raise NotFound(
            f"meter {meter_id[:40]!r} has no bill for {month}{which} yet.", field="month"
        )
    return found


def versions(room: BillingRoom, scope: Scope, *, meter_id: str, month: str) -> list[Bill]:
    """Every version of a month's bill, newest first; none where there is no bill.

    Raises BadInput, Forbidden.
    """
    require_reading(scope, meter_id)
    month_days(month)
    return [found for found in room.shelf.versions(meter_id, month) if _may_see(room, scope, found)]


def bills(room: BillingRoom, scope: Scope, *, meter_id: str) -> list[Bill]:
    """The newest version of every month's bill, newest month first."""
    require_reading(scope, meter_id)
    return [found for found in room.shelf.of_meter(meter_id) if _may_see(room, scope, found)]


def last_month_bill(room: BillingRoom, scope: Scope, *, meter_id: str) -> Bill:
    """The bill of the month before this one. Raises NotFound. Source: S1."""
    return bill(room, scope, meter_id=meter_id, month=last_month(room))


def last_month(room: BillingRoom) -> str:
    """The month before this one."""
    return month_before(room.readings.zone.day_of(epoch_of(room.readings.clock())))


def projection(room: BillingRoom, scope: Scope, *, meter_id: str) -> Projection | None:
    """The running month's bill to come; None while nothing is known to judge by.

    Half hours not yet known are taken as the mean of the same clock time over the last 28 days.
    Raises NotFound, RuleBroken when there is no tariff or no price for a half hour of the month,
    Conflict when its price series has a gap.
    """
    require_reading(scope, meter_id)
    account = room.account(meter_id)
    if account is None:
        raise unknown_meter(meter_id)
    zone = room.readings.zone
    today = zone.day_of(epoch_of(room.readings.clock()))
    month = f"{today:%Y-%m}"
    first, stop = month_days(month)
    if account.moved_in:
        first = max(first, date.fromisoformat(account.moved_in))
    reading = replace(scope, action=Action.READ_METER)
    newest = readings.latest(room.readings, reading, meter_id=meter_id)
    if newest is None or first >= stop:
        return None
    count = (stop - first).days
    known = _series(room, reading, meter_id, first, stop)
    profile = _profile(room, reading, meter_id, newest.read_at)
    if profile is None:
        return None
    half_hours = HalfHours.of(zone, first, known, days=count)
    ahead = half_hours.starts >= newest.read_at
    assumed = np.where(ahead, profile[half_hours.clock_minutes // 30], 0)
    filled = HalfHours.of(zone, first, np.where(ahead, assumed, known), days=count)
    tariff = tariff_of(room, account)
    supply = supply_of(room, tariff, meter_id)
    return Projection(
        month=month,
        known_until=newest.read_at,
        known_wh=int(known[~ahead].sum()),
        assumed_wh=int(assumed.sum()),
        charges=price(room, tariff, filled, supply),
        currency=tariff.currency,
        minor_digits=supply.minor_digits,
        assumption=(
            "Half hours to come are taken as the mean of the same time of day over the last "
            f"{LEARNED_FROM_DAYS} days."
        ),
    )


def _series(
    room: BillingRoom, reading: Scope, meter_id: str, first: date, stop: date
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    zone = room.readings.zone
    found = readings.series(
        room.readings,
        reading,
        meter_id=meter_id,
        start=zone.day_start(first),
        end=zone.day_start(stop),
        resolution="half_hour",
    )
    return found.consumption_wh


def _profile(
    room: BillingRoom, reading: Scope, meter_id: str, until: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """Mean Wh of each half hour of the clock, half-up; None when no half hour is known."""
    zone = room.readings.zone
    stop = zone.day_of(until) + timedelta(days=1)
    first = stop - timedelta(days=LEARNED_FROM_DAYS + 1)
    found = readings.series(
        room.readings,
        reading,
        meter_id=meter_id,
        start=zone.day_start(first),
        end=zone.day_start(stop),
        resolution="half_hour",
    )
    shape = HalfHours.of(zone, first, found.consumption_wh, days=(stop - first).days)
    known = found.complete & (shape.starts < until)
    if not known.any():
        return None
    slot = shape.clock_minutes[known] // 30
    total = np.bincount(slot, weights=shape.wh[known], minlength=48).astype(np.int64)
    counts = np.bincount(slot, minlength=48)
    overall = (2 * int(total.sum()) + int(counts.sum())) // (2 * int(counts.sum()))
    safe = np.maximum(counts, 1)
    mean = (2 * total + safe) // (2 * safe)
    return np.where(counts > 0, mean, overall).astype(np.int64)


def require_reading(scope: Scope, meter_id: str) -> None:
    if scope.action is not Action.READ_BILLS:
        raise Forbidden(f"permission to {scope.action} does not show bills.")
    require_meter(scope, meter_id)


def _may_see(room: BillingRoom, scope: Scope, found: Bill) -> bool:
    """A household never sees a bill that speaks of days before it moved in."""
    since = scope.earliest(found.meter_id)
    return since is None or room.readings.zone.day_start(found.first_day) >= since
