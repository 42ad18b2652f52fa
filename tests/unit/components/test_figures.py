"""Figures never send data away, never pretend to know, and need nothing the bundle lacks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

from components import document, figures
from components.usage_figures import HourCells, UsageBars, hour_map, usage_chart

ASSETS = Path(__file__).resolve().parents[3] / "assets"
VARIABLE = re.compile(r"var\((--[a-z0-9-]+)\)")


def all_figures():
    bars = UsageBars(
        labels=["a", "b"],
        measured_kwh=[1.0, None],
        estimated_kwh=[0.5, None],
        compared_kwh=[0.7, 0.8],
        ticks=[(0, "00:00")],
    )
    return [
        usage_chart(bars, title="kWh per day", subtitle="UTC time", compared_name="May"),
        hour_map(
            HourCells(days=[0], hours=[23], kwh=[0.5], labels=["a"], addresses=["/usage"]),
            day_count=28,
            ticks=[(0, "Mon")],
            title="Hours",
            subtitle="UTC time",
        ),
        figures.ranking(["East"], [3.0], title="Areas", x_title="kWh"),
        figures.shares({"4-room": 2.0}, title="Shares", unit="kWh"),
        figures.blank("nothing"),
        {
            "data": [figures.line([0], [1], name="n", color=figures.MEASURED)],
            "layout": figures.layout("t"),
        },
    ]


def test_modebar_offers_no_cloud_and_no_logo():
    config = figures.config("usage")

    assert config["showSendToCloud"] is False
    assert config["displaylogo"] is False
    assert config["toImageButtonOptions"]["filename"] == "usage"


def test_bars_beyond_the_limit_are_refused():
    many = range(figures.MAXIMUM_BARS + 1)

    with pytest.raises(ValueError, match="coarser resolution"):
        figures.bars(list(many), [1.0] * len(many), name="too many")


def test_only_estimated_bars_are_hatched():
    trace = figures.bars([0, 1], [1.0, 2.0], name="n", estimated=[False, True])

    assert trace["marker"]["pattern"]["shape"] == ["", "/"]
    assert "pattern" not in figures.bars([0], [1.0], name="n")["marker"]


def test_the_text_of_a_chart_fits_a_phone():
    sentence = "These groups are too small to be shown one by one. Choose wider ones."
    lines = figures.blank(sentence)["layout"]["annotations"][0]["text"].split(figures.NEW_LINE)

    assert " ".join(lines) == sentence
    assert max(map(len, lines)) <= 40


def test_a_second_line_below_the_title_has_its_room():
    one = figures.layout("t", subtitle="one")["margin"]["t"]
    two = figures.layout("t", subtitle=f"one{figures.NEW_LINE}two")["margin"]["t"]

    assert two > one > figures.layout("t")["margin"]["t"]


def test_unknown_stays_blank_and_lines_break_there():
    assert figures.bars([0, 1], [None, 2.0], name="n")["y"] == [None, 2.0]
    assert figures.line([0], [None], name="n", color="red")["connectgaps"] is False


def test_estimated_part_stands_on_the_measured_part():
    bars = UsageBars(labels=["a"], measured_kwh=[3.0], estimated_kwh=[1.5])

    measured, estimated = usage_chart(bars, title="t", subtitle="s", compared_name="")["data"]
    assert measured["y"] == [3.0]
    assert (estimated["base"], estimated["y"]) == ([3.0], [1.5])
    assert estimated["marker"]["pattern"]["shape"] == ["/"]


def test_every_color_is_defined_for_light_and_for_dark():
    tokens = (ASSETS / "css/tokens.css").read_text()
    light, dark = tokens.split('[data-bs-theme="dark"]', 1)
    used = set(VARIABLE.findall(json.dumps(all_figures())))

    assert used
    assert {name for name in used if f"{name}:" not in light} == set()
    assert {name for name in used if f"{name}:" not in dark.split("}")[0]} == set()


def test_bundle_is_the_plotly_that_plotly_py_speaks_to():
    start = (ASSETS / document.PLOTLY).read_text()[:400]

    assert f"v{get_plotlyjs_version()}" in start


def test_bundle_draws_every_trace_type_that_is_used():
    """The basic bundle silently draws nothing for types it lacks."""
    types = {trace["type"] for figure in all_figures() for trace in figure["data"]}

    assert types <= {"bar", "scatter", "pie"}
