"""The printed chart of a bill: a bar a day, estimated parts pale, unknown days marked as such."""

from __future__ import annotations

from collections.abc import Sequence

from api.bill_words import nothing_known
from api.print_page import ACCENT, HAIRLINE, LEFT, PALE, RIGHT, SOFT, SUNK, Color, PrintPage
from data_layer.billing.model import DayUse
from data_layer.clock import HomeZone

AXIS = 12.0
"""mm at the left for the numbers."""
BAR = 0.72
"""Of a day's width."""


def draw_days(
    page: PrintPage, days: Sequence[DayUse], zone: HomeZone, *, top: float, height: float
) -> None:
    """Draw the chart; `height` in mm is that of its bars. The pen ends below axis and legend."""
    tick = _tick(max(day.wh for day in days))
    highest = tick * max(1, -(-max(day.wh for day in days) // tick))
    left = LEFT + AXIS
    page.font(7, color=SOFT)
    for value in range(0, highest + 1, tick):
        y = top + height * (1 - value / highest)
        page.line(left, y, RIGHT, y, color=HAIRLINE, width=0.2)
        page.text(LEFT, y - 2.5, AXIS - 1.5, f"{value / 1000:g}", "R")
    step = (RIGHT - left) / len(days)
    unknown = [nothing_known(day, zone) for day in days]
    for number, day in enumerate(days):
        x, width = left + step * (number + (1 - BAR) / 2), step * BAR
        if unknown[number]:
            page.box(x, top, width, height, SUNK)
        estimated = day.estimated_wh * height / highest
        measured = (day.wh - day.estimated_wh) * height / highest
        page.box(x, top + height - measured, width, measured, ACCENT)
        page.box(x, top + height - measured - estimated, width, estimated, PALE)
        if len(days) <= 12 or number % 5 == 0 or number == len(days) - 1:
            page.text(left + step * number - 3, top + height + 0.5, step + 6, str(day.day.day), "C")
    page.move(top + height + 6)
    _legend(page, left, estimated=any(day.estimated_wh for day in days), unknown=any(unknown))


def _legend(page: PrintPage, left: float, *, estimated: bool, unknown: bool) -> None:
    if not estimated and not unknown:
        return
    entries: list[tuple[Color, str]] = [(ACCENT, "Measured")]
    entries += [(PALE, "Estimated")] if estimated else []
    entries += [(SUNK, "Not known")] if unknown else []
    y = page.y
    for number, (color, name) in enumerate(entries):
        x = left + number * 30
        page.box(x, y + 1.4, 3, 2.2, color)
        page.text(x + 4, y, 26, name)
    page.move(y + 5)


def _tick(largest_wh: int) -> int:
    """A round step in Wh that gives three to six grid lines."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if largest_wh <= step * factor * 5:
                return max(step * factor, 1)
        step *= 10
