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
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from data_layer.errors import BadInput
from data_layer.tariffs.document_faults import Wrong, all_faults, faults_of_form
from data_layer.tariffs.document_forms import (
    BandForm,
    FlatForm,
    PriceSeriesForm,
    SlabsForm,
    TariffDocument,
    TimeOfUseForm,
    VersionDocument,
)
from data_layer.tariffs.model import (
    EVERY_MONTH,
    EVERY_WEEKDAY,
    MINUTES_A_DAY,
    Energy,
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
)
from data_layer.tariffs.rules import check_version, clock_minute

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LARGEST_BYTES = 1 << 20


class _NotTaken(Exception):
    """Why a word of a JSON text is no number of ours."""


def tariff_from_text(text: str | bytes) -> Tariff:
    """Read a tariff's JSON. Raises BadInput naming field, value and rule."""
    return tariff_from(tariff_json(text))


def tariff_json(text: str | bytes) -> object:
    """The document that stands in a text. Raises BadInput."""
    if len(text) > LARGEST_BYTES:
        raise BadInput(f"the tariff has {len(text):,} bytes; {LARGEST_BYTES:,} are the most.")
    try:
        return json.loads(text, parse_float=_decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadInput(f"the tariff is not JSON: it cannot be read on from {place}.") from error
    except _NotTaken as error:
        raise BadInput(f"the tariff is not JSON: {error}.") from error
    except UnicodeDecodeError as error:
        raise BadInput("the tariff is not JSON: it is not UTF-8.") from error
    except RecursionError as error:
        raise BadInput("the tariff is not JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise BadInput("the tariff is not JSON: a number in it has too many digits.") from error


def tariff_from(document: object) -> Tariff:
    """Read a tariff's document. Raises BadInput naming field, value and rule."""
    found = read_tariff(document)
    if isinstance(found, Tariff):
        return found
    raise found[0].error


def read_tariff(document: object) -> Tariff | list[Wrong]:
    """The tariff of a document, or everything that is wrong with it."""
    if wrong := all_faults(document):
        return wrong
    found = TariffDocument.model_validate(document)
    versions = sorted(map(_version, found.versions), key=lambda one: one.valid_from)
    return Tariff(found.code, found.name, found.currency, tuple(versions))


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
        raise faults_of_form(error)[0].error from error
    return _version(found, number=number)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _NotTaken(f"{text[:40]} is too large or too small for a number") from error


def _no_constant(word: str) -> object:
    raise _NotTaken(f"{word} is not a number")


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


def _energy(found: FlatForm | TimeOfUseForm | PriceSeriesForm | SlabsForm) -> Energy:
    match found:
        case FlatForm():
            return FlatRate(found.rate)
        case TimeOfUseForm():
            bands = tuple(_band(one) for one in found.bands)
            return TimeOfUse(bands, RateBand(found.otherwise.name, found.otherwise.rate))
        case PriceSeriesForm():
            return PriceSeries(found.series)
        case SlabsForm():
            return Slabs(tuple(Slab(step.rate, step.up_to_kwh) for step in found.steps))


def _band(found: BandForm) -> RateBand:
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
    minute = clock_minute(text)
    if minute is None:
        raise AssertionError(f"the form of a band takes no {text!r}")
    return minute


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
