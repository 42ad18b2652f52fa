"""The page's state is its address: words in, words out, none lost."""

from __future__ import annotations

import pytest

from components import view


def test_address_keeps_repeated_words():
    words = {"area": ["Bedok", "Bishan"], "period": "today"}

    assert view.address("/x", words) == "/x?area=Bedok&area=Bishan&period=today"


@pytest.mark.parametrize("gone", [None, "", ()])
def test_address_without_a_word_drops_it(gone):
    assert view.address("/x", {"compare": "year"}, compare=gone) == "/x"


def test_address_sets_words_that_python_reserves():
    assert view.address("/x", {}, from_="2026-11-01") == "/x?from=2026-11-01"


def test_address_escapes_what_could_end_it():
    assert view.address("/x", {"meter": "a&b=c#d"}) == "/x?meter=a%26b%3Dc%23d"


def test_word_is_the_first_of_several_and_has_a_default():
    assert view.word({"area": ["Bedok", "Bishan"]}, "area") == "Bedok"
    assert view.word({}, "period", "today") == "today"
    assert view.words({}, "area") == ()


def test_link_names_the_store_it_changes_and_says_when_it_is_current():
    link = view.link("Today", "/usage?period=today", store_id="usage-view", current=True)

    assert link.to_plotly_json()["props"] == {
        "children": "Today",
        "href": "/usage?period=today",
        "data-view": "usage-view",
        "aria-current": "true",
    }


def test_form_carries_the_words_it_has_no_field_for():
    form = view.form([], "/usage", store_id="usage-view", keep={"meter": "531", "area": ["a", "b"]})

    carried = [(field.name, field.value) for field in form.children]
    assert carried == [("meter", "531"), ("area", "a"), ("area", "b")]
    assert form.method == "get"
