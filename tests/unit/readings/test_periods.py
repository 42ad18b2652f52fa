"""Named periods are whole calendar periods of the home, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings.periods import Period, bounds

SINGAPORE = HomeZone("Asia/Singapore")
LONDON = HomeZone("Europe/London")


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", "2026-03-01", "2026-03-02"),
        ("yesterday", "2026-02-28", "2026-03-01"),
        ("this_week", "2026-02-23", "2026-03-02"),
        ("last_7_days", "2026-02-23", "2026-03-02"),
        ("this_month", "2026-03-01", "2026-04-01"),
        ("last_month", "2026-02-01", "2026-03-01"),
        ("this_year", "2026-01-01", "2027-01-01"),
        ("last_12_months", "2025-04-01", "2026-04-01"),
    ],
)
def test_calendar_periods_begin_and_end_at_local_midnight(name: str, start: str, end: str) -> None:
    now = epoch("2026-03-01T00:10:00+08:00")  # a Sunday; in UTC still 28 February
    assert bounds(name, SINGAPORE, now, None) == (
        epoch(f"{start}T00:00:00+08:00"),
        epoch(f"{end}T00:00:00+08:00"),
    )


def test_today_has_25_hours_when_the_clock_goes_back() -> None:
    start, end = bounds("today", LONDON, epoch("2025-10-26T12:00:00+00:00"), None)
    assert end - start == 25 * 3600


def test_last_30min_ends_at_the_latest_reading_however_old() -> None:
    latest = epoch("2026-02-27T08:30:00+08:00")
    now = epoch("2026-03-01T10:17:00+08:00")
    assert bounds("last_30min", SINGAPORE, now, latest) == (latest - 1800, latest)


def test_last_30min_without_readings_is_the_last_half_hour_of_the_homes_grid() -> None:
    kathmandu = HomeZone("Asia/Kathmandu")  # UTC+5:45: half hours stand a quarter off the UTC ones
    start, end = bounds("last_30min", kathmandu, epoch("2026-03-01T10:17:00+05:45"), None)
    assert kathmandu.format(end) == "2026-03-01T10:00:00+05:45"
    assert end - start == 1800


def test_unknown_period_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BadInput, match=r"'next_week' is unknown.*last_30min.*last_12_months"):
        bounds("next_week", SINGAPORE, 0, None)


def test_every_name_has_bounds_in_every_month_of_a_leap_year() -> None:
    for month in range(1, 13):
        now = epoch(f"2024-{month:02d}-29T23:59:59+08:00")
        for period in Period:
            start, end = bounds(period, SINGAPORE, now, None)
            assert start < end, period
