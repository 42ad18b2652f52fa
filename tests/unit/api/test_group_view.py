"""What a government page's address asks for."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from api.address_choices import RESOLUTIONS
from api.group_view import MOST_BUCKETS, read_view
from data_layer.clock import HomeZone, epoch_of
from data_layer.errors import BadInput

ZONE = HomeZone("Asia/Singapore")
NOW = epoch_of(datetime(2026, 11, 20, 10, 17, tzinfo=ZONE.zone))


def view(**words):
    lists = {name: [value] if isinstance(value, str) else value for name, value in words.items()}
    return read_view(lists, ZONE, now=NOW)


def test_an_empty_address_shows_the_last_seven_days_of_everybody():
    shown = view()

    assert (shown.first, shown.last) == (date(2026, 11, 14), date(2026, 11, 20))
    assert (shown.regions, shown.areas, shown.dwelling_types) == ((), (), ())
    assert (shown.resolution, shown.split_by, shown.per_household) == ("hour", "none", False)


def test_repeated_words_are_several_choices():
    assert view(region=["East", "North", "East", ""]).regions == ("East", "North")


def test_two_days_replace_the_preset():
    shown = view(**{"period": "this_year", "from": "2026-10-01", "to": "2026-10-31"})

    assert (shown.first, shown.last, shown.period) == (date(2026, 10, 1), date(2026, 10, 31), "")


def test_a_query_covers_whole_local_days():
    query = view(**{"from": "2026-10-01", "to": "2026-10-01"}).query(
        ZONE, split_by="area", resolution="total"
    )

    assert query.start == ZONE.day_start(date(2026, 10, 1))
    assert query.end == ZONE.day_start(date(2026, 10, 2))


@pytest.mark.parametrize("resolution", list(RESOLUTIONS))
@pytest.mark.parametrize("last", ["2016-01-01", "2017-03-01", "2026-12-31"])
def test_never_more_bars_than_can_be_drawn(resolution, last):
    shown = view(**{"from": "2016-01-01", "to": last, "resolution": resolution})
    query = shown.query(ZONE, split_by="none", resolution=shown.resolution)

    assert len(ZONE.boundaries(query.start, query.end, shown.resolution)) <= MOST_BUCKETS + 1
    assert shown.coarsened == (shown.resolution != resolution)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"resolution": "minute"}, "resolution"),
        ({"period": "tomorrow"}, "period"),
        ({"split": "meter"}, "split"),
        ({"per": "person"}, "per"),
        ({"from": "2026-13-01", "to": "2026-12-01"}, "from"),
        ({"from": "2026-12-02", "to": "2026-12-01"}, "to"),
        ({"from": "0001-01-01", "to": "2026-12-01"}, "from"),
        ({"from": "2026-12-01", "to": "9999-12-31"}, "to"),
    ],
)
def test_an_unknown_word_is_refused_by_name(words, field):
    with pytest.raises(BadInput) as refused:
        view(**words)

    assert refused.value.field == field
    assert words[field] in refused.value.sentence


def test_a_chart_of_areas_shows_what_one_may_choose_among():
    shown = view(region="East", area="Bedok", dwelling="3-room")

    assert shown.without("areas").areas == ()
    assert shown.without("areas").dwelling_types == ("3-room",)
    assert shown.without("dwelling_types").areas == ("Bedok",)
