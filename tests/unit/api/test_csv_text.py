"""Downloaded CSV: complete, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.csv_text import ROWS_A_CHUNK, csv_lines, provenance_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text):
    assert safe_cell(text) == "'" + text


@given(st.text(max_size=20))
def test_no_text_cell_begins_like_a_formula(text):
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers_and_nothing_stays_empty():
    assert "".join(csv_lines([(-1, Decimal("-2.500"), None, "-3")])) == "-1,-2.500,,'-3\n"


def test_every_row_comes_out_once_whatever_the_chunks():
    rows = [(number, f"area {number}") for number in range(2 * ROWS_A_CHUNK + 1)]

    chunks = list(csv_lines(rows))

    assert len(chunks) == 3
    assert list(csv.reader(io.StringIO("".join(chunks)))) == [[str(a), b] for a, b in rows]


def test_a_fact_keeps_to_its_own_comment_line():
    assert provenance_lines([("search", "a\n=1+1")]) == "# search: a =1+1\n"


@pytest.mark.parametrize(
    "said", ["x,=1+1", "x;+1", "x, @SUM(A1)", 'x","=1+1', "x;-1", 'x,"=1', "East; =1+1", "a,b,=c"]
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_no_cell_of_a_comment_line_begins_like_a_formula(said: str, separator: str) -> None:
    lines = provenance_lines([("search", said)])

    for row in csv.reader(io.StringIO(lines), delimiter=separator):
        assert not any(cell.strip().startswith(("=", "+", "-", "@")) for cell in row)
