"""A printed A4 page: fonts, colors, rules and cells, from top to bottom.

What no longer fits goes on to another page, so that nothing is ever printed beyond the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONTS = Path(__file__).parent.parent / "assets" / "print"
LEFT, RIGHT, TOP, BOTTOM, FOOT = 18.0, 192.0, 15.0, 279.0, 284.0
"""Edges of the printed area in mm, and where the line at the foot stands."""
WIDTH = RIGHT - LEFT
Color = tuple[int, int, int]
INK, SOFT, FAINT = (23, 33, 31), (74, 87, 84), (95, 107, 104)
RULE, HAIRLINE = (203, 199, 186), (229, 226, 217)
ACCENT, PALE, TINT, SUNK = (20, 119, 108), (160, 205, 198), (232, 242, 240), (238, 236, 228)
WHITE, MARK, COPPER = (255, 255, 255), (13, 92, 84), (242, 166, 94)


class Column(NamedTuple):
    """One column of a printed table: width in mm, alignment L or R."""

    name: str
    width: float
    align: str


class PrintPage:
    """Where the pen is, and what it draws with."""

    def __init__(self, *, title: str, made_at: datetime, foot: tuple[str, str]) -> None:
        pdf = self.pdf = FPDF(format="A4")
        self._foot = foot
        pdf.set_title(title)
        pdf.set_lang("en")
        pdf.set_creation_date(made_at)
        pdf.set_margins(LEFT, TOP, 210 - RIGHT)
        pdf.set_auto_page_break(auto=False)
        pdf.c_margin = 0  # cells begin and end where rules do
        pdf.add_font("print", "", FONTS / "DejaVuSansCondensed.ttf")
        pdf.add_font("print", "B", FONTS / "DejaVuSansCondensed-Bold.ttf")
        self._new_page()

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    @property
    def y(self) -> float:
        return self.pdf.get_y()

    def move(self, y: float, x: float = LEFT) -> None:
        self.pdf.set_xy(x, y)

    def need(self, height: float) -> None:
        """Go on to a new page when so much does not fit on this one."""
        if self.y + height > BOTTOM:
            self._new_page()

    def font(self, size: float, *, bold: bool = False, color: Color = INK) -> None:
        self.pdf.set_font("print", "B" if bold else "", size)
        self.pdf.set_text_color(*color)

    def text(self, x: float, y: float, width: float, text: str, align: str = "L") -> None:
        """One line in a cell 5 mm high, cut with an ellipsis when it is too long."""
        self.pdf.set_xy(x, y)
        self.pdf.cell(width, 5, self.fitted(text, width), align=align)

    def heading(self, text: str) -> None:
        self.font(10.5, bold=True)
        self.pdf.cell(WIDTH, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def paragraph(self, text: str, height: float, *, width: float = WIDTH) -> None:
        self.pdf.multi_cell(width, height, text, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)

    def height_of(self, text: str, height: float) -> float:
        """How tall the paragraph will be in the present font."""
        found = self.pdf.multi_cell(WIDTH, height, text, align="L", dry_run=True, output="HEIGHT")
        return cast("float", found)

    def row(self, columns: Sequence[Column], texts: Sequence[str], height: float) -> None:
        """A line of a table; texts wider than their columns are cut with an ellipsis."""
        self.pdf.set_x(LEFT)
        for text, column in zip(texts, columns, strict=True):
            self.pdf.cell(
                column.width, height, self.fitted(text, column.width - 1), align=column.align
            )
        self.pdf.ln(height)

    def rule(self, color: Color = RULE, width: float = 0.3) -> None:
        """A line across the page, where the pen stands."""
        self.line(LEFT, self.y, RIGHT, self.y, color=color, width=width)

    def line(
        self, x: float, y: float, to_x: float, to_y: float, *, color: Color, width: float
    ) -> None:
        self.pdf.set_draw_color(*color)
        self.pdf.set_line_width(width)
        self.pdf.line(x, y, to_x, to_y)

    def box(
        self, x: float, y: float, width: float, height: float, color: Color, *, round_by: float = 0
    ) -> None:
        """A filled rectangle; nothing when it has no height."""
        if height <= 0:
            return
        self.pdf.set_fill_color(*color)
        if round_by:
            self.pdf.rect(
                x, y, width, height, style="F", round_corners=True, corner_radius=round_by
            )
        else:
            self.pdf.rect(x, y, width, height, style="F")

    def fitted(self, text: str, width: float) -> str:
        """The text, cut with an ellipsis when it is wider."""
        if self.pdf.get_string_width(text) <= width:
            return text
        while text and self.pdf.get_string_width(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def _new_page(self) -> None:
        self.pdf.add_page()
        self.line(LEFT, FOOT, RIGHT, FOOT, color=HAIRLINE, width=0.3)
        self.font(7, color=FAINT)
        left, right = self._foot
        self.text(LEFT, FOOT + 1, WIDTH * 0.7, left)
        self.text(LEFT + WIDTH * 0.7, FOOT + 1, WIDTH * 0.3, right, "R")
        self.move(TOP)
