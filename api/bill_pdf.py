"""A bill on one A4 page: what is to be paid, how it comes about, and how the month went."""

from __future__ import annotations

from collections.abc import Sequence

from api import bill_words as words
from api.bill_chart import draw_days
from api.print_page import (
    ACCENT,
    BOTTOM,
    COPPER,
    FAINT,
    HAIRLINE,
    LEFT,
    MARK,
    RIGHT,
    RULE,
    SOFT,
    TINT,
    TOP,
    WHITE,
    WIDTH,
    Column,
    PrintPage,
)
from data_layer.billing.model import Bill
from data_layer.clock import HomeZone

CHARGES = (
    *(Column("What", 76, "L"), Column("Quantity", 34, "R")),
    *(Column("Rate", 38, "R"), Column("Amount", 26, "R")),
)
READS = (
    *(Column("", 22, "L"), Column("Read at", 54, "L")),
    *(Column("How", 34, "L"), Column("Register", 64, "R")),
)
TALLEST_ROW, LOWEST_ROW = 6.6, 3.9
TALLEST_CHART, LOWEST_CHART = 60.0, 16.0
REGISTER_HEIGHT, CHART_FRAME, BETWEEN = 27.0, 17.0, 6.0
"""mm of the parts that have one size, and between parts."""
NOTE_SIZE, NOTE_LINE, BETWEEN_NOTES = 7.5, 3.8, 0.9


def bill_pdf(bill: Bill, zone: HomeZone) -> bytes:
    """The bill as the bytes of a PDF: one page, unless its lines fill more than that."""
    page = _BillPage(bill, zone)
    page.head()
    page.supply()
    page.charges()
    page.register()
    page.days()
    page.notes()
    return page.page.bytes()


class _BillPage:
    """Draws from top to bottom; the notes stand at the foot."""

    def __init__(self, bill: Bill, zone: HomeZone) -> None:
        self.bill, self.zone = bill, zone
        self.page = PrintPage(
            title=f"Electricity bill {bill.month}, meter {bill.meter_id}",
            made_at=zone.local(bill.made_at),
            foot=(
                f"Meter {bill.meter_id}, {words.month_name(bill)}, version {bill.version}",
                f"All times are {zone.name} time.",
            ),
        )

    def head(self) -> None:
        page = self.page
        _mark(page, LEFT, TOP)
        page.font(11, bold=True)
        page.text(LEFT + 10, TOP + 1.2, 60, "Meterbook")
        top = TOP + 14
        page.box(RIGHT - 74, top - 1, 74, 21, TINT, round_by=2)
        page.font(20, bold=True)
        page.text(LEFT, top + 3, WIDTH - 80, "Electricity bill")
        page.font(19, bold=True, color=ACCENT)
        page.text(RIGHT - 70, top + 3.5, 66, words.money(self.bill.gross, self.bill), "R")
        page.font(11, color=SOFT)
        page.text(LEFT, top + 12, WIDTH - 80, words.month_name(self.bill))
        page.font(9, color=SOFT)
        page.text(RIGHT - 70, top + 12, 66, words.due(self.bill), "R")
        page.move(top + 26)

    def supply(self) -> None:
        page, bill, top = self.page, self.bill, self.page.y
        page.font(9, bold=True)
        page.move(top)
        page.paragraph(bill.owner_name, 5, width=WIDTH * 0.4)
        page.font(9)
        page.move(page.y)
        page.paragraph(bill.address, 5, width=WIDTH * 0.4)
        left_end = page.y
        page.move(top)
        for name, value in (
            ("Meter", bill.meter_id),
            ("Period", words.period(bill)),
            ("Tariff", f"{bill.tariff_name} ({bill.tariff_code})"),
            ("Bill", words.made(bill, self.zone)),
        ):
            page.font(9, color=FAINT)
            page.text(LEFT + WIDTH * 0.45, page.y, 15, name)
            page.font(9)
            page.move(page.y, LEFT + WIDTH * 0.45 + 16)
            page.paragraph(value, 5, width=WIDTH * 0.55 - 16)
        page.move(max(left_end, page.y) + BETWEEN)

    def charges(self) -> None:
        page, parts = self.page, words.parts(self.bill)
        rows = sum(len(part.lines) + bool(part.period) for part in parts) + 2
        room = BOTTOM - page.y - self._below_charges() - 8
        height = max(LOWEST_ROW, min(TALLEST_ROW, room / rows))
        size = min(9.0, height * 1.75)
        self._table_head("Charges", CHARGES)
        for part in parts:
            if part.period:
                page.need(2 * height)
                page.font(size, color=SOFT)
                page.row([Column("", WIDTH, "L")], [part.period], height)
            for line in part.lines:
                page.need(height)
                page.font(size)
                texts = (line.label, line.quantity, line.rate, line.amount)
                page.row(CHARGES, texts, height)
                page.rule(HAIRLINE, 0.2)
        page.need(8)
        page.rule(RULE, 0.5)
        page.font(10, bold=True)
        page.row(CHARGES, ("Total", "", "", words.money(self.bill.gross, self.bill)), 8)
        page.move(page.y + BETWEEN - 2)

    def _below_charges(self) -> float:
        """What the other parts take at least."""
        return REGISTER_HEIGHT + LOWEST_CHART + CHART_FRAME + self._notes_height() + 3 * BETWEEN

    def register(self) -> None:
        page = self.page
        page.need(REGISTER_HEIGHT)
        self._table_head("Register", READS)
        for end, read in (("Start", self.bill.start_read), ("End", self.bill.end_read)):
            at, value, how = words.register_read(read, self.zone)
            page.font(9)
            page.row(READS, (end, at, how, value), 5.4)
            page.rule(HAIRLINE, 0.2)
        page.font(9, bold=True)
        used = words.kwh(self.bill.consumption_wh)
        whole = (Column("", 90, "L"), Column("", WIDTH - 90, "R"))
        page.row(whole, ("Consumption", used), 6.4)
        page.move(page.y + BETWEEN - 2)

    def days(self) -> None:
        page = self.page
        page.need(LOWEST_CHART + CHART_FRAME + self._notes_height())
        page.heading("Consumption per day, kWh")
        room = BOTTOM - self._notes_height() - page.y - CHART_FRAME
        height = max(LOWEST_CHART, min(TALLEST_CHART, room))
        draw_days(page, self.bill.days, self.zone, top=page.y + 2, height=height)

    def notes(self) -> None:
        page, height = self.page, self._notes_height()
        page.need(height)
        page.move(BOTTOM - height)
        page.rule(HAIRLINE, 0.3)
        page.move(page.y + 2)
        page.font(NOTE_SIZE, bold=True, color=SOFT)
        page.paragraph("How this bill is made", NOTE_LINE)
        for note in words.footnotes(self.bill):
            page.move(page.y + BETWEEN_NOTES)
            page.font(NOTE_SIZE, color=SOFT)
            page.paragraph(note, NOTE_LINE)

    def _notes_height(self) -> float:
        self.page.font(NOTE_SIZE)
        notes = words.footnotes(self.bill)
        text = sum(self.page.height_of(note, NOTE_LINE) + BETWEEN_NOTES for note in notes)
        return 2 + NOTE_LINE + text

    def _table_head(self, title: str, columns: Sequence[Column]) -> None:
        page = self.page
        page.heading(title)
        page.font(7.5, color=FAINT)
        page.row(columns, [column.name for column in columns], 5)
        page.rule(RULE, 0.3)


def _mark(page: PrintPage, x: float, y: float) -> None:
    """The mark of the house, as in the browser's tab: five bars on a tile, 32 units wide."""
    unit = 7.4 / 32
    page.box(x, y, 32 * unit, 32 * unit, MARK, round_by=8 * unit)
    bars = ((6.0, 16.0), (10.25, 12.5), (14.5, 8.5), (18.75, 12.5), (23.0, 16.0))
    for place, (left, height) in enumerate(bars):
        color = COPPER if place == 2 else WHITE
        page.box(x + left * unit, y + (24 - height) * unit, 3 * unit, height * unit, color)
