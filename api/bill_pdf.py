"""A bill on one A4 page: what is to be paid, how it comes about, and how the month went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from api import bill_words as words
from data_layer.billing.model import Bill, DayUse
from data_layer.clock import HomeZone

FONTS = Path(__file__).parent.parent / "assets" / "print"
LEFT, RIGHT, TOP, BOTTOM = 18.0, 192.0, 18.0, 279.0
"""Edges of the printed area in mm."""
WIDTH = RIGHT - LEFT
INK, SOFT, RULE = (23, 33, 31), (74, 87, 84), (203, 199, 186)
ACCENT, PALE = (20, 119, 108), (178, 214, 208)
TALLEST_CHART, LOWEST_CHART = 42.0, 18.0
NOTES_HEIGHT = 34.0
"""Kept free below the chart."""
_LINE_COLUMNS = (("", 76.0, "L"), ("Quantity", 34.0, "R"), ("Rate", 38.0, "R"), ("", 26.0, "R"))


def bill_pdf(bill: Bill, zone: HomeZone) -> bytes:
    """The bill as the bytes of a PDF of one page."""
    page = _Page(bill, zone)
    page.head()
    page.supply()
    page.lines()
    page.chart()
    page.notes()
    return page.bytes()


class _Page:
    """Draws from top to bottom."""

    def __init__(self, bill: Bill, zone: HomeZone) -> None:
        self.bill, self.zone = bill, zone
        pdf = self.pdf = FPDF(format="A4")
        pdf.set_title(f"Electricity bill {bill.month}, meter {bill.meter_id}")
        pdf.set_lang("en")
        pdf.set_creation_date(zone.local(bill.made_at))
        pdf.set_margins(LEFT, TOP, 210 - RIGHT)
        pdf.set_auto_page_break(auto=False)
        pdf.c_margin = 0  # cells begin and end where rules do
        pdf.add_font("print", "", FONTS / "DejaVuSansCondensed.ttf")
        pdf.add_font("print", "B", FONTS / "DejaVuSansCondensed-Bold.ttf")
        pdf.add_page()

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def head(self) -> None:
        self._font(20, bold=True)
        self.pdf.cell(WIDTH / 2, 9, "Electricity bill")
        self._font(20, bold=True, color=ACCENT)
        self._end_line(words.money(self.bill.gross, self.bill), WIDTH / 2, 9)
        self._font(10, color=SOFT)
        self.pdf.cell(WIDTH / 2, 6, words.month_name(self.bill))
        self._end_line("to pay", WIDTH / 2, 6)
        self._rule(3)

    def supply(self) -> None:
        bill = self.bill
        top = self.pdf.get_y()
        self._pairs(LEFT, top, [("", bill.owner_name), ("", bill.address)])
        left_end = self.pdf.get_y()
        facts = [
            ("Meter", bill.meter_id),
            ("Period", words.period(bill)),
            ("Bill", words.made(bill, self.zone)),
        ]
        self._pairs(LEFT + WIDTH * 0.42, top, facts)
        self.pdf.set_y(max(left_end, self.pdf.get_y()) + 4)
        self._heading("Register")
        for name, read in (("Start", bill.start_read), ("End", bill.end_read)):
            at, value, how = words.register_read(read, self.zone)
            self._row((f"{name}, {at}", "", how, value))
        self._row(("Consumption", "", "", words.kwh(bill.consumption_wh)), bold=True)
        self.pdf.ln(4)

    def lines(self) -> None:
        self._heading("Charges")
        self._font(8, color=SOFT)
        self._cells([name for name, _, _ in _LINE_COLUMNS], 5)
        for part in words.parts(self.bill):
            if part.period:
                self._font(9, color=SOFT)
                self.pdf.cell(WIDTH, 6, part.period, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            for line in part.lines:
                self._row((line.label, line.quantity, line.rate, line.amount))
        self._rule(1)
        total = words.money(self.bill.gross, self.bill)
        self._row(("Total", "", "", total), bold=True)
        self.pdf.ln(5)

    def chart(self) -> None:
        days = self.bill.days
        self._heading("Consumption per day, kWh")
        top, left = self.pdf.get_y() + 2, LEFT + 12
        height = min(TALLEST_CHART, max(LOWEST_CHART, BOTTOM - NOTES_HEIGHT - top))
        tick = _tick(max(day.wh for day in days))
        highest = tick * max(1, -(-max(day.wh for day in days) // tick))
        self._font(7, color=SOFT)
        self.pdf.set_draw_color(*RULE)
        self.pdf.set_line_width(0.15)
        for value in range(0, highest + 1, tick):
            y = top + height * (1 - value / highest)
            self.pdf.line(left, y, RIGHT, y)
            self.pdf.set_xy(LEFT, y - 2)
            self.pdf.cell(10.5, 4, f"{value / 1000:g}", align="R")
        self._bars(days, left, top + height, height / highest)
        self.pdf.set_y(top + height + 6)
        self._legend(days)

    def notes(self) -> None:
        self._font(7.5, color=SOFT)
        for note in words.footnotes(self.bill):
            self.pdf.multi_cell(WIDTH, 3.8, note, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
            self.pdf.ln(0.8)

    def _bars(self, days: Sequence[DayUse], left: float, below: float, scale: float) -> None:
        """A bar a day, its estimated part on top; `scale` in mm a Wh."""
        step = (RIGHT - left) / len(days)
        for number, day in enumerate(days):
            x = left + step * (number + 0.14)
            measured = (day.wh - day.estimated_wh) * scale
            estimated = day.estimated_wh * scale
            self._bar(x, below, step * 0.72, measured, ACCENT)
            self._bar(x, below - measured, step * 0.72, estimated, PALE)
            if len(days) <= 12 or number % 5 == 0 or number == len(days) - 1:
                self.pdf.set_xy(left + step * number - 3, below + 0.8)
                self.pdf.cell(step + 6, 4, str(day.day.day), align="C")

    def _bar(
        self, x: float, below: float, width: float, height: float, color: tuple[int, int, int]
    ) -> None:
        if height > 0:
            self.pdf.set_fill_color(*color)
            self.pdf.rect(x, below - height, width, height, style="F")

    def _legend(self, days: Sequence[DayUse]) -> None:
        if not any(day.estimated_wh for day in days):
            return
        y = self.pdf.get_y()
        for x, color, name in ((LEFT + 12, ACCENT, "measured"), (LEFT + 34, PALE, "estimated")):
            self._bar(x, y + 2.8, 3, 2.2, color)
            self.pdf.set_xy(x + 4, y)
            self.pdf.cell(24, 4, name)
        self.pdf.set_y(y + 6)

    def _pairs(self, x: float, y: float, pairs: Sequence[tuple[str, str]]) -> None:
        for name, value in pairs:
            self.pdf.set_xy(x, y)
            self._font(9, color=SOFT)
            if name:
                self.pdf.cell(16, 5, name)
            self._font(9)
            width = (RIGHT if name else LEFT + WIDTH * 0.4) - self.pdf.get_x()
            self.pdf.multi_cell(width, 5, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            y = self.pdf.get_y()

    def _heading(self, text: str) -> None:
        self._font(11, bold=True)
        self.pdf.cell(WIDTH, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _row(self, cells: Sequence[str], *, bold: bool = False) -> None:
        self._font(9, bold=bold)
        fitted = [_fitted(self.pdf, cells[0], _LINE_COLUMNS[0][1]), *cells[1:]]
        self._cells(fitted, 5.6)

    def _cells(self, cells: Sequence[str], height: float) -> None:
        for text, (_, width, align) in zip(cells, _LINE_COLUMNS, strict=True):
            self.pdf.cell(width, height, text, align=align)
        self.pdf.ln(height)

    def _rule(self, space: float) -> None:
        self.pdf.ln(space)
        self.pdf.set_draw_color(*RULE)
        self.pdf.set_line_width(0.3)
        self.pdf.line(LEFT, self.pdf.get_y(), RIGHT, self.pdf.get_y())
        self.pdf.ln(space)

    def _end_line(self, text: str, width: float, height: float) -> None:
        self.pdf.cell(width, height, text, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _font(self, size: float, *, bold: bool = False, color: tuple[int, int, int] = INK) -> None:
        self.pdf.set_font("print", "B" if bold else "", size)
        self.pdf.set_text_color(*color)


def _fitted(pdf: FPDF, text: str, width: float) -> str:
    """The text, cut with an ellipsis when it is wider than its column."""
    if pdf.get_string_width(text) <= width - 1:
        return text
    while text and pdf.get_string_width(text + "…") > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _tick(largest_wh: int) -> int:
    """A round step in Wh that gives three to six grid lines."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if largest_wh <= step * factor * 5:
                return max(step * factor, 1)
        step *= 10
