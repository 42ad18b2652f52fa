"""Charts of groups: units that read well, totals stacked, averages not."""

from __future__ import annotations

import pytest

from components.figures import COMPARED, shares
from components.group_figures import MOST_RANKED, Series, over_time, ranked, unit_for

TWO = (
    Series("East", (1.0, None), (None, None)),
    Series("West", (2.0, 4.0), (25.0, None)),
)


@pytest.mark.parametrize(
    ("kwh", "unit"), [(0, "kWh"), (999_999, "kWh"), (1_000_000, "MWh"), (2e9, "GWh")]
)
def test_units_grow_with_the_largest_value(kwh, unit):
    assert unit_for(kwh).name == unit


def drawn(series, *, per_household=False, unfinished=None):
    return over_time(
        ["2026-11-20T00:00", "2026-11-20T01:00"],
        [3600, 3600],
        series,
        title="Consumption",
        subtitle="20 Nov 2026",
        per_household=per_household,
        unfinished=unfinished,
    )


def test_totals_are_stacked_bars_with_gaps_where_nothing_is_known():
    figure = drawn(TWO)

    assert [trace["type"] for trace in figure["data"]] == ["bar", "bar"]
    assert figure["layout"]["barmode"] == "stack"
    assert figure["data"][0]["y"] == [1.0, None]


def test_averages_of_several_groups_are_lines_because_they_do_not_add_up():
    figure = drawn(TWO, per_household=True)

    assert [trace["type"] for trace in figure["data"]] == ["scatter", "scatter"]


def test_the_unit_fits_the_height_of_the_stack_and_not_one_part_of_it():
    halves = tuple(Series(name, (600_000.0, 0.0), (None, None)) for name in "ab")

    figure = drawn(halves)

    assert figure["layout"]["yaxis"]["title"]["text"] == "MWh"
    assert figure["data"][0]["y"][0] == 600.0


def test_the_hover_text_says_what_is_estimated():
    assert drawn(TWO)["data"][1]["customdata"] == [", 25 % estimated", ""]


def test_a_ranking_shows_the_largest_first_and_no_more_than_can_be_read():
    rows = [(f"area {n}", float(n)) for n in range(40)]

    trace = ranked(rows, title="Areas", subtitle="", unit_name="kWh", chosen=())["data"][0]

    assert trace["y"][0] == "area 39"
    assert len(trace["y"]) == MOST_RANKED


def test_what_is_not_chosen_fades():
    figure = ranked(
        [("Bedok", 2.0), ("Bishan", 1.0)], title="", subtitle="", unit_name="kWh", chosen=["Bedok"]
    )
    colors = figure["data"][0]["marker"]["color"]

    assert colors[0] != colors[1]


def test_a_bar_whose_data_end_inside_it_is_lighter():
    whole, part = drawn(TWO, unfinished=1)["data"][0]["marker"]["opacity"]

    assert part < whole == 1
    assert "opacity" not in drawn(TWO)["data"][0]["marker"]


def test_days_stand_before_months_on_the_axis():
    stops = drawn(TWO)["layout"]["xaxis"]["tickformatstops"]

    assert not any("%b %-d" in stop["value"] or "%b %d" in stop["value"] for stop in stops)
    assert any("%-d %b" in stop["value"] for stop in stops)


def test_what_is_withheld_is_a_slice_of_its_own_that_leads_nowhere():
    trace = shares({"a": 1.0, "b": 2.0}, title="", unit="kWh", rest=("Withheld", 9.0))["data"][0]

    assert trace["labels"] == ["b", "a", "Withheld"]
    assert sum(trace["values"]) == 12.0
    assert trace["customdata"] == [True, True, False]
    assert trace["marker"]["colors"][-1] == COMPARED
