"""The map of hours: four weeks, hour by hour, and what stands out in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from dash import html, no_update

from api.day_range import DayRange
from api.usage_view import UsageView
from callbacks import usage_answers
from callbacks import usage_text as text
from callbacks.usage_drawing import EXPORT_PATH, address_of
from components import messages, view
from components.shell import icon
from components.usage_figures import HourCells, hour_map
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import NotFound
from data_layer.readings.queries import SeriesTable

Words = Mapping[str, str | Sequence[str]]
DAYS = 28


def page(
    book: Book, viewer: Viewer, words: Words, asked: UsageView, *, shown: Any
) -> dict[str, Any]:
    """Every output by its name; nothing is drawn again while meter and days stay the same."""
    meter_id = usage_answers.chosen_meter(asked, usage_answers.meters_of(book, viewer))
    days = four_weeks(asked.range, book.zone.day_of(epoch_of(book.clock())))
    wanted = [meter_id, days.last.isoformat()]
    if shown == wanted:
        return dict.fromkeys(("chart", "note", "hidden", "shown"), no_update)
    half_hours = _half_hours(book, viewer, meter_id, days)
    if half_hours is None or not half_hours.known.any():
        return {"chart": None, "note": None, "hidden": True, "shown": wanted}
    return {
        "chart": _chart(book, words, half_hours, days),
        "note": _note(book, half_hours, days, meter_id),
        "hidden": False,
        "shown": wanted,
    }


def four_weeks(days: DayRange, today: date) -> DayRange:
    """The four weeks up to the last of the days, or up to today when that lies ahead."""
    last = min(days.last, today)
    return DayRange(last - timedelta(days=DAYS - 1), last)


def _half_hours(book: Book, viewer: Viewer, meter_id: str, days: DayRange) -> SeriesTable | None:
    if not meter_id:
        return None
    try:
        return usage_answers.hours(book, viewer, meter_id, days)
    except NotFound:
        return None  # said beside the meter's field


def _chart(book: Book, words: Words, half_hours: SeriesTable, days: DayRange) -> dict[str, Any]:
    used: dict[tuple[date, int], int] = {}
    for n in np.flatnonzero(half_hours.known).tolist():
        start = book.zone.local(int(half_hours.edges[n]))
        place = (start.date(), start.hour)
        used[place] = used.get(place, 0) + int(half_hours.consumption_wh[n])
    cells = HourCells(
        days=[(day - days.first).days for day, _ in used],
        hours=[hour for _, hour in used],
        kwh=[round(watt_hours / 1000, 3) for watt_hours in used.values()],
        labels=[
            f"{text.day_text(day, year=False)}, {hour:02d}:00<br><b>{text.kwh(watt_hours)} kWh</b>"
            for (day, hour), watt_hours in used.items()
        ],
        addresses=[address_of(words, DayRange(day, day)) for day, _ in used],
    )
    every_day = [days.first + timedelta(days=n) for n in range(DAYS)]
    return hour_map(
        cells,
        day_count=DAYS,
        ticks=[
            ((day - days.first).days, f"{day.day} {day:%b}")
            for day in every_day
            if day.weekday() == 0
        ],
        title=f"Four weeks hour by hour, {text.range_text(days)}",
        subtitle=f"{book.zone.name} time, kWh per hour",
    )


def _note(book: Book, half_hours: SeriesTable, days: DayRange, meter_id: str) -> list[Any]:
    shown = {
        "meter": meter_id,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "resolution": "hour",
    }
    return [
        messages.note(text.insight_text(book.zone, half_hours)),
        html.A(
            [icon("download"), "CSV"],
            href=view.address(EXPORT_PATH, shown),
            className="btn btn-secondary btn-sm",
            title="The hours that are shown, as a CSV file",
        ),
    ]
