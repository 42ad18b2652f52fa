"""Tariffs as people write them: what is read, what is refused, and with which sentence."""

from __future__ import annotations

import json
import random
from datetime import date
from decimal import Decimal

import pytest

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.tariffs.csv_files import read_tariffs
from data_layer.tariffs.documents import (
    tariff_from,
    tariff_from_text,
    version_document,
    version_from,
)
from data_layer.tariffs.model import (
    Every,
    FlatRate,
    RateBand,
    Slab,
    Slabs,
    StandingCharge,
    Subsidy,
    TariffVersion,
    Tax,
    TimeOfUse,
)
from data_layer.tariffs.price_files import prices_from_csv
from tests.unit.tariffs.test_charges import _version as random_version

ZONE = HomeZone("Europe/London")


def document(**version: object) -> dict[str, object]:
    whole = {"valid_from": "2026-01-01", "energy": {"kind": "flat", "rate": "0.30"}} | version
    return {"code": "HOME", "name": "Home", "currency": "SGD", "versions": [whole]}


def test_numbers_are_the_decimals_they_are_written_as() -> None:
    text = json.dumps(document()).replace('"0.30"', "0.1")
    (version,) = tariff_from_text(text).versions
    assert version.energy == FlatRate(Decimal("0.1"))


def test_a_version_survives_its_document() -> None:
    chance = random.Random(4)
    for number in range(200):
        version = random_version(chance, date(2026, 1, 1), number)
        again = version_from(json.loads(json.dumps(version_document(version))), number=number)
        assert again == version


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"energy": {"kind": "flat", "rate": "much"}},
            "version 1 (from 2026-01-01): energy.rate 'much'",
        ),
        ({"energy": {"kind": "flat", "rate": "0.123456789"}}, "at most 8 decimals"),
        ({"energy": {"kind": "flat", "rate": "1e9999999"}}, "an amount of at most 1000000"),
        (
            {"energy": {"kind": "guess"}},
            "version 1 (from 2026-01-01): energy.kind 'guess' is not flat, time_of_use,",
        ),
        ({"valid_from": "2026-02-30"}, "version 1: valid_from '2026-02-30'"),
        ({"taxes": {}}, "version 1 (from 2026-01-01): taxes is unknown"),
        ({"tax": {"rate": "9"}}, "tax.rate '9' is not between 0 and 1"),
        ({"standing": {"per_day": "-1"}}, "standing.per_day '-1' is negative"),
        ({"subsidy": {"units_kwh": "2.0001", "share": 1}}, "more than three decimals"),
        (
            {"energy": {"kind": "slabs", "steps": []}},
            "energy.steps is empty: it needs at least one",
        ),
        (
            {"energy": {"kind": "slabs", "steps": [{"rate": 1, "up_to_kwh": 5}]}},
            "the last slab, and only it, has no limit",
        ),
        (
            {
                "energy": {
                    "kind": "time_of_use",
                    "bands": [{"name": "Night", "rate": 1, "from": "22:10"}],
                    "otherwise": {"name": "Day", "rate": 2},
                }
            },
            "energy.bands.1.from '22:10' is not on the half hour",
        ),
        (
            {
                "energy": {
                    "kind": "time_of_use",
                    "bands": [{"name": "Day", "rate": 1}],
                    "otherwise": {"name": "Day", "rate": 2},
                }
            },
            "energy bands of one name have one rate",
        ),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        tariff_from(document(**change))
    assert sentence in refused.value.sentence


@pytest.mark.parametrize(
    "text", ["", "[1,", "NaN", "1e99999999999999999999", '{"a": Infinity}', "[" * 100_000]
)
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        tariff_from_text(text)


def test_two_versions_of_one_day_are_refused() -> None:
    twice = document()
    twice["versions"] = [*twice["versions"], *twice["versions"]]  # type: ignore[misc]
    with pytest.raises(
        BadInput, match=r"version 2 .*: valid_from '2026-01-01' is the first day of two"
    ):
        tariff_from(twice)


CSV = """\
code,name,currency,valid_from,rate_name,unit_rate,up_to_kwh,from,to,weekdays,standing_per_day,\
subsidy_units_kwh,subsidy_share,subsidy_every,tax_rate,tax_name
HOME,Home,SGD,2026-01-01,Night,0.18,,22:00,06:00,fri-mon,0.40,,,,0.09,GST
HOME,,,2026-01-01,Day,0.31,,,,,,,,,,
HOME,,,2026-07-01,,0.29,,,,,0.40,,,,,
A1,Prepaid,SGD,2026-01-01,,5.00,,,,,2.00,2,1,day,,
S,Slabs,SGD,2026-01-01,,0.10,100,,,,,,,,,
S,,,2026-01-01,,0.20,,,,,,,,,,
"""


def test_rows_of_a_spreadsheet_become_tariffs() -> None:
    (home, prepaid, slabs), faults = read_tariffs(CSV)
    assert not faults
    night = RateBand("Night", Decimal("0.18"), 22 * 60, 6 * 60, frozenset({4, 5, 6, 0}))
    standing = StandingCharge(Decimal("0.40"))
    assert home.versions == (
        TariffVersion(
            date(2026, 1, 1),
            TimeOfUse((night,), RateBand("Day", Decimal("0.31"))),
            standing,
            tax=Tax(Decimal("0.09"), "GST"),
        ),
        TariffVersion(date(2026, 7, 1), FlatRate(Decimal("0.29")), standing),
    )
    assert prepaid.versions[0].subsidy == Subsidy(Decimal(2), Decimal(1), Every.DAY)
    assert slabs.versions[0].energy == Slabs(
        (Slab(Decimal("0.10"), Decimal(100)), Slab(Decimal("0.20")))
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "column code is missing"),
        ("code,valid_from,price\n", "column 'price' is unknown"),
        ("code,valid_from\n", "there is no row below"),
        ("code,valid_from\nA\n", "line 2: the row has another number of cells"),
        (CSV.replace("A1,Prepaid,SGD", "A1,Prepaid,dollars"), "tariff 'A1', line 5: currency"),
        (
            CSV.replace("Day,0.31,,,", "Day,0.31,,00:00,"),
            "0 rates without from, to, weekdays and months",
        ),
        (CSV.replace("HOME,,,2026-01-01", "HOME,Other,,2026-01-01"), "name differs between rows"),
    ],
)
def test_a_bad_file_is_refused_by_line(text: str, sentence: str) -> None:
    _, (fault, *_) = read_tariffs(text)
    assert sentence in fault.error().sentence


def test_prices_may_come_in_any_order_but_not_with_a_gap() -> None:
    header = "valid_from,valid_to,price\n"
    first = "2026-01-01T00:00:00Z,2026-01-01T00:30:00Z,0.2134\n"
    second = "2026-01-01T00:30:00Z,2026-01-01T01:00:00Z,-0.0100\n"
    prices = prices_from_csv(header + second + first, name="agile", zone=ZONE)
    assert prices.price == (Decimal("0.2134"), Decimal("-0.0100"))
    assert prices.end - int(prices.starts[0]) == 3600
    later = second.replace("T00:30:00Z,2026-01-01T01:00", "T01:00:00Z,2026-01-01T01:30")
    with pytest.raises(BadInput, match=r"line 3: valid_from 2026-01-01T01:00:00.* leaves a gap"):
        prices_from_csv(header + first + later, name="agile", zone=ZONE)
    with pytest.raises(BadInput, match="overlaps"):
        prices_from_csv(header + first + first, name="agile", zone=ZONE)
    for price in ("NaN", "1e9999999"):
        with pytest.raises(BadInput, match=f"line 2: price '{price}'"):
            prices_from_csv(header + first.replace("0.2134", price), name="agile", zone=ZONE)
