"""The usage page's table has the rows of the CSV, also those of which nothing is known."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
from plotly.utils import PlotlyJSONEncoder

from api.day_range import DayRange, whole
from api.usage_view import epochs_of
from callbacks import usage_drawing
from data_layer.clock import HomeZone
from data_layer.readings.queries import SeriesTable

ZONE = HomeZone("Europe/London")
YEAR = whole("year", date(2023, 1, 1))
HALF = [True] * 6 + [False] * 6


def rows_of(
    days: DayRange, resolution: str, known: list[bool], *, now: str = "2026-11-20T18:00:00"
) -> list[list[str]]:
    """The cells of a table whose unknown bars lack 1,488 half hours each."""
    edges = ZONE.boundaries(*epochs_of(days, ZONE), resolution)
    ahead = edges[:-1] >= ZONE.parse(now)
    series = SeriesTable(
        edges,
        np.where(known, 1000, 0),
        np.zeros(len(known), dtype=np.int64),
        np.where(np.array(known) | ahead, 0, 1488),
        np.array(known),
        np.where(ahead, 1488, 0),
    )
    view = SimpleNamespace(as_table=True, resolution=resolution, range=days)
    book = SimpleNamespace(zone=ZONE, clock=lambda: ZONE.local(ZONE.parse(now)))
    table = usage_drawing.table(book, {}, SimpleNamespace(view=view, series=series))
    drawn = json.loads(json.dumps(table, cls=PlotlyJSONEncoder))
    body = drawn["props"]["children"]["props"]["children"][2]["props"]["children"]
    return [[_text(cell) for cell in row["props"]["children"]] for row in body]


def _text(cell: dict[str, Any]) -> str:
    """What a cell says, be it in a link or not."""
    inside = cell["props"]["children"]
    return inside if isinstance(inside, str) else inside["props"]["children"]


def test_months_without_data_are_rows_that_say_so():
    rows = rows_of(YEAR, "month", HALF)

    assert len(rows) == 12
    assert rows[5] == ["June 2023", "1.000", "0.000", "0"]
    assert rows[6] == ["July 2023", "unknown", "—", "1,488"]


def test_what_is_still_to_come_is_not_missing():
    rows = rows_of(YEAR, "month", HALF, now="2023-08-15T12:00:00")

    assert rows[7][1] == "unknown"
    assert rows[8] == ["September 2023", "not yet", "—", "—"]


def test_a_day_that_the_caption_names_is_not_said_in_every_row():
    day = DayRange(date(2023, 3, 27), date(2023, 3, 27))

    assert rows_of(day, "half_hour", [True] * 48)[1][0] == "00:30 – 01:00"
    assert rows_of(day, "day", [True])[0][0] == "Mon 27 Mar 2023"
