"""No cell of a spreadsheet of tariffs is dropped: it is part of the tariff, or is refused."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import pytest

from data_layer.tariffs.csv_files import COLUMNS, read_tariffs
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import FlatRate, RateBand, Tariff, TimeOfUse

Cells = Mapping[str, str]
HEAD = {"code": "T", "valid_from": "2026-01-01", "name": "Tee", "currency": "SGD"}
MORE = {"code": "T", "valid_from": "2026-01-01"}
KINDS: dict[str, list[Cells]] = {
    "flat": [HEAD | {"unit_rate": "0.30"}],
    "bands": [
        HEAD | {"rate_name": "Night", "unit_rate": "0.10", "from": "22:00", "to": "06:00"},
        MORE | {"rate_name": "Weekend", "unit_rate": "0.20", "weekdays": "sat sun"},
        MORE | {"rate_name": "Summer", "unit_rate": "0.25", "months": "6 7 8"},
        MORE | {"rate_name": "Day", "unit_rate": "0.30"},
    ],
    "slabs": [
        HEAD | {"unit_rate": "0.10", "up_to_kwh": "100"},
        MORE | {"unit_rate": "0.20"},
    ],
    "price_series": [HEAD | {"price_series": "agile"}, MORE],
}
FILLED = {
    "code": "OTHER",
    "valid_from": "2027-01-01",
    "name": "Other",
    "currency": "EUR",
    "rate_name": "Special",
    "unit_rate": "0.99",
    "up_to_kwh": "77",
    "from": "07:00",
    "to": "23:00",
    "weekdays": "mon-fri",
    "months": "1 2",
    "price_series": "spot",
    "standing_per_day": "0.40",
    "standing_per_kw_month": "1.50",
    "subsidy_units_kwh": "50",
    "subsidy_share": "0.5",
    "subsidy_every": "day",
    "tax_rate": "0.09",
    "tax_name": "GST",
}
"""For each column what no rule takes for granted, and none of the kinds has."""


def read(rows: Sequence[Cells]) -> tuple[list[Tariff], list[Fault]]:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return read_tariffs(text.getvalue())


def energy(*rows: Cells) -> object:
    tariffs, faults = read(rows)
    assert not faults
    return tariffs[0].versions[0].energy


def told(*rows: Cells) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.field, fault.sentence) for fault in read(rows)[1]]


def filled(rows: Sequence[Cells], place: int, column: str, value: str) -> list[Cells]:
    return [{**row, column: value} if n == place else row for n, row in enumerate(rows)]


def test_a_row_of_some_weekdays_or_months_is_a_band_of_their_whole_days() -> None:
    weekend = HEAD | {"rate_name": "Weekend", "unit_rate": "0.10", "weekdays": "sat sun"}
    july = MORE | {"rate_name": "July", "unit_rate": "0.20", "months": "7"}
    day = MORE | {"rate_name": "Day", "unit_rate": "0.30"}
    assert energy(weekend, july, day) == TimeOfUse(
        (
            RateBand("Weekend", Decimal("0.10"), weekdays=frozenset({5, 6})),
            RateBand("July", Decimal("0.20"), months=frozenset({7})),
        ),
        RateBand("Day", Decimal("0.30")),
    )


def test_bands_without_a_rate_for_all_other_times_are_refused() -> None:
    weekend = HEAD | {"rate_name": "Weekend", "unit_rate": "0.10", "weekdays": "sat sun"}
    day = MORE | {"rate_name": "Day", "unit_rate": "0.30", "from": "07:00", "to": "23:00"}
    for rows in ((weekend,), (weekend, day)):
        ((line, _, sentence),) = told(*rows)
        assert line == 2
        assert "has 0 rates without from, to, weekdays and months" in sentence


def test_a_wrong_cell_of_such_a_band_is_told_on_its_line() -> None:
    rows = KINDS["bands"]
    assert told(*filled(rows, 1, "weekdays", "sun someday"))[0][:2] == (3, "weekdays")
    assert told(*filled(rows, 2, "months", "June"))[0][:2] == (4, "months")
    assert told(*filled(rows, 3, "unit_rate", "much"))[0][:2] == (5, "unit_rate")


def test_what_a_kind_does_not_use_is_refused_with_column_value_and_rule() -> None:
    band = {"rate_name": "Peak", "unit_rate": "0.30", "from": "17:00"}
    series = "does nothing in a version with a price series: of the columns for energy it uses only"
    assert told(*KINDS["price_series"][:1], MORE | band) == [
        (3, "rate_name", f"rate_name 'Peak' {series} price_series."),
        (3, "unit_rate", f"unit_rate '0.30' {series} price_series."),
        (3, "from", f"from '17:00' {series} price_series."),
    ]
    slabs = "does nothing in a version with slabs (up_to_kwh): of the columns for energy it uses"
    assert told(*filled(KINDS["slabs"], 1, "months", "6 7")) == [
        (3, "months", f"months '6 7' {slabs} only unit_rate and up_to_kwh.")
    ]
    assert told(*filled(KINDS["flat"], 0, "rate_name", "Day"))[0][:2] == (2, "rate_name")


def test_unused_cells_are_told_beside_everything_else_that_is_wrong() -> None:
    rows = filled(filled(KINDS["slabs"], 0, "to", "06:00"), 1, "unit_rate", "cheap")
    assert [fault[:2] for fault in told(*rows)] == [(2, "to"), (3, "unit_rate")]
    rows = filled(filled(KINDS["slabs"], 0, "to", "06:00"), 1, "name", "Other")
    assert [fault[:2] for fault in told(*rows)] == [(2, "name"), (2, "to")]


def test_the_examples_of_each_kind_are_well() -> None:
    assert isinstance(energy(*KINDS["flat"]), FlatRate)
    assert not any(read(rows)[1] for rows in KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", COLUMNS)
def test_a_cell_that_is_filled_changes_the_tariff_or_is_a_fault(kind: str, column: str) -> None:
    rows = KINDS[kind]
    before = read(rows)
    for place in range(len(rows)):
        tariffs, faults = read(filled(rows, place, column, FILLED[column]))
        assert faults or tariffs != before[0], (place, column)


@pytest.mark.parametrize("seed", range(4))
def test_no_cell_of_a_file_that_is_taken_can_be_emptied_without_a_trace(seed: int) -> None:
    chance = random.Random(seed)
    taken = 0
    for _ in range(300):
        rows = _random_rows(chance)
        tariffs, faults = read(rows)
        if faults:
            continue
        taken += 1
        for place, column in _said_once(rows):
            emptied, wrong = read(filled(rows, place, column, ""))
            assert wrong or emptied != tariffs, (rows, place, column)
    assert taken > 50


def _random_rows(chance: random.Random) -> list[Cells]:
    """A file of some kind with some of its cells filled otherwise, emptied or filled newly."""
    rows = list(chance.choice(list(KINDS.values())))
    for _ in range(chance.randint(0, 3)):
        place, column = chance.randrange(len(rows)), chance.choice(COLUMNS)
        rows = filled(rows, place, column, chance.choice((FILLED[column], FILLED[column], "")))
    if chance.random() < 0.5:
        rows = filled(rows, 0, "tax_rate", "0.07")
    if chance.random() < 0.3:
        rows[0] = {**rows[0], "subsidy_units_kwh": "2", "subsidy_share": "1"}
    return rows


def _said_once(rows: Sequence[Cells]) -> Iterator[tuple[int, str]]:
    """The filled cells; not those that say again what another row of the file says."""
    for place, row in enumerate(rows):
        for column, value in row.items():
            again = [other for other in rows if other is not row and other.get(column) == value]
            if value and not again:
                yield place, column
