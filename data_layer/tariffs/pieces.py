"""Consumption cut where its price changes: the exact middle of the engine, whole Wh throughout.

    half hours   |----|--|------|---|        one part: days of one month under one version,
    slab ends    |----------------x-|        laid end to end along the energy used
    subsidy      |-----x----|-x-----|
    pieces       |----|-|x--|-|x--|x|---|    each of one half hour, one level, subsidized or not

A level is what a line of the bill is made of: a flat rate, a band, a slab, or a price of a series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import assert_never

import numpy as np
import numpy.typing as npt

from data_layer.errors import RuleBroken
from data_layer.tariffs.half_hours import HalfHours, Ints
from data_layer.tariffs.model import (
    Energy,
    Every,
    FlatRate,
    Prices,
    PriceSeries,
    PricesOf,
    RateBand,
    Slabs,
    Subsidy,
    TimeOfUse,
)


@dataclass(frozen=True, slots=True)
class Level:
    """One price of energy, under the name it has on the bill."""

    label: str
    rate: Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Energy of one price each, in order of time."""

    levels: tuple[Level, ...]
    day: Ints
    """Position of the day in the part."""
    level: Ints
    wh: Ints
    subsidized: npt.NDArray[np.bool_]

    def by_level(self, *, only_subsidized: bool = False) -> Ints:
        """Wh of each level; with `only_subsidized`, what the subsidy reaches of it."""
        wh = np.where(self.subsidized, self.wh, 0) if only_subsidized else self.wh
        return _summed(self.level, wh, len(self.levels))

    def by_day_and_level(self, days: int, *, only_subsidized: bool = False) -> Ints:
        """The same, day by day: shape (days, levels)."""
        wh = np.where(self.subsidized, self.wh, 0) if only_subsidized else self.wh
        width = len(self.levels)
        return _summed(self.day * width + self.level, wh, days * width).reshape(days, width)


def cut(
    part: HalfHours,
    energy: Energy,
    subsidy: Subsidy | None,
    *,
    share_of_month: tuple[int, int],
    prices_of: PricesOf,
) -> Pieces:
    """Cut a part where the price changes.

    `share_of_month` (days in the part, days in its month) shortens slabs and monthly subsidies
    when a month is cut by a move or a new version: limits in proportion, half-up to the Wh.
    Raises RuleBroken when a price series does not reach over what is used of the part.
    """
    used = np.concatenate(([0], np.cumsum(part.wh)))
    limits = _slab_limits(energy, share_of_month)
    waived_from, waived_to = _waived(part, used, subsidy, share_of_month)
    marks = np.unique(np.concatenate((used, limits, waived_to)))
    marks = marks[(marks >= 0) & (marks <= used[-1])]
    begins, wh = marks[:-1], np.diff(marks)
    slot = np.searchsorted(used, begins, side="right") - 1
    day = np.searchsorted(part.opens, slot, side="right") - 1
    if isinstance(energy, Slabs):
        levels = _slab_levels(energy, limits)
        level = np.searchsorted(limits, begins, side="right")
    else:
        levels, by_slot = _levels_by_time(part, energy, prices_of)
        level = by_slot[slot]
    span = day if subsidy is not None and subsidy.every is Every.DAY else np.zeros_like(day)
    subsidized = (begins >= waived_from[span]) & (begins < waived_to[span])
    return Pieces(levels, day, level.astype(np.int64), wh, subsidized)


def _slab_limits(energy: Energy, share_of_month: tuple[int, int]) -> Ints:
    steps = energy.steps[:-1] if isinstance(energy, Slabs) else ()
    kwh = [step.up_to_kwh or Decimal(0) for step in steps]
    return np.array([_in_proportion(limit, share_of_month) for limit in kwh], dtype=np.int64)


def _in_proportion(kwh: Decimal, share: tuple[int, int]) -> int:
    """kWh a month as whole Wh of a part of it, half-up."""
    days, of_days = share
    return (int(kwh * 1000) * days * 2 + of_days) // (2 * of_days)


def _waived(
    part: HalfHours, used: Ints, subsidy: Subsidy | None, share_of_month: tuple[int, int]
) -> tuple[Ints, Ints]:
    """Where the subsidized energy of each day (or of the part) begins and ends."""
    if subsidy is None:
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    if subsidy.every is Every.DAY:
        begins, ends = used[part.opens[:-1]], used[part.opens[1:]]
        return begins, np.minimum(begins + int(subsidy.units_kwh * 1000), ends)
    units = _in_proportion(subsidy.units_kwh, share_of_month)
    return np.zeros(1, np.int64), np.array([min(units, int(used[-1]))], dtype=np.int64)


def _slab_levels(energy: Slabs, limits: Ints) -> tuple[Level, ...]:
    texts = [_kwh_text(limit) for limit in limits.tolist()]
    if not texts:
        return (Level("Energy", energy.steps[0].rate),)
    labels = [f"Energy, first {texts[0]} kWh"]
    labels += [f"Energy, {low} to {high} kWh" for low, high in pairwise(texts)]
    labels.append(f"Energy, above {texts[-1]} kWh")
    return tuple(Level(label, step.rate) for label, step in zip(labels, energy.steps, strict=True))


def _kwh_text(wh: int) -> str:
    return f"{Decimal(wh).scaleb(-3).normalize():,f}"


def _levels_by_time(
    part: HalfHours, energy: FlatRate | TimeOfUse | PriceSeries, prices_of: PricesOf
) -> tuple[tuple[Level, ...], Ints]:
    """The levels, and which of them each half hour has."""
    match energy:
        case FlatRate(rate):
            return (Level("Energy", rate),), np.zeros(len(part.wh), np.int64)
        case TimeOfUse():
            return _bands(part, energy)
        case PriceSeries(series):
            if not part.to_price:
                return (), np.zeros(len(part.wh), np.int64)
            if series not in prices_of:
                raise RuleBroken(f"price series {series!r} is not stored: import it first.")
            return _prices(part, prices_of[series])
        case _:
            assert_never(energy)


def _bands(part: HalfHours, energy: TimeOfUse) -> tuple[tuple[Level, ...], Ints]:
    bands: Sequence[RateBand] = (*energy.bands, energy.otherwise)
    levels = tuple(dict.fromkeys(Level(band.name, band.rate) for band in bands))
    place = {level: number for number, level in enumerate(levels)}
    counts = np.diff(part.opens)
    result = np.full(len(part.wh), place[Level(energy.otherwise.name, energy.otherwise.rate)])
    free = np.ones(len(part.wh), np.bool_)
    for band in energy.bands:
        applies = [d.weekday() in band.weekdays and d.month in band.months for d in part.days]
        here = free & np.repeat(applies, counts) & band.covers(part.clock_minutes)
        result[here] = place[Level(band.name, band.rate)]
        free &= ~here
    return levels, result.astype(np.int64)


def _prices(part: HalfHours, prices: Prices) -> tuple[tuple[Level, ...], Ints]:
    """Half hours that need no price have the first level: nothing is used in them."""
    starts = part.starts[: part.to_price]
    found = np.searchsorted(prices.starts, starts, side="right") - 1
    lacking = np.flatnonzero((found < 0) | (starts >= prices.end))
    if len(lacking):
        day = part.days[int(np.searchsorted(part.opens, lacking[0], side="right")) - 1]
        raise RuleBroken(
            f"price series {prices.name!r} has no price for a half hour of {day}: "
            "it is not entered yet."
        )
    distinct = tuple(dict.fromkeys(prices.price))
    place = {price: number for number, price in enumerate(distinct)}
    number = np.array([place[price] for price in prices.price], dtype=np.int64)
    levels = tuple(Level("Energy, half-hourly prices", price) for price in distinct)
    by_slot = np.zeros(len(part.wh), np.int64)
    by_slot[: part.to_price] = number[found]
    return levels, by_slot


def _summed(group: Ints, wh: Ints, groups: int) -> Ints:
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, wh)
    return total
