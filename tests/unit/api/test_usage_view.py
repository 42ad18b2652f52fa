"""An address of the usage page is read strictly, and always drawable."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.address_choices import RESOLUTIONS
from api.day_range import DayRange
from api.usage_view import drawable_resolutions, epochs_of, read_view, usual_resolution
from components.figures import MAXIMUM_BARS
from data_layer.clock import HomeZone
from data_layer.errors import BadInput

ZONE = HomeZone("Asia/Singapore")
NOW = ZONE.parse("2026-11-20T18:47:00")


def read(**words):
    asked = {name.rstrip("_"): [value] for name, value in words.items()}
    return read_view(asked, ZONE, now=NOW)


def test_without_words_it_is_today_by_half_hours():
    view = read()

    assert view.range == DayRange(date(2026, 11, 20), date(2026, 11, 20))
    assert (view.resolution, view.compared) == ("half_hour", None)


def test_a_custom_range_replaces_the_preset():
    view = read(period="this_year", from_="2026-10-05", to="2026-10-20")

    assert view.period == ""
    assert view.range == DayRange(date(2026, 10, 5), date(2026, 10, 20))


def test_one_end_of_a_range_is_one_day():
    assert read(to="2026-10-05").range == DayRange(date(2026, 10, 5), date(2026, 10, 5))


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"from_": "2026-10-05", "to": "2026-10-01"}, "to"),
        ({"from_": "yesterday"}, "from"),
        ({"period": "soon"}, "period"),
        ({"resolution": "second"}, "resolution"),
        ({"compare": "everything"}, "compare"),
        ({"period": "this_year", "resolution": "half_hour"}, "resolution"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(words, field):
    with pytest.raises(BadInput) as refused:
        read(**words)

    assert refused.value.field == field


def test_a_resolution_too_fine_for_the_days_is_refused_in_plain_words():
    with pytest.raises(BadInput, match=r"^Half hours are drawn for at most 31 days, these are 365"):
        read(period="this_year", resolution="half_hour")


def test_a_page_keeps_the_days_and_takes_the_next_resolution_that_fits():
    asked = {"from": ["2026-01-01"], "to": ["2026-06-30"], "resolution": ["half_hour"]}
    shown = read_view(asked, ZONE, now=NOW, may_coarsen=True)

    assert shown.range == DayRange(date(2026, 1, 1), date(2026, 6, 30))
    assert (shown.resolution, shown.refused_resolution) == ("day", "half_hour")
    assert read(resolution="half_hour").refused_resolution == ""


def test_comparison_is_with_the_days_before_or_the_year_before():
    assert read(period="this_month", compare="previous").compared == DayRange(
        date(2026, 10, 1), date(2026, 10, 31)
    )
    assert read(compare="year").compared == DayRange(date(2025, 11, 20), date(2025, 11, 20))


@given(st.dates(date(1995, 1, 1), date(2020, 1, 1)), st.integers(0, 365 * 70))
def test_no_offered_resolution_draws_more_bars_than_allowed(first, length):
    days = DayRange(first, date.fromordinal(first.toordinal() + length))

    assert usual_resolution(days) in drawable_resolutions(days)
    start, end = epochs_of(days, ZONE)
    for resolution in drawable_resolutions(days):
        assert len(ZONE.boundaries(start, end, resolution)) - 1 <= MAXIMUM_BARS


def test_years_are_always_drawable():
    whole_era = DayRange(date(1991, 1, 1), date(2099, 12, 31))

    assert "year" in drawable_resolutions(whole_era)
    assert set(drawable_resolutions(whole_era)) < set(RESOLUTIONS)
