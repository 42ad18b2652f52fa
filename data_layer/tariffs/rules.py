"""What may stand in a tariff: each rule once, for documents, spreadsheets and what is made in code.

A rule of one value answers with what is wrong, in words that go behind field and value ("is
negative"), or with None. A rule among values answers for each that does not go with the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from data_layer.clock import HALF_HOUR
from data_layer.errors import BadInput
from data_layer.tariffs.model import (
    CODE,
    CODE_RULE,
    DECIMALS,
    EVERY_MONTH,
    EVERY_WEEKDAY,
    LARGEST_RATE,
    MINUTES_A_DAY,
    Energy,
    FlatRate,
    PriceSeries,
    Slabs,
    TariffVersion,
    TimeOfUse,
)

CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def code(text: str) -> str | None:
    return None if CODE.fullmatch(text) else f"is not a code: {CODE_RULE}"


def currency(text: str) -> str | None:
    return None if CURRENCY.fullmatch(text) else "is not three capital letters such as SGD"


def printable(text: str) -> str | None:
    return None if text.isprintable() else "is not one line of printable characters"


def band_name(text: str) -> str | None:
    return None if text.strip() else "is blank: it stands on the bill"


def rate(amount: Decimal) -> str | None:
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -DECIMALS and amount.copy_abs() <= LARGEST_RATE:
        return None
    return f"is not an amount of at most {LARGEST_RATE} with at most {DECIMALS} decimals"


def not_negative(amount: Decimal) -> str | None:
    return rate(amount) or ("is negative" if amount < 0 else None)


def whole_wh(kwh: Decimal) -> str | None:
    told = not_negative(kwh)
    is_whole = told or kwh * 1000 == int(kwh * 1000)
    return told if is_whole else "has more than three decimals of a kWh"


def tax_rate(share: Decimal) -> str | None:
    return _share(share, "0.09 is 9 %")


def subsidy_share(share: Decimal) -> str | None:
    return _share(share, "1 waives all")


def month(number: int) -> str | None:
    return None if number in EVERY_MONTH else "is not a month from 1 to 12"


def half_hour(text: str) -> str | None:
    if clock_minute(text) is None:
        return "is not a clock time such as 22:30"
    return None if text.endswith((":00", ":30")) else "is not on the half hour"


def clock_minute(text: str) -> int | None:
    """The minute of the day that a clock such as 22:30 shows; None for what is no such time."""
    match = _CLOCK.fullmatch(text)
    return None if match is None or text > "24:00" else int(match[1]) * 60 + int(match[2])


def slabs(limits: Iterable[tuple[int, Decimal | None]], count: int) -> Iterator[tuple[int, str]]:
    """Places of slabs that do not go on from those before, each with what is wrong with its limit.

    Of `count` slabs those that can be read, each with its place from 0 on.
    """
    only = "the last slab, and only it, has no limit"
    before = Decimal(0)
    for place, limit in limits:
        if limit is None:
            if place != count - 1:
                yield place, f"is missing: {only}"
        elif place == count - 1:
            yield place, f"is too much: {only}"
        elif limit <= before:
            yield place, f"does not lie above the slab before, {before}"
        else:
            before = limit


def bands(rates: Iterable[tuple[int, str, Decimal]]) -> Iterator[tuple[int, str]]:
    """Places of rates that differ from an earlier one of the same name. Each: place, name, rate."""
    known: dict[str, Decimal] = {}
    for place, name, amount in rates:
        if known.setdefault(name, amount) != amount:
            yield (
                place,
                f"differs from {known[name]}, another rate named {name[:40]!r}: energy bands of "
                "one name have one rate, as they share a line of the bill",
            )


def first_days(days: Iterable[tuple[int, date]]) -> Iterator[tuple[int, str]]:
    """Places of versions that begin on the day of an earlier one."""
    known: set[date] = set()
    for place, day in days:
        if day in known:
            yield place, "is the first day of two versions; each has a day of its own"
        known.add(day)


def check_version(version: TariffVersion) -> None:
    """Refuse what no bill could be made from. Raises BadInput naming field, value and rule."""
    _check_energy(version.energy)
    standing, subsidy = version.standing, version.subsidy
    _check("standing.per_day", standing.per_day, not_negative(standing.per_day))
    _check("standing.per_kw_month", standing.per_kw_month, not_negative(standing.per_kw_month))
    _check("tax.rate", version.tax.rate, tax_rate(version.tax.rate))
    if subsidy is not None:
        _check("subsidy.units_kwh", subsidy.units_kwh, whole_wh(subsidy.units_kwh))
        _check("subsidy.share", subsidy.share, subsidy_share(subsidy.share))


def _check_energy(energy: Energy) -> None:
    match energy:
        case FlatRate(amount):
            _check("energy.rate", amount, rate(amount))
        case TimeOfUse():
            _check_bands(energy)
        case PriceSeries(series):
            _check("energy.series", repr(series[:40]), code(series))
        case Slabs():
            _check_slabs(energy)


def _check_bands(energy: TimeOfUse) -> None:
    every = (*energy.bands, energy.otherwise)
    for band in every:
        field = f"energy band {band.name!r}"
        _check("energy band name", repr(band.name), band_name(band.name))
        _check(f"{field} rate", band.rate, rate(band.rate))
        for minute in (band.start_minute, band.end_minute):
            if not 0 <= minute <= MINUTES_A_DAY or minute % (HALF_HOUR // 60):
                _check(f"{field} minute", minute, "is not on the half hour")
        if not band.weekdays or not band.weekdays <= EVERY_WEEKDAY:
            _check(f"{field} weekdays", set(band.weekdays), "are not some of 0 (Monday) to 6")
        if not band.months or not band.months <= EVERY_MONTH:
            _check(f"{field} months", set(band.months), "are not some of 1 to 12")
    for place, told in bands((n, band.name, band.rate) for n, band in enumerate(every)):
        _check("energy band rate", every[place].rate, told)


def _check_slabs(energy: Slabs) -> None:
    for number, step in enumerate(energy.steps, start=1):
        field = f"energy.steps.{number}"
        _check(f"{field}.rate", step.rate, rate(step.rate))
        if step.up_to_kwh is not None:
            _check(f"{field}.up_to_kwh", step.up_to_kwh, whole_wh(step.up_to_kwh))
    limits = ((place, step.up_to_kwh) for place, step in enumerate(energy.steps))
    for place, told in slabs(limits, len(energy.steps)):
        _check(f"energy.steps.{place + 1}.up_to_kwh", energy.steps[place].up_to_kwh, told)
    if not energy.steps:
        raise BadInput("energy.steps is empty: a tariff needs at least one slab.", field="energy")


def _check(field: str, value: object, told: str | None) -> None:
    if told is not None:
        said = "" if value is None else f" {value}"
        raise BadInput(f"{field}{said} {told}.", field=field)


def _share(share: Decimal, example: str) -> str | None:
    if not share.is_nan() and 0 <= share <= 1:
        return rate(share)
    return f"is not between 0 and 1 ({example})"
