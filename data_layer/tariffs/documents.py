"""Tariffs as people write them: a JSON document, and back. CSV rows become the same document.

    {"code": "HOME-2026", "name": "Home 2026", "currency": "SGD", "versions": [
      {"valid_from": "2026-01-01",
       "energy": {"kind": "flat", "rate": "0.2994"},
       "standing": {"per_day": "0.35", "per_kw_month": "0"},
       "subsidy": {"units_kwh": "2", "share": "1", "every": "day"},
       "tax": {"rate": "0.09", "name": "GST"}}]}

    energy   {"kind": "flat", "rate": ...}
             {"kind": "time_of_use", "bands": [{"name", "rate", "from": "22:00", "to": "06:00",
                 "weekdays": ["mon", ...], "months": [1, ...]}], "otherwise": {"name", "rate"}}
             {"kind": "price_series", "series": "agile-c"}
             {"kind": "slabs", "steps": [{"rate", "up_to_kwh": "100"}, ..., {"rate"}]}

Amounts are text or numbers; numbers are read as the decimals they are written as, never as floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from data_layer.errors import BadInput
from data_layer.tariffs.model import (
    CODE,
    CODE_RULE,
    EVERY_MONTH,
    EVERY_WEEKDAY,
    MINUTES_A_DAY,
    Energy,
    Every,
    FlatRate,
    PriceSeries,
    RateBand,
    Slab,
    Slabs,
    StandingCharge,
    Subsidy,
    Tariff,
    TariffVersion,
    Tax,
    TimeOfUse,
    check_version,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
LARGEST_BYTES = 1 << 20
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def _printable(words: str) -> str:
    if not words.isprintable():
        raise ValueError("must be one line of printable characters")
    return words


Amount = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=20)]
Words = Annotated[str, AfterValidator(_printable)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Flat(_Part):
    kind: Literal["flat"]
    rate: Amount


class _Otherwise(_Part):
    name: Words = Field(min_length=1, max_length=40)
    rate: Amount


class _Band(_Otherwise):
    start: str = Field(alias="from", default="00:00")
    end: str = Field(alias="to", default="24:00")
    weekdays: list[Weekday] | None = None
    months: list[int] | None = None


class _TimeOfUse(_Part):
    kind: Literal["time_of_use"]
    bands: list[_Band] = Field(max_length=48)
    otherwise: _Otherwise


class _PriceSeries(_Part):
    kind: Literal["price_series"]
    series: str


class _Slab(_Part):
    rate: Amount
    up_to_kwh: Amount | None = None


class _Slabs(_Part):
    kind: Literal["slabs"]
    steps: list[_Slab] = Field(max_length=48)


class _Standing(_Part):
    per_day: Amount = Decimal(0)
    per_kw_month: Amount = Decimal(0)


class _Subsidy(_Part):
    units_kwh: Amount
    share: Amount
    every: Every = Every.MONTH


class _Tax(_Part):
    rate: Amount
    name: Words = Field(default="Tax", min_length=1, max_length=40)


class VersionDocument(_Part):
    """What applies from a day on, as it is written and stored."""

    valid_from: date
    energy: Annotated[_Flat | _TimeOfUse | _PriceSeries | _Slabs, Field(discriminator="kind")]
    standing: _Standing = _Standing()
    subsidy: _Subsidy | None = None
    tax: _Tax = _Tax(rate=Decimal(0))


class TariffDocument(_Part):
    """A tariff as it is written."""

    code: str
    name: Words = Field(min_length=1, max_length=80)
    currency: str
    versions: list[VersionDocument] = Field(min_length=1, max_length=1000)


def tariff_from_text(text: str | bytes) -> Tariff:
    """Read a tariff's JSON. Raises BadInput naming field, value and rule."""
    if len(text) > LARGEST_BYTES:
        raise BadInput(f"the tariff has {len(text):,} bytes; {LARGEST_BYTES:,} are the most.")
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the tariff is not JSON: {error}.") from error
    return tariff_from(document)


def tariff_from(document: object) -> Tariff:
    """Read a tariff's document. Raises BadInput naming field, value and rule."""
    try:
        found = TariffDocument.model_validate(document)
    except ValidationError as error:
        raise _bad_input(error) from error
    if not CODE.fullmatch(found.code):
        raise BadInput(f"code {found.code[:40]!r} is not a code: {CODE_RULE}.", field="code")
    if not CURRENCY.fullmatch(found.currency):
        raise BadInput(
            f"currency {found.currency[:40]!r} is not three capital letters such as SGD.",
            field="currency",
        )
    versions = tuple(
        sorted((_version(one) for one in found.versions), key=lambda one: one.valid_from)
    )
    days = [version.valid_from for version in versions]
    if len(set(days)) != len(days):
        twice = next(day for day in days if days.count(day) > 1)
        raise BadInput(f"versions: two of them are valid from {twice}.", field="versions")
    return Tariff(found.code, found.name, found.currency, versions)


def tariff_document(tariff: Tariff) -> dict[str, object]:
    """A tariff with the versions it has, each with its number."""
    return {
        "code": tariff.code,
        "name": tariff.name,
        "currency": tariff.currency,
        "versions": [
            {**version_document(version), "number": version.number} for version in tariff.versions
        ],
    }


def version_document(version: TariffVersion) -> dict[str, object]:
    """A version as its document; reading it again gives the same version."""
    document: dict[str, object] = {
        "valid_from": version.valid_from.isoformat(),
        "energy": _energy_document(version.energy),
        "standing": {
            "per_day": _text(version.standing.per_day),
            "per_kw_month": _text(version.standing.per_kw_month),
        },
        "tax": {"rate": _text(version.tax.rate), "name": version.tax.name},
    }
    if version.subsidy is not None:
        document["subsidy"] = {
            "units_kwh": _text(version.subsidy.units_kwh),
            "share": _text(version.subsidy.share),
            "every": version.subsidy.every.value,
        }
    return document


def version_from(document: Mapping[str, object], *, number: int) -> TariffVersion:
    """A stored version. Raises BadInput."""
    try:
        found = VersionDocument.model_validate(document)
    except ValidationError as error:
        raise _bad_input(error) from error
    return _version(found, number=number)


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not a number")


def _bad_input(error: ValidationError) -> BadInput:
    """The first thing that is wrong, as a sentence."""
    first = error.errors(include_url=False)[0]
    field = ".".join(
        str(part + 1) if isinstance(part, int) else str(part) for part in first["loc"]
    ).replace("energy.flat.", "energy.")
    given = first["input"]
    value = "" if isinstance(given, dict | list) or given is None else f" {str(given)[:40]!r}"
    return BadInput(f"{field or 'the tariff'}{value}: {first['msg']}.", field=field or None)


def _version(found: VersionDocument, *, number: int = 1) -> TariffVersion:
    subsidy = found.subsidy
    version = TariffVersion(
        valid_from=found.valid_from,
        energy=_energy(found.energy),
        standing=StandingCharge(found.standing.per_day, found.standing.per_kw_month),
        subsidy=None
        if subsidy is None
        else Subsidy(subsidy.units_kwh, subsidy.share, subsidy.every),
        tax=Tax(found.tax.rate, found.tax.name),
        number=number,
    )
    check_version(version)
    return version


def _energy(found: _Flat | _TimeOfUse | _PriceSeries | _Slabs) -> Energy:
    match found:
        case _Flat():
            return FlatRate(found.rate)
        case _TimeOfUse():
            bands = tuple(_band(one) for one in found.bands)
            return TimeOfUse(bands, RateBand(found.otherwise.name, found.otherwise.rate))
        case _PriceSeries():
            return PriceSeries(found.series)
        case _Slabs():
            return Slabs(tuple(Slab(step.rate, step.up_to_kwh) for step in found.steps))


def _band(found: _Band) -> RateBand:
    return RateBand(
        found.name,
        found.rate,
        _minute(found.start),
        _minute(found.end),
        EVERY_WEEKDAY
        if found.weekdays is None
        else frozenset(WEEKDAYS.index(word) for word in found.weekdays),
        EVERY_MONTH if found.months is None else frozenset(found.months),
    )


def _minute(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None or text > "24:00":
        raise BadInput(f"energy band time {text[:40]!r} is not a clock time such as 22:30.")
    return int(match[1]) * 60 + int(match[2])


def _energy_document(energy: Energy) -> dict[str, object]:
    match energy:
        case FlatRate(rate):
            return {"kind": "flat", "rate": _text(rate)}
        case TimeOfUse(bands, otherwise):
            return {
                "kind": "time_of_use",
                "bands": [_band_document(band) for band in bands],
                "otherwise": {"name": otherwise.name, "rate": _text(otherwise.rate)},
            }
        case PriceSeries(series):
            return {"kind": "price_series", "series": series}
        case Slabs(steps):
            return {"kind": "slabs", "steps": [_slab_document(step) for step in steps]}


def _slab_document(step: Slab) -> dict[str, str]:
    limit = {} if step.up_to_kwh is None else {"up_to_kwh": _text(step.up_to_kwh)}
    return {"rate": _text(step.rate)} | limit


def _band_document(band: RateBand) -> dict[str, object]:
    document: dict[str, object] = {
        "name": band.name,
        "rate": _text(band.rate),
        "from": _clock(band.start_minute),
        "to": _clock(band.end_minute),
    }
    if band.weekdays != EVERY_WEEKDAY:
        document["weekdays"] = [WEEKDAYS[number] for number in sorted(band.weekdays)]
    if band.months != EVERY_MONTH:
        document["months"] = sorted(band.months)
    return document


def _clock(minute: int) -> str:
    return "24:00" if minute == MINUTES_A_DAY else f"{minute // 60:02d}:{minute % 60:02d}"


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
