"""The CSV of a bill has its lines, and adds up to its total and its consumption."""

from __future__ import annotations

import csv
from decimal import Decimal

from api.bill_export import export
from api.csv_text import safe_cell
from data_layer.book import Book
from tests.unit.billing.conftest import enter, flat
from tests.unit.billing.test_bill_pdf import a_bill
from tests.unit.billing.test_bills import modify


def test_lines_add_up_and_the_facts_stand_above(book: Book) -> None:
    relief = {"units_kwh": "100", "share": "0.5"}
    enter(book, flat("0.25") | {"subsidy": relief, "tax": {"rate": "0.05", "name": "VAT"}})
    bill = a_bill(book)
    lines = "".join(export(bill, book.zone)).splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    total = Decimal(bill.gross).scaleb(-2)
    assert sum(Decimal(row["amount"]) for row in rows) == total
    (credit,) = [row["amount"] for row in rows if row["kind"] == "subsidy"]
    assert credit == f"{-100 * Decimal('0.25') / 2:.2f}"
    (arithmetic,) = {
        (row["subsidy_share"], row["subsidized_cost"])
        for row in rows
        if row["subsidy_share"] or row["kind"] == "subsidy"
    }
    assert arithmetic == ("0.5", "25")
    energy = sum(Decimal(row["quantity"]) for row in rows if row["kind"] == "energy")
    assert f"# consumption in kWh: {energy:.3f}" in lines
    assert f"# total: GBP {total}" in lines
    assert "# register at the start: 2026-10-01T00:00:00+01:00, 1000.000 kWh, actual" in lines
    assert [row["label"] for row in rows] == [safe_cell(line.label) for line in bill.lines]


def test_a_tariffs_name_is_no_formula(book: Book) -> None:
    enter(book, flat("0.25") | {"tax": {"rate": "0.05", "name": '=HYPERLINK("x")'}})
    modify(book, owner_name="Ada")
    text = "".join(export(a_bill(book), book.zone))
    assert "'=HYPERLINK" in text
