"""The form for one reading: every fault at once, and which of two showings of a doubled hour."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from callbacks.one_reading import WHICH, Entered, faults, showing_options
from data_layer.clock import HomeZone

BOOK = SimpleNamespace(zone=HomeZone("Europe/London"))
TWICE = "2026-10-25T01:30"


def test_every_empty_field_is_named_at_once_by_its_label():
    assert faults(BOOK, Entered("", "", "", "")) == {
        "meter_id": "Meter is missing.",
        "timestamp": "Time is missing.",
        "reading": "Reading is missing.",
    }


def test_every_wrong_field_is_named_by_its_label():
    found = faults(BOOK, Entered("?", "noon", "", "12,5"))

    assert found["meter_id"].startswith("Meter '?' must be")
    assert found["timestamp"].startswith("Time 'noon' is not")
    assert found["reading"].startswith("Reading '12,5' is not")


@pytest.mark.parametrize("time", ["2026-10-25T02:00", "2026-10-25T00:30", "", "noon"])
def test_no_choice_is_offered_for_a_time_that_is_shown_once(time):
    assert showing_options(BOOK, time) == []


def test_a_time_shown_twice_offers_both_and_needs_a_choice():
    assert [option["value"] for option in showing_options(BOOK, TWICE)] == ["+01:00", "+00:00"]
    assert faults(BOOK, Entered("531-1", TWICE, "", "1")) == {"timestamp": WHICH}
    assert faults(BOOK, Entered("531-1", TWICE, "+02:00", "1")) == {"timestamp": WHICH}
    assert faults(BOOK, Entered("531-1", TWICE, "+00:00", "1")) == {}
