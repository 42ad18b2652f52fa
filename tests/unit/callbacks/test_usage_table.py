"""The usage page's table has the rows of the CSV, also those of which nothing is known."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace

import numpy as np
from plotly.utils import PlotlyJSONEncoder

from api.day_range import whole
from callbacks import usage_drawing
from data_layer.clock import HomeZone
from data_layer.readings.queries import SeriesTable

ZONE = HomeZone("Europe/London")


def rows_of(known: list[bool], *, now: str) -> list[list[str]]:
    """The cells of a table over the months of 2023."""
    start, end = ZONE.parse("2023-01-01T00:00:00"), ZONE.parse("2024-01-01T00:00:00")
    series = SeriesTable(
        ZONE.boundaries(start, end, "month"),
        np.where(known, 1000, 0),
        np.zeros(12, dtype=np.int64),
        np.where(known, 0, 1488),
        np.array(known),
    )
    answer = SimpleNamespace(
        view=SimpleNamespace(
            as_table=True, resolution="month", range=whole("year", date(2023, 1, 1))
        ),
        series=series,
    )
    book = SimpleNamespace(zone=ZONE, clock=lambda: ZONE.local(ZONE.parse(now)))
    drawn = json.loads(json.dumps(usage_drawing.table(book, {}, answer), cls=PlotlyJSONEncoder))
    body = drawn["props"]["children"]["props"]["children"][2]["props"]["children"]
    cells = [[cell["props"]["children"] for cell in row["props"]["children"]] for row in body]
    return [
        [cell if isinstance(cell, str) else cell["props"]["children"] for cell in row]
        for row in cells
    ]


def test_months_without_data_are_rows_that_say_so():
    rows = rows_of([True] * 6 + [False] * 6, now="2026-11-20T18:00:00")

    assert len(rows) == 12
    assert rows[5] == ["June 2023", "1.000", "0.000", "0"]
    assert rows[6] == ["July 2023", "unknown", "—", "1,488"]


def test_what_is_still_to_come_is_not_missing():
    rows = rows_of([True] * 6 + [False] * 6, now="2023-08-15T12:00:00")

    assert rows[7][1] == "unknown"
    assert rows[8] == ["September 2023", "not yet", "—", "—"]
