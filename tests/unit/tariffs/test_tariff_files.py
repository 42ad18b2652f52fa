"""A file is recognized by what stands in it, and everything wrong in it is told with its place."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from data_layer.clock import HomeZone
from data_layer.tariffs.tariff_files import LARGEST_FILE, TariffFile, read_tariff_file

ZONE = HomeZone("Europe/London")
HEADER = "code,valid_from,currency,rate_name,unit_rate,up_to_kwh,from,to,tax_rate\n"
GOOD = "GOOD,2026-01-01,SGD,,0.30,,,,0.09\n"
PRICES = """\
valid_from,valid_to,price
2026-01-01T00:00,2026-01-01T00:30,0.20
2026-01-01T00:30,2026-01-01T01:00,-0.01
"""


def read(text: str | bytes, series: str = "agile") -> TariffFile:
    content = text if isinstance(text, bytes) else text.encode()
    return read_tariff_file(content, series=series, zone=ZONE)


def told(found: TariffFile) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.field, fault.sentence) for fault in found.faults]


def document(**change: object) -> dict[str, object]:
    version = {"valid_from": "2026-01-01", "energy": {"kind": "flat", "rate": "0.30"}}
    return {"code": "J", "name": "J", "currency": "SGD", "versions": [version]} | change


def test_each_kind_of_file_is_recognized() -> None:
    assert [one.code for one in read(json.dumps(document())).tariffs] == ["J"]
    assert [one.code for one in read("\ufeff" + HEADER + GOOD).tariffs] == ["GOOD"]
    found = read(PRICES)
    assert found.is_prices
    assert found.prices is not None
    assert (found.prices.name, found.prices.price) == ("agile", (Decimal("0.20"), Decimal("-0.01")))
    assert not read(json.dumps(document())).faults + read(HEADER + GOOD).faults + found.faults


def test_every_fault_of_a_spreadsheet_has_its_line_and_column() -> None:
    text = HEADER + (
        "BAD,2026-01-01,SGD,Night,much,,22:00,06:00,0.09\n"
        "BAD,2026-01-01,,Day,0.30,,,,\n"
        "BAD,2026-07-01,,,0.31,,,,nine\n"
        "SHORT,2026-01-01\n"
        "SLABS,2026-01-01,SGD,,0.10,100,,,\n"
        "SLABS,2026-01-01,,,cheap,,,,\n"
    )
    found = read(text + GOOD)
    assert [one.code for one in found.tariffs] == ["GOOD"]
    assert told(found) == [
        (5, "", "the row has another number of cells than line 1."),
        (2, "unit_rate", "unit_rate 'much' is not a number."),
        (4, "tax_rate", "tax_rate 'nine' is not a number."),
        (7, "unit_rate", "unit_rate 'cheap' is not a number."),
    ]
    assert [fault.tariff for fault in found.faults] == ["", "BAD", "BAD", "SLABS"]
    assert found.faults[1].error().sentence.startswith("tariff 'BAD', line 2: unit_rate 'much'")


def test_the_rate_of_all_other_times_is_found_on_its_own_line() -> None:
    rows = "T,2026-01-01,SGD,Day,x,,,,\nT,2026-01-01,,Night,0.1,,22:00,06:00,\n"
    assert told(read(HEADER + rows))[0][:2] == (2, "unit_rate")
    rows = "T,2026-01-01,SGD,Day,0.1,,,,\nT,2026-01-01,,Night,x,,22:00,06:00,\n"
    assert told(read(HEADER + rows))[0][:2] == (3, "unit_rate")


def test_a_broken_rule_is_told_at_its_version() -> None:
    rows = "R,2026-01-01,dollars,,0.30,,,,\nR,2026-07-01,,,0.30,,,,9\n"
    assert told(read(HEADER + rows)) == [
        (2, "currency", "currency 'dollars' is not three capital letters such as SGD."),
        (3, "tax_rate", "tax_rate '9' is not between 0 and 1 (0.09 is 9 %)."),
    ]


def test_a_version_with_a_broken_rule_is_told_beside_one_with_a_wrong_form() -> None:
    rows = "R,2026-01-01,SGD,,much,,,,\nR,2026-07-01,,,0.30,,,,9\nR,someday,,,0.30,,,,\n"
    assert told(read(HEADER + rows)) == [
        (2, "unit_rate", "unit_rate 'much' is not a number."),
        (3, "tax_rate", "tax_rate '9' is not between 0 and 1 (0.09 is 9 %)."),
        (4, "valid_from", "valid_from 'someday' is not a day such as 2026-01-01."),
    ]
    assert read('{"versions": "none"}').faults[0].sentence == "code is missing."


def test_every_fault_of_a_document_names_its_field() -> None:
    found = read(json.dumps(document(versions=[{"energy": {"kind": "flat", "rate": "x"}}], a=1)))
    assert [(line, field) for line, field, _ in told(found)] == [
        (None, "a"),
        (None, "versions.1.valid_from"),
        (None, "versions.1.energy.rate"),
    ]
    (fault,) = read('{"code": "J",\n "name" }').faults
    assert (fault.line, "is not JSON" in fault.sentence) == (2, True)


def test_every_fault_of_a_price_file_has_its_line() -> None:
    rows = PRICES + "yesterday,2026-01-01T01:30,0.1\n2026-01-01T02:00,2026-01-01T02:30,0.1\n"
    faults = read(rows + "2026-01-01T02:30,2026-01-01T02:30,0.1\n", series="no name").faults
    assert [(fault.line, fault.field) for fault in faults] == [
        (None, "series"),
        (4, "valid_from"),
        (6, "valid_to"),
        (5, "valid_from"),
    ]
    assert "leaves a gap after" in faults[3].sentence


@pytest.mark.parametrize(
    ("content", "sentence", "line"),
    [
        (b"", "column code is missing", 1),
        (b"code,valid_from\n", "there is no row below", None),
        (b"code,valid_from\nA,\xff\n", "not UTF-8", 2),
        (b"a,a,code,valid_from\n", "column 'a' is unknown", 1),
        (b"code,code,valid_from\nA,A,2026-01-01\n", "column code stands there twice", 1),
        (b"x" * (LARGEST_FILE + 1), "8,388,608 are the most", None),
        (b"valid_from,valid_to,price\n", "has no price", None),
    ],
)
def test_what_is_no_such_file_says_why(content: bytes, sentence: str, line: int | None) -> None:
    fault = read(content).faults[0]
    assert sentence in fault.sentence
    assert fault.line == line
