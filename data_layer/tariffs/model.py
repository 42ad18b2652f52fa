"""What a tariff says: unit rates, standing charge, subsidy, tax, and from which day on.

    Tariff  code, name, currency
      └── TariffVersion  valid_from .. until the next one's
            ├── energy    FlatRate | TimeOfUse | PriceSeries | Slabs    per kWh
            ├── standing  StandingCharge      per day, or per kW and month
            ├── subsidy   Subsidy             a share of the price of the first kWh
            └── tax       Tax                 a share of the net amount

Types and their own rules, no I/O, no clock. A rate is an exact `Decimal` of the currency's whole
unit per kWh; negative rates exist (price series of windy nights).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from data_layer.clock import HALF_HOUR
from data_layer.errors import BadInput, RuleBroken

MINUTES_A_DAY = 24 * 60
EVERY_WEEKDAY = frozenset(range(7))
EVERY_MONTH = frozenset(range(1, 13))
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
CODE_RULE = "a letter or digit, then up to 31 letters, digits, dots, dashes or underscores"
DECIMALS = 8
"""Decimals a rate may have: price series come with four, wholesale prices with five."""
LARGEST_RATE = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class FlatRate:
    """One unit rate at all times."""

    rate: Decimal


@dataclass(frozen=True, slots=True)
class RateBand:
    """A unit rate while the local clock shows a time in [start, end), on some days.

    Minutes since midnight; an end at or before the start lies on the next day, so 22:00 to 06:00
    is a night, and a day is asked by what the clock shows, not by when the band began.
    """

    name: str
    rate: Decimal
    start_minute: int = 0
    end_minute: int = MINUTES_A_DAY
    weekdays: frozenset[int] = EVERY_WEEKDAY
    """0 is Monday."""
    months: frozenset[int] = EVERY_MONTH

    def covers(self, minutes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of these clock minutes lie in the band."""
        after, before = minutes >= self.start_minute, minutes < self.end_minute
        wraps = self.end_minute <= self.start_minute
        return after | before if wraps else after & before


@dataclass(frozen=True, slots=True)
class TimeOfUse:
    """Rate bands; the first that covers a half hour prices it, `otherwise` what none covers."""

    bands: tuple[RateBand, ...]
    otherwise: RateBand


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """A price for every half hour, looked up in a series that is kept beside the tariff."""

    series: str


@dataclass(frozen=True, slots=True)
class Slab:
    """A progressive block: this rate for what lies above the slab before, up to `up_to_kwh`."""

    rate: Decimal
    up_to_kwh: Decimal | None = None
    """Per month; None: without limit (the last one, and only it)."""


@dataclass(frozen=True, slots=True)
class Slabs:
    """Progressive blocks of a month's consumption, in rising order."""

    steps: tuple[Slab, ...]


Energy = FlatRate | TimeOfUse | PriceSeries | Slabs


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """What a supply costs without a single kWh."""

    per_day: Decimal = Decimal(0)
    per_kw_month: Decimal = Decimal(0)
    """For each kW of the sanctioned load and whole month."""


class Every(StrEnum):
    """How often a subsidy's units begin anew."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Subsidy:
    """`share` of the price of the first `units_kwh` of each day or month is waived.

    First in time: where rates differ over the day, those are waived that were used first.
    Source: S5's "first 2 kWh fully subsidized"; of its two formulas the one with a share.
    """

    units_kwh: Decimal
    share: Decimal
    every: Every = Every.MONTH


@dataclass(frozen=True, slots=True)
class Tax:
    """A share of the net amount, 0.09 for 9 %."""

    rate: Decimal
    name: str = "Tax"


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """What applies from a local day on, until the next version's first day."""

    valid_from: date
    energy: Energy
    standing: StandingCharge = StandingCharge()
    subsidy: Subsidy | None = None
    tax: Tax = Tax(Decimal(0))
    number: int = 1
    """Counts a tariff's versions in order of entry; a bill names it."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff and all its versions, by `valid_from`; no two begin on one day."""

    code: str
    name: str
    currency: str
    versions: tuple[TariffVersion, ...]

    def on(self, day: date) -> TariffVersion:
        """The version that applies on a day. Raises RuleBroken before the first one."""
        place = bisect_right(self.versions, day, key=lambda version: version.valid_from)
        if not place:
            since = f"only from {self.versions[0].valid_from}" if self.versions else "never"
            raise RuleBroken(f"tariff {self.code} is valid {since}: there is no rate for {day}.")
        return self.versions[place - 1]


@dataclass(frozen=True, slots=True)
class Prices:
    """A price series: `price[n]` per kWh in [starts[n], starts[n+1]), the last until `end`."""

    name: str
    starts: npt.NDArray[np.int64]
    """Epoch seconds, rising."""
    price: tuple[Decimal, ...]
    end: int


PricesOf = Mapping[str, Prices]


def check_version(version: TariffVersion) -> None:
    """Refuse what no bill could be made from. Raises BadInput naming field, value and rule."""
    _check_energy(version.energy)
    _not_negative("standing.per_day", version.standing.per_day)
    _not_negative("standing.per_kw_month", version.standing.per_kw_month)
    if not 0 <= version.tax.rate <= 1:
        raise BadInput(
            f"tax.rate {version.tax.rate} is not between 0 and 1 (0.09 is 9 %).", field="tax.rate"
        )
    _check_rate("tax.rate", version.tax.rate)
    if version.subsidy is not None:
        _check_whole_wh("subsidy.units_kwh", version.subsidy.units_kwh)
        if not 0 <= version.subsidy.share <= 1:
            raise BadInput(
                f"subsidy.share {version.subsidy.share} is not between 0 and 1 (1 waives all).",
                field="subsidy.share",
            )
        _check_rate("subsidy.share", version.subsidy.share)


def _check_energy(energy: Energy) -> None:
    match energy:
        case FlatRate(rate):
            _check_rate("energy.rate", rate)
        case TimeOfUse():
            _check_bands(energy)
        case PriceSeries():
            _check_series(energy)
        case Slabs():
            _check_slabs(energy)


def _check_bands(energy: TimeOfUse) -> None:
    for band in (*energy.bands, energy.otherwise):
        field = f"energy band {band.name!r}"
        if not band.name.strip():
            raise BadInput("energy bands must each have a name: it stands on the bill.")
        _check_rate(f"{field} rate", band.rate)
        for minute in (band.start_minute, band.end_minute):
            if not 0 <= minute <= MINUTES_A_DAY or minute % (HALF_HOUR // 60):
                raise BadInput(
                    f"{field} begins and ends on the half hour: "
                    f"{minute // 60:02d}:{minute % 60:02d} does not.",
                    field=field,
                )
        if not band.weekdays or not band.weekdays <= EVERY_WEEKDAY:
            raise BadInput(f"{field} needs weekdays from 0 (Monday) to 6.", field=field)
        if not band.months or not band.months <= EVERY_MONTH:
            raise BadInput(f"{field} needs months from 1 to 12.", field=field)
    names = [band.name for band in (*energy.bands, energy.otherwise)]
    rates = {(band.name, band.rate) for band in (*energy.bands, energy.otherwise)}
    if len(rates) != len(set(names)):
        raise BadInput("energy bands of one name have one rate: they share a line of the bill.")


def _check_series(energy: PriceSeries) -> None:
    if not CODE.fullmatch(energy.series):
        raise BadInput(
            f"energy.series {energy.series[:40]!r} is not a code: {CODE_RULE}.",
            field="energy.series",
        )


def _check_slabs(energy: Slabs) -> None:
    before = Decimal(0)
    for number, step in enumerate(energy.steps, start=1):
        field = f"energy.steps {number}"
        _check_rate(f"{field} rate", step.rate)
        is_last = number == len(energy.steps)
        if (step.up_to_kwh is None) != is_last:
            raise BadInput(f"{field}: the last slab, and only it, has no limit.", field=field)
        if step.up_to_kwh is not None:
            _check_whole_wh(f"{field} up_to_kwh", step.up_to_kwh)
            if step.up_to_kwh <= before:
                raise BadInput(
                    f"{field} up_to_kwh {step.up_to_kwh} does not lie above the slab before, "
                    f"{before}.",
                    field=field,
                )
            before = step.up_to_kwh
    if not energy.steps:
        raise BadInput("energy.steps is empty: a tariff needs at least one slab.", field="energy")


def _check_rate(field: str, rate: Decimal) -> None:
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS or abs(rate) > LARGEST_RATE:
        raise BadInput(
            f"{field} {rate} is not an amount of at most {LARGEST_RATE} with at most "
            f"{DECIMALS} decimals.",
            field=field,
        )


def _not_negative(field: str, amount: Decimal) -> None:
    _check_rate(field, amount)
    if amount < 0:
        raise BadInput(f"{field} {amount} is negative.", field=field)


def _check_whole_wh(field: str, kwh: Decimal) -> None:
    _not_negative(field, kwh)
    if kwh * 1000 != int(kwh * 1000):
        raise BadInput(f"{field} {kwh} has more than three decimals of a kWh.", field=field)
