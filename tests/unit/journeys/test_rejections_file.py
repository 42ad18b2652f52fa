"""The list of refused rows: all of them, readable, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from data_layer.journeys.rejections_file import RejectionsFile, without_formula
from data_layer.readings.model import Rejection, Verdict


def test_every_refused_row_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    with RejectionsFile(path) as file:
        file.add(Rejection(n, Verdict.CONFLICT, f'row "{n}", refused') for n in range(25_000))
        assert file.count == 25_000

    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 25_000
    assert rows[7] == {"line": "7", "verdict": "CONFLICT", "reason": 'row "7", refused'}


def test_nothing_refused_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    path.write_text("of an earlier try")
    with RejectionsFile(path):
        pass

    assert not path.exists()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(tmp_path: Path, start: str) -> None:
    path = tmp_path / "rejected.csv"
    with RejectionsFile(path) as file:
        file.add([Rejection(1, Verdict.UNREADABLE, f"{start}HYPERLINK(1)")])

    with path.open(newline="") as stream:
        assert next(csv.DictReader(stream))["reason"] == f"'{start}HYPERLINK(1)"


def test_usual_text_stays_as_it_is() -> None:
    assert without_formula("reading '-1' is not a value") == "reading '-1' is not a value"
