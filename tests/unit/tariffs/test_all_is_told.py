"""Every fault of a file of tariffs is told at once, once, and no other: none waits for another."""

from __future__ import annotations

import copy
import csv
import io
import json
import random
from typing import Any

import pytest

from data_layer.clock import HomeZone
from data_layer.tariffs.csv_files import COLUMNS
from data_layer.tariffs.tariff_files import TariffFile, read_tariff_file

DOCUMENT: dict[str, Any] = {
    "code": "HOME",
    "name": "Home",
    "currency": "SGD",
    "versions": [
        {
            "valid_from": "2026-01-01",
            "energy": {"kind": "flat", "rate": "0.30"},
            "standing": {"per_day": "0.35", "per_kw_month": "2"},
            "subsidy": {"units_kwh": "50", "share": "0.5", "every": "day"},
            "tax": {"rate": "0.09", "name": "GST"},
        },
        {
            "valid_from": "2026-02-01",
            "energy": {
                "kind": "slabs",
                "steps": [
                    {"rate": "0.1", "up_to_kwh": "50"},
                    {"rate": "0.2", "up_to_kwh": "100"},
                    {"rate": "0.3"},
                ],
            },
        },
        {
            "valid_from": "2026-03-01",
            "energy": {
                "kind": "time_of_use",
                "bands": [
                    {"name": "Night", "rate": "0.1", "from": "22:00", "to": "06:00"},
                    {"name": "Weekend", "rate": "0.2", "weekdays": ["sat"], "months": [1, 2]},
                ],
                "otherwise": {"name": "Day", "rate": "0.3"},
            },
        },
        {"valid_from": "2026-04-01", "energy": {"kind": "price_series", "series": "agile"}},
    ],
}
WRONG: dict[str, object] = {
    "code": "bad code!",
    "name": "",
    "currency": "XXXX",
    "versions.1.energy.rate": "much",
    "versions.1.standing.per_day": "-1",
    "versions.1.standing.per_kw_month": "1e9",
    "versions.1.subsidy.units_kwh": -5,
    "versions.1.subsidy.share": 50,
    "versions.1.subsidy.every": "week",
    "versions.1.tax.rate": 9,
    "versions.1.tax.name": "x" * 41,
    "versions.2.valid_from": "2026-01-01",
    "versions.2.energy.steps.1.rate": "0.123456789",
    "versions.2.energy.steps.2.up_to_kwh": "20",
    "versions.2.energy.steps.3.up_to_kwh": "200",
    "versions.3.valid_from": "someday",
    "versions.3.energy.bands.1.name": " ",
    "versions.3.energy.bands.1.from": "22:10",
    "versions.3.energy.bands.1.to": "25:00",
    "versions.3.energy.bands.2.rate": "NaN",
    "versions.3.energy.bands.2.weekdays.1": "someday",
    "versions.3.energy.bands.2.months.2": 13,
    "versions.3.energy.otherwise.rate": [],
    "versions.4.energy.series": "no code",
    "versions.4.tax": 9,
}
"""For each field what may not stand there: 25 faults, and all of them may stand in one file."""


def read(text: str) -> TariffFile:
    return read_tariff_file(text.encode(), series="", zone=HomeZone("Europe/London"))


def put(document: dict[str, Any], way: str, value: object) -> None:
    *parents, last = (int(part) - 1 if part.isdigit() else part for part in way.split("."))
    owner: Any = document
    for part in parents:
        owner = owner[part]
    owner[last] = value


def with_faults(ways: list[str]) -> str:
    document = copy.deepcopy(DOCUMENT)
    for way in ways:
        put(document, way, WRONG[way])
    return json.dumps(document)


def told(found: TariffFile) -> list[str]:
    return sorted(fault.field for fault in found.faults)


def test_a_document_of_many_faults_tells_each_of_them_once() -> None:
    assert told(read(with_faults(list(WRONG)))) == sorted(WRONG)
    assert not read(json.dumps(DOCUMENT)).faults


@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_does_not_depend_on_what_else_is_wrong(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        some = chance.sample(list(WRONG), chance.randint(1, len(WRONG)))
        assert told(read(with_faults(some))) == sorted(some)


def test_a_rate_that_differs_from_another_of_its_name_is_told_beside_a_wrong_form() -> None:
    document = copy.deepcopy(DOCUMENT)
    put(document, "versions.3.energy.otherwise.name", "Night")
    put(document, "versions.3.energy.bands.2.rate", "much")
    assert told(read(json.dumps(document))) == [
        "versions.3.energy.bands.2.rate",
        "versions.3.energy.otherwise.rate",
    ]


def test_what_is_in_a_list_too_long_is_told_beside_its_length() -> None:
    document = copy.deepcopy(DOCUMENT)
    steps = [{"rate": "0.1", "up_to_kwh": str(n + 1)} for n in range(48)]
    put(document, "versions.2.energy.steps", [*steps, {"rate": "much"}])
    assert told(read(json.dumps(document))) == [
        "versions.2.energy.steps",
        "versions.2.energy.steps.49.rate",
    ]


ROWS: list[dict[str, str]] = [
    {"code": "BANDS", "valid_from": "2026-01-01", "name": "Bands", "currency": "SGD"}
    | {"rate_name": "Night", "unit_rate": "0.1", "from": "22:00", "to": "06:00"}
    | {"standing_per_day": "0.4", "subsidy_units_kwh": "2", "subsidy_share": "1"},
    {"code": "BANDS", "valid_from": "2026-01-01", "rate_name": "Day", "unit_rate": "0.3"},
    {"code": "BANDS", "valid_from": "2026-02-01", "unit_rate": "0.3", "tax_rate": "0.09"},
    {"code": "SLABS", "valid_from": "2026-01-01", "currency": "SGD"}
    | {"unit_rate": "0.1", "up_to_kwh": "100"},
    {"code": "SLABS", "valid_from": "2026-01-01", "unit_rate": "0.2", "tax_rate": "0.09"},
    {"code": "FLAT", "valid_from": "2026-01-01", "currency": "SGD", "unit_rate": "0.3"},
    {"code": "FLAT", "valid_from": "2026-02-01", "unit_rate": "0.3", "tax_rate": "0.09"},
    {"code": "FLAT", "valid_from": "2026-03-01", "unit_rate": "0.3"},
]
WRONG_CELLS = {
    (2, "currency"): "dollars",
    (2, "unit_rate"): "much",
    (2, "from"): "22:10",
    (2, "standing_per_day"): "-1",
    (2, "subsidy_units_kwh"): "2.0001",
    (2, "subsidy_share"): "50",
    (3, "unit_rate"): "",
    (4, "tax_rate"): "1.9",
    (4, "valid_from"): "someday",
    (5, "up_to_kwh"): "-5",
    (6, "tax_rate"): "9",
    (6, "months"): "6 7",
    (7, "currency"): "",
    (8, "valid_from"): "",
    (8, "tax_rate"): "nine",
    (9, "code"): "",
    (9, "unit_rate"): "cheap",
}


def spreadsheet(cells: list[tuple[int, str]]) -> str:
    rows = copy.deepcopy(ROWS)
    for line, column in cells:
        rows[line - 2][column] = WRONG_CELLS[line, column]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def cells_told(found: TariffFile) -> list[tuple[int | None, str]]:
    return sorted((fault.line, fault.field) for fault in found.faults)


def test_a_spreadsheet_of_many_faults_tells_each_of_them_once() -> None:
    assert cells_told(read(spreadsheet(list(WRONG_CELLS)))) == sorted(WRONG_CELLS)
    assert not read(spreadsheet([])).faults


@pytest.mark.parametrize("seed", range(3))
def test_no_cell_hides_another_that_is_wrong(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        some = chance.sample(list(WRONG_CELLS), chance.randint(1, len(WRONG_CELLS)))
        assert cells_told(read(spreadsheet(some))) == sorted(some)


def test_bands_without_a_rate_for_other_times_are_told_beside_their_cells() -> None:
    row = "T,2026-01-01,{},{},0.1,22:00,{}\n"
    text = "code,valid_from,currency,rate_name,unit_rate,from,tax_rate\n"
    none = read(text + row.format("SGD", "Night", "9"))
    assert cells_told(none) == [(2, ""), (2, "tax_rate")]
    two = "T,2026-01-01,,Day,much,,\nT,2026-01-01,,Noon,0.1,,\nT,2026-01-01,,Eve,more,,\n"
    assert cells_told(read(text + row.format("SGD", "Night", "") + two)) == [
        (2, ""),
        (3, "unit_rate"),
        (5, "unit_rate"),
    ]


def test_cells_that_differ_are_told_beside_what_is_wrong_in_their_version() -> None:
    text = "code,valid_from,currency,unit_rate,up_to_kwh,tax_rate,name\n"
    rows = "T,2026-01-01,SGD,much,5,0.09,A\nT,2026-01-01,EUR,0.1,,0.07,B\n"
    assert cells_told(read(text + rows)) == [
        (2, "currency"),
        (2, "name"),
        (2, "tax_rate"),
        (2, "unit_rate"),
    ]
