"""The printed bill says what the stored one says, on one page."""

from __future__ import annotations

import io
from decimal import Decimal

from pypdf import PdfReader

from api import bill_words as words
from api.bill_pdf import bill_pdf
from api.bill_view import BillView
from callbacks import bill_drawing
from callbacks.bill_answers import answer
from data_layer.accounts.model import OPERATOR
from data_layer.billing import operations
from data_layer.billing.model import Bill
from data_layer.book import Book
from data_layer.readings.model import Action
from tests.unit.billing.conftest import METER, enter, flat
from tests.unit.billing.test_bills import a_month, modify, send


def a_bill(book: Book) -> Bill:
    a_month(book)
    scope = book.authorize(OPERATOR, Action.MANAGE_BILLS, METER)
    return operations.issue(book.billing, scope, meter_id=METER, month="2026-10").bill


def printed(bill: Bill, book: Book) -> str:
    (page,) = PdfReader(io.BytesIO(bill_pdf(bill, book.zone))).pages
    return " ".join(page.extract_text().split())


def test_every_line_and_the_total_stand_on_the_page(book: Book) -> None:
    steps = [{"rate": "0.20", "up_to_kwh": "100"}, {"rate": "0.3333"}]
    enter(
        book,
        flat("0.25") | {"standing": {"per_day": "0.40"}, "tax": {"rate": "0.05", "name": "VAT"}},
        {"valid_from": "2026-10-16", "energy": {"kind": "slabs", "steps": steps}},
    )
    bill = a_bill(book)
    text = printed(bill, book)
    assert f"Electricity bill GBP {Decimal(bill.gross).scaleb(-2):.2f}" in text
    for part in words.parts(bill):
        assert part.period in text
        for line in part.lines:
            said = " ".join(filter(None, (line.label, line.quantity, line.rate, line.amount)))
            assert said in text
    assert f"Consumption {words.kwh(bill.consumption_wh)}" in text
    for read in (bill.start_read, bill.end_read):
        at, value, how = words.register_read(read, book.zone)
        assert f"{at} {how} {value}" in text
    for note in words.footnotes(bill):
        assert " ".join(note.split()) in text


def test_the_printed_chart_has_the_legend_of_the_page(book: Book) -> None:
    bill = a_bill(book)
    names = [trace["name"] for trace in bill_drawing.chart(book, bill)["data"]]
    assert names == ["Measured", "Estimated"]
    assert " ".join(names) in printed(bill, book)


def test_a_month_without_a_bill_is_named_as_other_months_are(book: Book) -> None:
    a_bill(book)
    asked = book.authorize(OPERATOR, Action.READ_BILLS, METER)
    found = answer(book, asked, BillView("", "2026-08", None), METER)
    shown = str(bill_drawing.controls({"month": "2026-08"}, found))
    assert "'August 2026: no bill'" in shown
    assert "'October 2026'" in shown


def test_names_of_any_length_and_script_leave_it_one_page(book: Book) -> None:
    modify(book, owner_name="Владимир Ελένη Ñandú " * 3, address="A long road " * 16)
    enter(book, *(flat(f"0.{20 + n}", f"2026-10-{3 * n + 1:02d}") for n in range(9)))
    text = printed(a_bill(book), book)
    assert "Владимир Ελένη Ñandú" in text
    assert "Each line is rounded once" in text


def test_more_lines_than_a_page_holds_go_on_and_none_is_lost(book: Book) -> None:
    vat = {"tax": {"rate": "0.05", "name": "VAT"}}
    enter(book, *(flat(f"0.{20 + n}", f"2026-10-{n + 1:02d}") | vat for n in range(31)))
    bill = a_bill(book)
    pages = PdfReader(io.BytesIO(bill_pdf(bill, book.zone))).pages
    assert len(pages) > 1
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for part in words.parts(bill):
        (energy, tax) = part.lines
        said = f"{part.period} {energy.label} {energy.quantity} {energy.rate} {energy.amount}"
        assert said in text
        assert f"{tax.label} {tax.quantity} {tax.amount}" in text
    assert f"Total {words.money(bill.gross, bill)}" in text
    assert "Each line is rounded once" in text


def test_a_day_of_which_nothing_is_known_is_told_from_one_without_use(book: Book) -> None:
    send(book, ("2026-10-10T00:00", 1_150_000), ("2026-10-20T00:00", 1_150_000))
    scope = book.authorize(OPERATOR, Action.MANAGE_BILLS, METER)
    bill = operations.issue(book.billing, scope, meter_id=METER, month="2026-10").bill
    assert [words.nothing_known(day, book.zone) for day in bill.days] == [
        not 10 <= day.day.day < 20 for day in bill.days
    ]
    assert "Not known" in printed(bill, book)  # in the legend
