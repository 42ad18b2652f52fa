"""What a tariff says: unit rates, standing charge, subsidy, tax, and from which day on.

    Tariff  code, name, currency
      └── TariffVersion  valid_from .. until the next one's
            ├── energy    FlatRate | TimeOfUse | PriceSeries | Slabs    per kWh
            ├── standing  StandingCharge      per day, or per kW and month
            ├── subsidy   Subsidy             a share of the price of the first kWh
            └── tax       Tax                 a share of the net amount

Types, no I/O, no clock; what may stand in them is in `rules.py`. A rate is an exact
`Decimal` of the currency's whole unit per kWh; negative rates exist (price series of windy nights).
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

from data_layer.errors import RuleBroken

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
