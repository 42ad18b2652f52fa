"""What is wrong with a tariff is said in our own words: version, field, value and rule."""

from __future__ import annotations

import json

import pytest

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.tariffs.document_faults import KINDS, NOT_TAKEN, all_faults
from data_layer.tariffs.documents import tariff_json
from data_layer.tariffs.tariff_files import read_tariff_file

VALUES = (None, True, 7, -1, 1.5, 1e300, "", " ", "x", "\n", "x" * 90, "2026-13-01", [], ["x"])
OBJECTS: tuple[object, ...] = ({}, {"kind": ""}, {"kind": "flat"}, {"kind": ["flat"]}, {"x": 1})
OF_LIBRARIES = ("Input ", "should", "Decimal", "discriminator", "tag", "valid ", "{", "function")
FLAT = {"kind": "flat", "rate": "0.30"}
BANDS = {"name": "N", "rate": 1, "from": "22:00", "to": "06:00", "weekdays": ["mon"], "months": [1]}
ENERGY: tuple[dict[str, object], ...] = (
    FLAT,
    {"kind": "slabs", "steps": [{"rate": 1, "up_to_kwh": 5}, {"rate": 2}]},
    {"kind": "time_of_use", "bands": [BANDS], "otherwise": {"name": "D", "rate": 2}},
    {"kind": "price_series", "series": "agile"},
)


def document(**change: object) -> dict[str, object]:
    version = {
        "valid_from": "2026-01-01",
        "energy": FLAT,
        "standing": {"per_day": 1, "per_kw_month": 1},
        "subsidy": {"units_kwh": 1, "share": 1, "every": "day"},
        "tax": {"rate": "0.09", "name": "GST"},
    }
    return {"code": "J", "name": "J", "currency": "SGD", "versions": [version | change]}


def sentences(found: object) -> list[str]:
    return [one.error.sentence for one in all_faults(found)]


@pytest.mark.parametrize("energy", ENERGY, ids=lambda energy: str(energy["kind"]))
def test_whatever_stands_anywhere_is_refused_in_our_own_words(energy: dict[str, object]) -> None:
    whole = document(energy=energy)
    told = [
        sentence
        for changed in _with_something_else_somewhere(whole)
        for sentence in sentences(changed)
    ]
    assert len(told) > 100
    for sentence in told:
        assert not any(word in sentence for word in (NOT_TAKEN, *OF_LIBRARIES)), sentence
        assert sentence.endswith(".")


def _with_something_else_somewhere(value: object) -> list[object]:
    found: list[object] = [*VALUES, *OBJECTS]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [value | {key: other} for other in _with_something_else_somewhere(inner)]
            found.append({name: one for name, one in value.items() if name != key})
    if isinstance(value, list):
        for n, inner in enumerate(value):
            for other in _with_something_else_somewhere(inner):
                found.append([*value[:n], other, *value[n + 1 :]])
    return found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"energy": {"kind": "magic"}},
            f"energy.kind 'magic' is not {KINDS}; the rest of this energy is read once it is.",
        ),
        ({"energy": {"kind": "flat", "rate": ""}}, "energy.rate is empty: it needs a value."),
        ({"energy": {"kind": "flat"}}, "energy.rate is missing."),
        ({"energy": {"kind": "flat", "rate": None}}, "energy.rate null is not a number."),
        ({"tax": {"rate": 9}}, "tax.rate 9 is not between 0 and 1 (0.09 is 9 %)."),
        (
            {"subsidy": {"units_kwh": 1, "share": 1, "every": "week"}},
            "subsidy.every 'week' is not day or month.",
        ),
        (
            {"energy": {"kind": "slabs", "steps": [{"rate": 1, "up_to_kwh": 5}]}},
            "energy.steps.1.up_to_kwh 5 is too much: the last slab, and only it, has no limit.",
        ),
    ],
)
def test_a_sentence_names_version_field_value_and_rule(
    change: dict[str, object], sentence: str
) -> None:
    assert sentences(document(**change)) == [f"version 1 (from 2026-01-01): {sentence}"]


def test_a_version_without_a_readable_first_day_is_named_by_its_place() -> None:
    assert sentences(document(valid_from="someday")) == [
        "version 1: valid_from 'someday' is not a day such as 2026-01-01."
    ]
    assert sentences(document() | {"versions": [3]}) == [
        "version 1: 3 is not an object with fields."
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"code": "J",\n "name" }', "it cannot be read on from line 2, column 9."),
        (f"[{'9' * 5000}]", "a number in it has too many digits."),
        ("[" * 100_000, "it is nested too deeply."),
        ("[NaN]", "NaN is not a number."),
        (b"\xff", "it is not UTF-8."),
    ],
)
def test_what_is_not_json_is_told_in_our_own_words(text: str | bytes, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        tariff_json(text)
    assert refused.value.sentence == f"the tariff is not JSON: {sentence}"


def test_an_empty_cell_that_is_needed_is_missing() -> None:
    text = 'code,valid_from,currency,unit_rate,name\nA,2026-01-01,SGD,,\nB,2026-01-01,,1,"'
    found = read_tariff_file(text.encode(), series="", zone=HomeZone("Europe/London"))
    (quote, rate) = [fault.sentence for fault in found.faults]
    assert rate == "unit_rate is missing."
    assert quote.startswith("the file cannot be read on as CSV: a quotation mark")


def test_a_long_value_is_told_by_its_beginning() -> None:
    (sentence,) = sentences(json.loads(json.dumps(document())) | {"name": "x" * 90})
    assert sentence == f"name {'x' * 40!r} is longer than 80 characters."
