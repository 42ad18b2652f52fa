"""A tariff's version in words people understand: rates, bands, slabs, standing charge, tax."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import assert_never

from babel.dates import format_date

from data_layer.tariffs.documents import WEEKDAYS
from data_layer.tariffs.model import (
    EVERY_MONTH,
    EVERY_WEEKDAY,
    MINUTES_A_DAY,
    Energy,
    Every,
    FlatRate,
    PriceSeries,
    RateBand,
    Slabs,
    StandingCharge,
    Subsidy,
    Tariff,
    Tax,
    TimeOfUse,
)

DAYS = tuple(word.capitalize() for word in WEEKDAYS)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rate(amount: Decimal, currency: str) -> str:
    """An amount with the decimals it was written with, two at least.

    >>> rate(Decimal("0.2990"), "SGD"), rate(Decimal("5"), "SGD"), rate(Decimal("-0.012"), "SGD")
    ('SGD 0.2990', 'SGD 5.00', 'SGD -0.012')
    """
    exponent = amount.as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{currency} {amount:,.{decimals}f}"


def kwh(amount: Decimal) -> str:
    """`1,250.5 kWh`."""
    return f"{amount.normalize():,f} kWh"


def percent(share: Decimal) -> str:
    """`9 %`.

    >>> percent(Decimal("0.09")), percent(Decimal("0.075"))
    ('9 %', '7.5 %')
    """
    return f"{(share * 100).normalize():f} %"


def day(moment: date) -> str:
    """`1 Oct 2026`."""
    return str(format_date(moment, "d MMM y", locale="en"))


def kind(energy: Energy, currency: str) -> str:
    """The energy price in a few words, for a list."""
    match energy:
        case FlatRate(amount):
            return f"One rate: {rate(amount, currency)}"
        case TimeOfUse(bands, otherwise):
            names = {band.name for band in (*bands, otherwise)}
            return f"{len(names)} rate bands: {_span(energy, currency)}"
        case Slabs(steps):
            count = f"{len(steps)} slabs" if len(steps) > 1 else "1 slab"
            return f"{count}: {_span(energy, currency)}"
        case PriceSeries(series):
            return f"Half-hourly prices of {series}"
        case _:
            assert_never(energy)


def _span(energy: TimeOfUse | Slabs, currency: str) -> str:
    if isinstance(energy, Slabs):
        rates = [step.rate for step in energy.steps]
    else:
        rates = [band.rate for band in (*energy.bands, energy.otherwise)]
    low, high = min(rates), max(rates)
    if low == high:
        return rate(low, currency)
    return f"{rate(low, currency)} to {rate(high, currency).removeprefix(f'{currency} ')}"


def slabs(energy: Slabs, currency: str) -> list[tuple[str, str]]:
    """(which part of a month's energy, its rate) of every slab."""
    below = Decimal(0)
    found = []
    for step in energy.steps:
        if step.up_to_kwh is None:
            which = f"above {kwh(below)}" if below else "all energy"
        elif below:
            which = f"{kwh(below).removesuffix(' kWh')} to {kwh(step.up_to_kwh)}"
        else:
            which = f"the first {kwh(step.up_to_kwh)}"
        found.append((which, per_kwh(step.rate, currency)))
        below = step.up_to_kwh or below
    return found


def per_kwh(amount: Decimal, currency: str) -> str:
    """`SGD 0.2994 / kWh`."""
    return f"{rate(amount, currency)} / kWh"


def band_times(band: RateBand) -> str:
    """When a band applies: `22:00 to 06:00, Mon to Fri, Apr to Sep`."""
    always = (band.start_minute, band.end_minute) == (0, MINUTES_A_DAY)
    parts = ["all day" if always else f"{clock(band.start_minute)} to {clock(band.end_minute)}"]
    if band.weekdays != EVERY_WEEKDAY:
        parts.append(spans([number for number in range(7) if number in band.weekdays], DAYS))
    if band.months != EVERY_MONTH:
        parts.append(spans([number - 1 for number in sorted(band.months)], MONTHS))
    return ", ".join(parts)


def clock(minute: int) -> str:
    """`07:30`; the end of a day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def spans(places: Collection[int], names: Sequence[str]) -> str:
    """Places of a circle in words, neighbors together.

    >>> spans([0, 1, 2, 3, 4], DAYS), spans([5, 6], DAYS), spans([0, 1, 10, 11], MONTHS)
    ('Mon to Fri', 'Sat and Sun', 'Nov to Feb')
    >>> spans(range(7), DAYS), spans([0, 2], DAYS), spans([0, 2, 3, 4], DAYS)
    ('Mon to Sun', 'Mon and Wed', 'Mon, Wed to Fri')
    """
    count = len(names)
    chosen = set(places)
    if len(chosen) == count:
        return f"{names[0]} to {names[-1]}"
    runs: list[list[int]] = []
    for first in (place for place in range(count) if place in chosen):
        if (first - 1) % count in chosen:
            continue
        run = [first]
        while (run[-1] + 1) % count in chosen:
            run.append((run[-1] + 1) % count)
        runs.append(run)
    parts = [part for run in runs for part in _run(run, names)]
    if len(parts) == 2 and all(" to " not in part for part in parts):
        return " and ".join(parts)
    return ", ".join(parts)


def _run(run: Sequence[int], names: Sequence[str]) -> list[str]:
    if len(run) < 3:
        return [names[place] for place in run]
    return [f"{names[run[0]]} to {names[run[-1]]}"]


def standing(charge: StandingCharge, currency: str) -> str:
    """The standing charge, whatever there is of it."""
    parts = []
    if charge.per_day:
        parts.append(f"{rate(charge.per_day, currency)} a day")
    if charge.per_kw_month:
        amount = rate(charge.per_kw_month, currency)
        parts.append(f"{amount} a month for each kW of the sanctioned load")
    return " and ".join(parts) or "None"


def subsidy(found: Subsidy | None) -> str:
    """What part of the energy price is waived."""
    if found is None or not found.share or not found.units_kwh:
        return "None"
    units = f"the first {kwh(found.units_kwh)} of every {Every(found.every).value}"
    if found.share == 1:
        return f"{units[0].upper()}{units[1:]} cost nothing"
    return f"{percent(found.share)} of the energy price of {units} is waived"


def tax(found: Tax) -> str:
    """The tax with its name."""
    return f"{percent(found.rate)} {found.name} on everything above" if found.rate else "None"


def validity(tariff: Tariff, place: int) -> str:
    """From when to when the version at this place applies."""
    first = tariff.versions[place].valid_from
    if place + 1 == len(tariff.versions):
        return f"from {day(first)} on"
    last = tariff.versions[place + 1].valid_from - timedelta(days=1)
    return f"{day(first)} to {day(last)}"


def in_force(tariff: Tariff, today: date) -> int | None:
    """Place of the version that applies today, None before the first."""
    started = [n for n, version in enumerate(tariff.versions) if version.valid_from <= today]
    return started[-1] if started else None
