"""Everything that is wrong with a tariff's document, found in one pass over the whole of it.

pydantic holds each field against its form and its own rule. What values have to be among each
other (slabs rise, a day begins one version) is asked here of all that can be read, so that no
fault waits for another one to be mended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from data_layer.errors import BadInput
from data_layer.tariffs import rules
from data_layer.tariffs.document_forms import (
    BROKEN,
    MOST_RATES,
    MOST_VERSIONS,
    Amount,
    BandName,
    Kwh,
    TariffDocument,
)

T = TypeVar("T")
Place = tuple[str | int, ...]
"""The way to a value: `("versions", 0, "tax")`."""
ENERGY_KINDS = ("flat", "time_of_use", "price_series", "slabs")
NO_DAY, NO_NUMBER = "is not a day such as 2026-01-01", "is not a number"
IN_OUR_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "decimal_parsing": NO_NUMBER,
    "decimal_type": NO_NUMBER,
    "int_parsing": "is not a whole number",
    "date_parsing": NO_DAY,
    "date_from_datetime_parsing": NO_DAY,
    "date_type": NO_DAY,
    "too_short": "is empty: it needs at least one entry",
}
"""What pydantic says of a form, said as the rest of the house says it."""


class Wrong(NamedTuple):
    """One thing that is wrong with a document."""

    place: Place
    said: str
    """Value and rule, as they stand behind the field's name: " 'much' is not a number."."""
    is_among: bool = False
    """Whether the value is wrong only beside others."""

    @property
    def is_missing(self) -> bool:
        """Whether there is no value."""
        return self.said.startswith(" is missing")

    @property
    def error(self) -> BadInput:
        """The same in a sentence."""
        field = ".".join(str(part + 1) if isinstance(part, int) else part for part in self.place)
        return BadInput(f"{field or 'the tariff'}{self.said}", field=field or None)


def faults_of_form(error: ValidationError) -> list[Wrong]:
    """What pydantic says of a document."""
    return [_wrong(detail) for detail in error.errors(include_url=False)]


def all_faults(document: object) -> list[Wrong]:
    """Everything that is wrong with a tariff's document, by version; of each value one thing."""
    try:
        TariffDocument.model_validate(document)
        wrong = []
    except ValidationError as error:
        wrong = faults_of_form(error)
    wrong += _faults_among(document)
    return sorted(wrong, key=_version_of)


def _version_of(wrong: Wrong) -> int:
    number = wrong.place[1] if wrong.place[:1] == ("versions",) and wrong.place[1:] else -1
    return number if isinstance(number, int) else -1


def _wrong(detail: ErrorDetails) -> Wrong:
    """What pydantic says of a value, as a sentence."""
    way = detail["loc"]
    place = tuple(part for n, part in enumerate(way) if not _is_tag(way, n))
    given = _given(detail["input"])
    if detail["type"] == BROKEN:
        return Wrong(place, f"{given} {detail['msg']}.")
    told = IN_OUR_WORDS.get(detail["type"])
    return Wrong(place, f"{given} {told}." if told else f"{given}: {detail['msg']}.")


def _is_tag(place: Place, number: int) -> bool:
    """pydantic names the kind of energy in the way to what is wrong; nobody wrote it there."""
    return number > 0 and place[number - 1] == "energy" and place[number] in ENERGY_KINDS


def _given(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return f" {value[:40]!r}" if isinstance(value, str) else f" {str(value)[:40]}"


def _faults_among(document: object) -> Iterator[Wrong]:
    if not isinstance(document, Mapping):
        return
    versions = _list(document, "versions")
    yield from _too_many(("versions",), versions, MOST_VERSIONS)
    days = _readable(_DAY, versions, "valid_from")
    for number, told in rules.first_days(days):
        yield _among(("versions", number, "valid_from"), versions[number], told)
    for number, version in enumerate(versions):
        energy = version.get("energy") if isinstance(version, Mapping) else None
        if isinstance(energy, Mapping):
            yield from _faults_of_energy(("versions", number, "energy"), energy)


def _faults_of_energy(place: Place, energy: Mapping[str, Any]) -> Iterator[Wrong]:
    if energy.get("kind") == "slabs":
        steps = _list(energy, "steps")
        yield from _too_many((*place, "steps"), steps, MOST_RATES)
        for number, told in rules.slabs(_readable(_LIMIT, steps, "up_to_kwh"), len(steps)):
            yield _among((*place, "steps", number, "up_to_kwh"), steps[number], told)
    if energy.get("kind") == "time_of_use":
        bands = _list(energy, "bands")
        yield from _too_many((*place, "bands"), bands, MOST_RATES)
        every = [*bands, energy.get("otherwise")]
        names, rates = dict(_readable(_NAME, every, "name")), _readable(_RATE, every, "rate")
        named = ((number, names[number], rate) for number, rate in rates if number in names)
        for number, told in rules.bands(named):
            own = ("otherwise",) if number == len(bands) else ("bands", number)
            yield _among((*place, *own, "rate"), every[number], told)


def _among(place: Place, owner: Mapping[str, object], told: str) -> Wrong:
    return Wrong(place, f"{_given(owner.get(str(place[-1])))} {told}.", is_among=True)


def _too_many(place: Place, found: list[Any], most: int) -> Iterator[Wrong]:
    if len(found) > most:
        yield Wrong(place, f" has {len(found):,} entries; {most:,} are the most.", is_among=True)


def _list(owner: Mapping[str, Any], name: str) -> list[Any]:
    found = owner.get(name)
    return found if isinstance(found, list) else []


def _readable(form: TypeAdapter[T], owners: list[Any], name: str) -> Iterator[tuple[int, T]]:
    """What has a field that keeps its own form and rule, by place."""
    for number, owner in enumerate(owners):
        if isinstance(owner, Mapping):
            try:
                yield number, form.validate_python(owner.get(name))
            except ValidationError:
                continue


_DAY: TypeAdapter[date] = TypeAdapter(date)
_NAME: TypeAdapter[str] = TypeAdapter(BandName)
_RATE: TypeAdapter[Decimal] = TypeAdapter(Amount)
_LIMIT: TypeAdapter[Decimal | None] = TypeAdapter(Kwh | None)
