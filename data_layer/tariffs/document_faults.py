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
KINDS = f"{', '.join(ENERGY_KINDS[:-1])} or {ENERGY_KINDS[-1]}"
NO_DAY, NO_NUMBER = "is not a day such as 2026-01-01", "is not a number"
NO_WHOLE, NO_OBJECT = "is not a whole number", "is not an object with fields"
IN_OUR_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "decimal_parsing": NO_NUMBER,
    "decimal_type": NO_NUMBER,
    "finite_number": NO_NUMBER,
    "int_parsing": NO_WHOLE,
    "int_parsing_size": NO_WHOLE,
    "int_type": NO_WHOLE,
    "int_from_float": NO_WHOLE,
    "date_parsing": NO_DAY,
    "date_from_datetime_parsing": NO_DAY,
    "date_from_datetime_inexact": NO_DAY,
    "date_type": NO_DAY,
    "string_type": "is not a text",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_long": "is longer than {max_length} characters",
    "literal_error": "is not {expected}",
    "enum": "is not {expected}",
    "list_type": "is not a list",
    "too_short": "is empty: it needs at least one entry",
    "model_type": NO_OBJECT,
    "model_attributes_type": NO_OBJECT,
    "union_tag_invalid": f"is not {KINDS}; the rest of this energy is read once it is",
    "union_tag_not_found": f"is missing: {KINDS}; the rest of this energy is read with it",
}
"""What pydantic says of a form, said as the rest of the house says it."""
NOT_TAKEN = "is not a value that is taken here"
"""Of a form whose words nobody thought of: better short than in a library's words."""


class Wrong(NamedTuple):
    """One thing that is wrong with a document."""

    place: Place
    said: str
    """Value and rule, as they stand behind the field's name: " 'much' is not a number."."""
    is_among: bool = False
    """Whether the value is wrong only beside others."""
    version: str = ""
    """The version it is in, as people find it: "version 2 (from 2026-07-01)"."""

    @property
    def is_missing(self) -> bool:
        """Whether there is no value."""
        return self.said.startswith(" is missing")

    @property
    def error(self) -> BadInput:
        """The same in a sentence; in a document its version stands before the field."""
        field = _dotted(self.place)
        if not self.version:
            return BadInput(f"{field or 'the tariff'}{self.said}", field=field or None)
        inner = _dotted(self.place[2:])
        sentence = f"{inner}{self.said}".lstrip()
        return BadInput(f"{self.version}: {sentence}", field=field)


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
    days = dict(_readable(_DAY, _list(document, "versions"), "valid_from"))
    named = [one._replace(version=_version_name(_version_of(one), days)) for one in wrong]
    return sorted(named, key=_version_of)


def _version_of(wrong: Wrong) -> int:
    number = wrong.place[1] if wrong.place[:1] == ("versions",) and wrong.place[1:] else -1
    return number if isinstance(number, int) else -1


def _version_name(number: int, days: Mapping[int, date]) -> str:
    if number < 0:
        return ""
    return f"version {number + 1}" + (f" (from {days[number]})" if number in days else "")


def _dotted(place: Place) -> str:
    """A place as people write it, counted from 1: `energy.steps.2.rate`."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _wrong(detail: ErrorDetails) -> Wrong:
    """What pydantic says of a value, as a sentence."""
    form, way, value = detail["type"], detail["loc"], detail["input"]
    place = tuple(part for n, part in enumerate(way) if not _is_tag(way, n))
    if form.startswith("union_tag"):
        place, value = (*place, "kind"), value.get("kind")
    if form == BROKEN:
        told = detail["msg"]
    else:
        said = {name: str(one).replace("'", "") for name, one in detail.get("ctx", {}).items()}
        told = IN_OUR_WORDS.get(form, NOT_TAKEN).format_map(said)
    if value == "" and place[-1:] != ("kind",) and form != "extra_forbidden":
        return Wrong(place, " is empty: it needs a value.")
    given = " null" if value is None and form != "union_tag_not_found" else _given(value)
    return Wrong(place, f"{given} {told}.")


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


def _list(owner: object, name: str) -> list[Any]:
    found = owner.get(name) if isinstance(owner, Mapping) else None
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
