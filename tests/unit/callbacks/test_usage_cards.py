"""The cards of the usage page say of when they are, however old the latest reading is."""

from __future__ import annotations

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

from plotly.utils import PlotlyJSONEncoder

from callbacks import usage_drawing
from data_layer.readings.model import Consumption
from data_layer.readings.periods import SOURCE_PERIODS

LONDON = ZoneInfo("Europe/London")


def cards(opens: datetime, closes: datetime, *, today: date) -> str:
    totals = [
        Consumption("531", period, 1000, 1200, 200, 0, 0, opens, closes, closes)
        for period in SOURCE_PERIODS
    ]
    drawn = usage_drawing.cards(totals, {"meter": "531"}, today=today)
    return json.dumps(drawn, cls=PlotlyJSONEncoder)


def test_an_old_half_hour_is_the_latest_with_its_year_and_leads_to_its_day():
    opens = datetime(2023, 6, 29, 23, 30, tzinfo=LONDON)
    closes = datetime(2023, 6, 30, 0, 0, tzinfo=LONDON)
    drawn = cards(opens, closes, today=date(2026, 11, 20))

    assert "Latest half hour" in drawn
    assert "Last 30 minutes" not in drawn
    assert "29 Jun 2023 23:30" in drawn
    assert "from=2023-06-29&to=2023-06-29" in drawn


def test_a_half_hour_of_today_is_the_last():
    opens = datetime(2026, 11, 19, 23, 30, tzinfo=LONDON)
    closes = datetime(2026, 11, 20, 0, 0, tzinfo=LONDON)
    drawn = cards(opens, closes, today=date(2026, 11, 20))

    assert "Last 30 minutes" in drawn
    assert "19 Nov 23:30" in drawn
