"""What the readings page's address asks for."""

from __future__ import annotations

from datetime import date

import pytest

from api.reading_filter import read_filter
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings.model import ACTUAL, Flag, Kind, RowFilter

ZONE = HomeZone("Europe/London")


def test_an_empty_address_asks_for_everything_newest_first():
    assert read_filter({}, ZONE) == RowFilter(sort_by="read_at", descending=True)


def test_both_days_are_included_whole():
    wanted = read_filter({"from": ["2026-03-29"], "to": ["2026-03-29"]}, ZONE)

    assert wanted.start == ZONE.day_start(date(2026, 3, 29))
    assert wanted.end - wanted.start == 23 * 3600


def test_words_become_a_filter():
    wanted = read_filter(
        {
            "meter": ["531-2"],
            "register": ["DY"],
            "source": ["file:"],
            "type": ["actual"],
            "flag": ["suspect"],
            "kind": ["initial"],
            "sort": ["meter_id"],
        },
        ZONE,
    )

    assert wanted == RowFilter(
        meter_contains="531-2",
        register_id="DY",
        source_starts="file:",
        type=ACTUAL,
        flag=Flag.SUSPECT,
        kind=Kind.INITIAL,
        sort_by="meter_id",
        descending=False,
    )


@pytest.mark.parametrize("name", ["flag", "kind", "sort", "from", "to"])
def test_an_unknown_word_is_refused_by_name(name):
    with pytest.raises(BadInput, match=name):
        read_filter({name: ["nonsense"]}, ZONE)


def test_the_value_column_is_sorted_by_what_the_store_calls_it():
    assert read_filter({"sort": ["-value_kwh"]}, ZONE).sort_by == "value_wh"
