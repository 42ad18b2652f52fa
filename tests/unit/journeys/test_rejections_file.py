"""The list of refused rows: all of them, readable, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from data_layer.journeys.rejections_file import RejectionsFile, without_formula
from data_layer.readings.model import Rejection, Verdict


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.csv"
    path.write_text("".join(f"row {n}\n" for n in range(1, 25_000)))
    return path


def test_every_refused_row_is_listed(tmp_path: Path, source: Path) -> None:
    path = tmp_path / "rejected.csv"
    with RejectionsFile(path, of=source) as file:
        file.add(Rejection(n, Verdict.CONFLICT, f'row "{n}", refused') for n in range(1, 25_001))
        assert file.count == 25_000

    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 25_000
    assert rows[6] == {
        "line": "7",
        "verdict": "CONFLICT",
        "reason": 'row "7", refused',
        "text": "row 7",
    }


def test_nothing_refused_leaves_no_file(tmp_path: Path, source: Path) -> None:
    path = tmp_path / "rejected.csv"
    path.write_text("of an earlier try")
    with RejectionsFile(path, of=source):
        pass

    assert not path.exists()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(tmp_path: Path, source: Path, start: str) -> None:
    path = tmp_path / "rejected.csv"
    with RejectionsFile(path, of=source) as file:
        file.add([Rejection(1, Verdict.UNREADABLE, f"{start}HYPERLINK(1)")])

    with path.open(newline="") as stream:
        assert next(csv.DictReader(stream))["reason"] == f"'{start}HYPERLINK(1)"


def test_the_row_itself_is_given_bounded_and_harmless(tmp_path: Path) -> None:
    source, path = tmp_path / "source.csv", tmp_path / "rejected.csv"
    source.write_bytes(b"header\n=1+1,\0\xff\r\n" + b"x" * 200_000 + b"\nlast")
    with RejectionsFile(path, of=source) as file:
        file.add(Rejection(line, Verdict.UNREADABLE, "no") for line in (2, 3, 4))

    with path.open(newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)]
    assert texts == ["'=1+1, \ufffd", "x" * 200, "last"]


def test_usual_text_stays_as_it_is() -> None:
    assert without_formula("reading '-1' is not a value") == "reading '-1' is not a value"
