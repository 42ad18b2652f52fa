"""Days as calendars are read: units, neighbors, the year before, what holds them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.day_range import DayRange, whole

DAYS = st.dates(date(1995, 1, 1), date(2095, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "unit"),
    [
        ("2026-11-20", "2026-11-20", "day"),
        ("2026-11-16", "2026-11-22", "week"),
        ("2026-11-01", "2026-11-30", "month"),
        ("2026-01-01", "2026-12-31", "year"),
        ("2026-11-02", "2026-11-30", ""),
        ("2026-11-17", "2026-11-23", ""),
    ],
)
def test_unit_is_named_only_when_it_is_whole(first, last, unit):
    assert DayRange(date.fromisoformat(first), date.fromisoformat(last)).unit == unit


@given(DAYS, st.sampled_from(["day", "week", "month", "year"]))
def test_a_step_forward_and_back_comes_home_and_touches(day, unit):
    days = whole(unit, day)

    assert days.shifted(1).shifted(-1) == days
    assert days.shifted(1).first == days.last + timedelta(days=1)


@given(DAYS, st.integers(1, 400))
def test_a_range_without_unit_steps_by_its_length(day, length):
    days = DayRange(day, day + timedelta(days=length))

    if not days.unit:
        assert days.shifted(-1).last == days.first - timedelta(days=1)
        assert days.shifted(-1).days == days.days


def test_the_year_before_a_leap_day_is_the_28th():
    leap = DayRange(date(2028, 2, 29), date(2028, 2, 29))

    assert leap.a_year_earlier() == DayRange(date(2027, 2, 28), date(2027, 2, 28))


def test_the_year_before_february_is_the_whole_february():
    february = whole("month", date(2028, 2, 10))

    assert february.a_year_earlier() == whole("month", date(2027, 2, 1))


def test_the_year_before_a_week_is_a_week_with_the_same_weekdays():
    week = whole("week", date(2026, 11, 20))

    assert week.a_year_earlier().unit == "week"


@given(DAYS, st.integers(0, 800))
def test_holders_are_wider_and_hold_it(day, length):
    days = DayRange(day, day + timedelta(days=length))

    for holder in days.holders():
        assert holder.first <= days.first
        assert holder.last >= days.last
        assert holder.days > days.days
