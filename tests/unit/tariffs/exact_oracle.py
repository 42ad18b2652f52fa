"""What a period costs, the slow way: whole numbers and fractions, one half hour after the other.

Written from the rules in the tariff's docstrings, not from the engine: nothing of it is imported
here but the types that describe a tariff. A rate is a whole number of FINE parts of the currency's
unit per kWh, so the energy of a half hour costs a whole number of FINE * 1000 parts; what is
divided (a month's charge by its days) is a fraction.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from data_layer.tariffs.model import (
    Every,
    FlatRate,
    PriceSeries,
    Slabs,
    Tariff,
    TariffVersion,
    TimeOfUse,
)

HALF_HOUR = 1800
FINE = 10**8
"""A rate has at most eight decimals."""
Amounts = dict[tuple[date, str, str], int]
"""(first day of the part, kind, label or "") -> minor units; energy lines summed by rate key."""


def half_up(amount: Fraction) -> int:
    """To a whole number, ties away from zero."""
    whole = (abs(amount) * 2 + 1).__floor__() // 2
    return whole if amount >= 0 else -whole


@lru_cache(maxsize=4096)
def fine(rate: Decimal) -> int:
    """An exact rate in whole FINE parts."""
    whole = Fraction(rate) * FINE
    assert whole.denominator == 1, rate
    return whole.numerator


@lru_cache(maxsize=400)
def slots_of(zone: ZoneInfo, day: date) -> tuple[tuple[int, datetime], ...]:
    """Start of each half hour of a local day, and what the clock shows."""
    return tuple(_slots(zone, day))


def _slots(zone: ZoneInfo, day: date) -> Iterator[tuple[int, datetime]]:
    start = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
    following = day + timedelta(days=1)
    end = int(datetime(following.year, following.month, following.day, tzinfo=zone).timestamp())
    for epoch in range(start, end, HALF_HOUR):
        yield epoch, datetime.fromtimestamp(epoch, zone)


def band_of(energy: TimeOfUse, day: date, shown: datetime) -> tuple[str, int]:
    minute = shown.hour * 60 + shown.minute
    for band in energy.bands:
        inside = (
            band.start_minute <= minute < band.end_minute
            if band.end_minute > band.start_minute
            else minute >= band.start_minute or minute < band.end_minute
        )
        if inside and day.weekday() in band.weekdays and day.month in band.months:
            return band.name, fine(band.rate)
    return energy.otherwise.name, fine(energy.otherwise.rate)


@lru_cache(maxsize=4096)
def monthly_limit(kwh: Decimal, days: int, of_month: int) -> int:
    return half_up(Fraction(kwh) * 1000 * days / of_month)


def version_on(tariff: Tariff, day: date) -> TariffVersion:
    return max(
        (one for one in tariff.versions if one.valid_from <= day), key=lambda one: one.valid_from
    )


class Bill:
    """Adds up half hours; `amounts` are rounded lines, `day_cost` and `cost` exact fractions.

    `cost` is the unrounded charge of the whole period, made from its lines and not from its days.
    """

    def __init__(
        self,
        tariff: Tariff,
        zone: ZoneInfo,
        usage: Mapping[date, list[int]],
        *,
        kw: Fraction,
        digits: int,
        prices: Mapping[int, int],
    ) -> None:
        self.zone, self.kw, self.scale, self.prices = zone, kw, 10**digits, prices
        self.amounts: Amounts = {}
        self.day_cost: dict[date, Fraction] = {}
        self.cost = Fraction(0)
        parts: list[tuple[TariffVersion, list[date]]] = []
        for day in sorted(usage):
            version = version_on(tariff, day)
            if (
                parts
                and parts[-1][0] == version
                and (parts[-1][1][-1].year, parts[-1][1][-1].month) == (day.year, day.month)
            ):
                parts[-1][1].append(day)
            else:
                parts.append((version, [day]))
        for version, days in parts:
            self._part(version, days, usage)

    def _part(
        self, version: TariffVersion, days: list[date], usage: Mapping[date, list[int]]
    ) -> None:
        of_month = monthrange(days[0].year, days[0].month)[1]
        energy: dict[str, int] = {}
        waived, share_waived = 0, fine(version.subsidy.share) if version.subsidy else 0
        used_before = 0
        daily = Fraction(version.standing.per_day)
        daily += Fraction(version.standing.per_kw_month) * self.kw / of_month
        subsidy = version.subsidy
        left = 0
        if subsidy is not None and subsidy.every is Every.MONTH:
            left = monthly_limit(subsidy.units_kwh, len(days), of_month)
        for day in days:
            if subsidy is not None and subsidy.every is Every.DAY:
                left = int(subsidy.units_kwh * 1000)
            cost = relief = 0
            for (epoch, shown), wh in zip(slots_of(self.zone, day), usage[day], strict=True):
                for label, rate, share in self._split(
                    version, day, epoch, shown, used_before, wh, len(days), of_month
                ):
                    energy[label] = energy.get(label, 0) + rate * share
                    cost += rate * share
                    free = min(left, share)
                    left -= free
                    relief += rate * free * share_waived
                used_before += wh
            waived += relief
            exact = Fraction(cost, FINE * 1000) - Fraction(relief, FINE * FINE * 1000)
            self.day_cost[day] = (exact + daily) * (1 + Fraction(version.tax.rate))
        exact_energy = {label: Fraction(cost, FINE * 1000) for label, cost in energy.items()}
        self._round(version, days, of_month, exact_energy, Fraction(waived, FINE * FINE * 1000))

    def _split(
        self,
        version: TariffVersion,
        day: date,
        epoch: int,
        shown: datetime,
        before: int,
        wh: int,
        days: int,
        of_month: int,
    ) -> list[tuple[str, int, int]]:
        """One half hour's energy by label and rate, in the order in which it was used."""
        match version.energy:
            case FlatRate(rate):
                return [("flat", fine(rate), wh)]
            case TimeOfUse():
                name, price = band_of(version.energy, day, shown)
                return [(name, price, wh)]
            case PriceSeries():
                return [("series", self.prices[epoch], wh)]
            case Slabs(steps):
                found, begin, stop = [], before, before + wh
                for number, step in enumerate(steps):
                    limit = (
                        stop
                        if step.up_to_kwh is None
                        else monthly_limit(step.up_to_kwh, days, of_month)
                    )
                    here = max(0, min(stop, limit) - begin)
                    if here:
                        found.append((f"slab {number}", fine(step.rate), here))
                    begin = max(begin, min(stop, limit))
                return found
        raise AssertionError(version.energy)

    def _round(
        self,
        version: TariffVersion,
        days: list[date],
        of_month: int,
        energy: Mapping[str, Fraction],
        waived: Fraction,
    ) -> None:
        standing = version.standing
        lines = {("energy", label): cost for label, cost in energy.items()}
        lines["standing", "days"] = Fraction(standing.per_day) * len(days)
        lines["standing", "load"] = Fraction(standing.per_kw_month) * self.kw * len(days) / of_month
        lines["subsidy", ""] = -waived
        self.cost += sum(lines.values()) * (1 + Fraction(version.tax.rate))
        rounded = {key: half_up(cost * self.scale) for key, cost in lines.items()}
        rounded["tax", ""] = half_up(sum(rounded.values()) * Fraction(version.tax.rate))
        for (kind, label), amount in rounded.items():
            self.amounts[days[0], kind, label] = amount
