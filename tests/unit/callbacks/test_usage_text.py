"""The usage page's sentences are true, short, and say what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from api.day_range import DayRange, whole
from callbacks import usage_text
from data_layer.clock import HomeZone
from data_layer.readings.model import Consumption
from data_layer.readings.queries import SeriesTable

SINGAPORE = HomeZone("Asia/Singapore")
LONDON = HomeZone("Europe/London")
NOVEMBER_20 = whole("day", date(2026, 11, 20))


def series(zone: HomeZone, start: str, end: str, resolution: str, used=None) -> SeriesTable:
    edges = zone.boundaries(zone.parse(start), zone.parse(end), resolution)
    count = len(edges) - 1
    values = np.array([100] * count if used is None else used, dtype=np.int64)
    known = values >= 0
    zeros = np.zeros(count, dtype=np.int64)
    return SeriesTable(edges, np.where(known, values, 0), zeros, zeros, known, zeros)


def total(**changes) -> Consumption:
    opens, moment = (
        SINGAPORE.local(SINGAPORE.parse(f"2026-11-20T{time}")) for time in ("00:00", "18:30")
    )
    usual = {
        "meter_id": "531",
        "period": "today",
        "start_reading_wh": 1000,
        "end_reading_wh": 9000,
        "consumption_wh": 8000,
        "estimated_wh": 0,
        "missing_half_hours": 0,
        "start_time": opens,
        "end_time": moment,
        "data_until": moment,
    }
    return Consumption(**{**usual, **changes})


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (whole("day", date(2026, 11, 20)), "Fri 20 Nov 2026"),
        (whole("week", date(2026, 11, 20)), "16 – 22 Nov 2026"),
        (whole("month", date(2026, 11, 20)), "November 2026"),
        (whole("year", date(2026, 11, 20)), "2026"),
        (DayRange(date(2025, 1, 1), date(2026, 12, 31)), "2025 – 2026"),
        (DayRange(date(2025, 12, 1), date(2026, 11, 30)), "Dec 2025 – Nov 2026"),
        (DayRange(date(2026, 10, 28), date(2026, 11, 3)), "28 Oct – 3 Nov 2026"),
        (DayRange(date(2025, 12, 28), date(2026, 1, 2)), "28 Dec 2025 – 2 Jan 2026"),
    ],
)
def test_a_range_is_named_as_a_calendar_would(days, said):
    assert usage_text.range_text(days) == said


def times(day: str, next_day: str, resolution: str) -> list[str]:
    """How each bar of a London day is called."""
    edges = series(LONDON, f"{day}T00:00:00", f"{next_day}T00:00:00", resolution).edges
    return [
        usage_text.bucket_text(LONDON, int(start), int(end), resolution)
        for start, end in pairwise(edges)
    ]


def test_the_hour_that_autumn_shows_twice_is_told_apart():
    names = times("2026-10-25", "2026-10-26", "half_hour")

    assert len(names) == len(set(names)) == 50
    assert names[1:7] == [
        "Sun 25 Oct, 00:30 – 01:00",
        "Sun 25 Oct, 01:00 – 01:30 (first time)",
        "Sun 25 Oct, 01:30 – 02:00 (first time)",
        "Sun 25 Oct, 01:00 – 01:30 (second time)",
        "Sun 25 Oct, 01:30 – 02:00 (second time)",
        "Sun 25 Oct, 02:00 – 02:30",
    ]
    assert times("2026-10-25", "2026-10-26", "hour")[1] == "Sun 25 Oct, 01:00 – 02:00 (first time)"


def test_no_half_hour_looks_longer_when_spring_skips_an_hour():
    names = times("2023-03-26", "2023-03-27", "half_hour")

    assert len(names) == 46
    assert names[1] == "Sun 26 Mar, 00:30 – 01:00 (then the clock goes forward)"
    assert names[2] == "Sun 26 Mar, 02:00 – 02:30"
    assert names[-1] == "Sun 26 Mar, 23:30 – 00:00"


def test_unknown_is_a_dash_and_zero_is_zero():
    assert usage_text.kwh(None) == "—"
    assert usage_text.kwh(0) == "0.000"
    assert usage_text.kwh(1_234_567) == "1,234.567"


def quality(used: Consumption, days: DayRange = NOVEMBER_20, now: str = "2026-11-20T18:47") -> str:
    return usage_text.quality_text(SINGAPORE, used, days, now=SINGAPORE.parse(now))


def test_quality_says_what_is_split_by_estimate_or_missing_and_until_when():
    said = quality(total(estimated_wh=500, missing_half_hours=13, missing_between=1))

    assert said == (
        "1 half hour is missing, not counted. "
        "Readings stand further apart than half an hour for 0.500 of 8.000 kWh: the split between "
        "them is estimated (hatched), the total from one reading to the next is as read. "
        "Data until Fri 20 Nov 2026, 18:30."
    )
    assert quality(total()) == "Every half hour is measured. Data until Fri 20 Nov 2026, 18:30."
    assert quality(total(data_until=None)) == "There is no reading yet."


@pytest.mark.parametrize(
    ("known", "days", "said"),
    [
        (
            ("2023-01-01T00:00", "2023-07-01T00:00"),
            whole("year", date(2023, 6, 1)),
            "Nothing is known from 1 Jul to 31 Dec 2023. Every other half hour is measured. ",
        ),
        (
            ("2023-06-02T00:00", "2023-06-30T00:30"),
            whole("month", date(2023, 6, 1)),
            "Nothing is known of Thu 1 Jun 2023 and of Fri 30 Jun 2023 from 00:30 to 24:00. "
            "Every other half hour is measured. ",
        ),
        (
            ("2022-11-05T07:30", "2023-06-30T00:00"),
            DayRange(date(2022, 1, 1), date(2023, 6, 29)),
            "Nothing is known from Sat 1 Jan 2022, 00:00 to Sat 5 Nov 2022, 07:30. ",
        ),
        (
            ("2026-11-01T00:00", "2026-11-20T18:30"),
            whole("month", date(2026, 11, 1)),
            "Every half hour is measured. ",
        ),
        (
            ("2026-11-01T00:00", "2026-11-18T00:00"),
            whole("month", date(2026, 11, 1)),
            "Nothing is known from 18 to 19 Nov 2026. ",
        ),
    ],
)
def test_quality_is_true_for_the_whole_range_up_to_now(known, days, said):
    start, end = (SINGAPORE.local(SINGAPORE.parse(text)) for text in known)

    assert quality(total(start_time=start, end_time=end), days).startswith(said)


def test_comparison_is_over_the_part_that_is_known_of_both():
    days = whole("day", date(2026, 11, 19))
    today = series(SINGAPORE, "2026-11-20T00:00:00", "2026-11-20T02:00:00", "hour", [50, -1])
    before = series(SINGAPORE, "2026-11-19T00:00:00", "2026-11-19T02:00:00", "hour", [100, 900])

    said = usage_text.change_text(today, before, days)
    assert said == "50 % less than Thu 19 Nov 2026 over the same part (0.100 kWh)."


def test_half_a_day_is_not_held_against_a_whole_one():
    days = DayRange(date(2026, 11, 17), date(2026, 11, 18))
    two_days = ("2026-11-19T00:00:00", "2026-11-21T00:00:00", "day")
    now = series(SINGAPORE, *two_days, [1000, 100])
    now.to_come[1] = 44
    before = series(SINGAPORE, "2026-11-17T00:00:00", "2026-11-19T00:00:00", "day", [1000, 1000])

    said = usage_text.change_text(now, before, days)
    assert said == "The same as 17 – 18 Nov 2026 over the same part (1.000 kWh)."


def month(first: str, end: str, resolution: str) -> SeriesTable:
    """A month of half hours or days that use 100 Wh each half hour."""
    each = {"half_hour": 100, "day": 4800}[resolution]
    shown = series(SINGAPORE, first, end, resolution)
    shown.consumption_wh[:] = each
    return shown


@pytest.mark.parametrize("resolution", ["half_hour", "day"])
def test_finished_months_are_compared_whole_however_long_they_are(resolution):
    january = month("2023-01-01T00:00:00", "2023-02-01T00:00:00", resolution)
    february = month("2023-02-01T00:00:00", "2023-03-01T00:00:00", resolution)
    names = whole("month", date(2023, 1, 1)), whole("month", date(2023, 2, 1))

    assert usage_text.change_text(january, february, names[1]) == (
        "11 % more than February 2023 (134.400 kWh)."
    )
    assert usage_text.change_text(february, january, names[0]) == (
        "10 % less than January 2023 (148.800 kWh)."
    )


def test_a_month_under_way_is_compared_over_the_same_part():
    march = month("2023-03-01T00:00:00", "2023-04-01T00:00:00", "day")
    march.known[10:] = False
    february = month("2023-02-01T00:00:00", "2023-03-01T00:00:00", "day")
    february.consumption_wh[:] = 2400

    assert usage_text.change_text(march, february, whole("month", date(2023, 2, 1))) == (
        "100 % more than February 2023 over the same part (24.000 kWh)."
    )
    assert usage_text.change_text(february, march, whole("month", date(2023, 3, 1))) == (
        "50 % less than March 2023 over the same part (48.000 kWh)."
    )


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        (150, 100, "50 % more than Thu 19 Nov 2026 (0.100 kWh)."),
        (100, 100, "The same as Thu 19 Nov 2026 (0.100 kWh)."),
        (100, 0, "Compared with Thu 19 Nov 2026 (0.000 kWh)."),
        (100, -1, "There is nothing yet to compare with Thu 19 Nov 2026."),
    ],
)
def test_comparison_never_divides_by_nothing(now, then, said):
    one = ("2026-11-20T00:00:00", "2026-11-20T01:00:00", "hour")
    days = whole("day", date(2026, 11, 19))

    assert (
        usage_text.change_text(
            series(SINGAPORE, *one, [now]), series(SINGAPORE, *one, [then]), days
        )
        == said
    )


def test_insight_names_peak_base_load_and_night():
    used = [100] * 48
    used[40] = 1000
    day = series(SINGAPORE, "2026-11-20T00:00:00", "2026-11-21T00:00:00", "half_hour", used)

    assert usage_text.insight_text(SINGAPORE, day) == (
        "Peak Fri 20 Nov, 20:00 – 20:30 with 1.000 kWh. Base load 0.20 kW. "
        "21 % used between midnight and 06:00."
    )


def test_insight_leaves_out_what_was_only_split():
    used = [50] * 10 + [1500] * 4 + [100] * 26 + [400] + [100] * 7
    day = series(SINGAPORE, "2026-11-20T00:00:00", "2026-11-21T00:00:00", "half_hour", used)
    estimated = np.where(np.arange(48) < 14, day.consumption_wh, 0)

    assert usage_text.insight_text(SINGAPORE, replace(day, estimated_wh=estimated)) == (
        "Peak Fri 20 Nov, 20:00 – 20:30 with 0.400 kWh. Base load 0.20 kW."
    )
    assert usage_text.insight_text(SINGAPORE, replace(day, estimated_wh=day.consumption_wh)) == ""


def test_insight_says_the_nights_share_beside_a_single_gap():
    used = [100] * 47 + [20]
    day = series(SINGAPORE, "2026-11-20T00:00:00", "2026-11-21T00:00:00", "half_hour", used)
    estimated = np.where(np.arange(48) == 47, day.consumption_wh, 0)

    assert usage_text.insight_text(SINGAPORE, replace(day, estimated_wh=estimated)).endswith(
        "Base load 0.20 kW. 26 % used between midnight and 06:00."
    )


def test_insight_takes_no_base_load_from_a_half_hour_that_is_partly_known():
    used = [100] * 47 + [0]
    day = series(SINGAPORE, "2026-11-20T00:00:00", "2026-11-21T00:00:00", "half_hour", used)
    missing = np.where(np.arange(48) == 47, 1, 0)

    said = usage_text.insight_text(SINGAPORE, replace(day, missing_half_hours=missing))
    assert "Base load 0.20 kW." in said


@pytest.mark.parametrize(
    ("start", "end", "resolution"),
    [
        ("2026-11-20T00:00:00", "2026-11-21T00:00:00", "half_hour"),
        ("2026-11-01T00:00:00", "2026-12-01T00:00:00", "half_hour"),
        ("2026-11-01T00:00:00", "2026-12-01T00:00:00", "day"),
        ("2026-01-01T00:00:00", "2027-01-01T00:00:00", "month"),
        ("1991-01-01T00:00:00", "2031-01-01T00:00:00", "year"),
    ],
)
def test_ticks_are_few_and_stand_at_bars(start, end, resolution):
    shown = series(SINGAPORE, start, end, resolution)
    days = (SINGAPORE.parse(end) - SINGAPORE.parse(start)) // 86400
    ticks = usage_text.ticks(SINGAPORE, shown, resolution, days=days)

    assert 1 < len(ticks) <= 8
    assert all(0 <= place < len(shown.known) for place, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)
