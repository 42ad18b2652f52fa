"""The household's chart: solid where measured, hatched where estimated, pale where compared.

Bars stand at positions 0, 1, 2... with labels of their own instead of on a time axis, so that a
clock-change day simply has 46 or 50 of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from components import figures
from components.figures import FigureDict


@dataclass(frozen=True, slots=True)
class UsageBars:
    """The bars of one chart; all columns have one length."""

    labels: Sequence[str]
    """What one sees when pointing at a bar: its time and numbers."""
    measured_kwh: Sequence[float | None]
    """None leaves the place blank: nothing is known there."""
    estimated_kwh: Sequence[float | None]
    compared_kwh: Sequence[float | None] = ()
    addresses: Sequence[str] = ()
    """Where a click on each bar leads; empty when there is nothing finer."""
    ticks: Sequence[tuple[int, str]] = field(default_factory=tuple)


def usage_chart(bars: UsageBars, *, title: str, subtitle: str, compared_name: str) -> FigureDict:
    """Draw the bars. Raises ValueError when there are more than figures.MAXIMUM_BARS."""
    places = list(range(len(bars.labels)))
    traces = []
    if bars.compared_kwh:
        traces.append(
            figures.bars(
                places,
                bars.compared_kwh,
                name=compared_name,
                color=figures.COMPARED,
                width=0.94,
                hoverinfo="skip",
                hovertemplate=None,
            )
        )
    width = 0.56 if bars.compared_kwh else 0.8
    addresses = bars.addresses or [""] * len(places)
    traces.append(
        figures.bars(
            places,
            bars.measured_kwh,
            name="Measured",
            width=width,
            customdata=[list(pair) for pair in zip(bars.labels, addresses, strict=True)],
            hover="%{customdata[0]}<extra></extra>",
        )
    )
    if any(bars.estimated_kwh):
        traces.append(
            figures.bars(
                places,
                bars.estimated_kwh,
                name="Estimated",
                estimated=[True] * len(places),
                width=width,
                base=list(bars.measured_kwh),
                hoverinfo="skip",
                hovertemplate=None,
            )
        )
    drawn = figures.layout(title, subtitle=subtitle, hovermode="x")
    drawn["showlegend"] = len(traces) > 1
    drawn["xaxis"] |= {
        "tickvals": [place for place, _ in bars.ticks],
        "ticktext": [label for _, label in bars.ticks],
        "range": [-0.6, len(places) - 0.4],
        "showspikes": False,
        "tickangle": 0,
    }
    drawn["margin"] |= {"b": 64 if len(traces) > 1 else 34}
    drawn["legend"] = {"orientation": "h", "x": 0, "y": -0.12, "yanchor": "top", "itemclick": False}
    return {"data": traces, "layout": drawn}


@dataclass(frozen=True, slots=True)
class HourCells:
    """The known hours of some days; all columns have one length."""

    days: Sequence[int]
    """Which of the days, from 0."""
    hours: Sequence[int]
    """Local hour, 0 to 23."""
    kwh: Sequence[float]
    labels: Sequence[str]
    addresses: Sequence[str]


def hour_map(
    cells: HourCells, *, day_count: int, ticks: Sequence[tuple[int, str]], title: str, subtitle: str
) -> FigureDict:
    """Hours down, days across, the darker the more. Drawn as bars one hour high, because the
    small bundle has no heat map. Raises ValueError for more than figures.MAXIMUM_BARS."""
    trace = figures.bars(
        cells.days,
        [1] * len(cells.days),
        name="Consumption",
        base=list(cells.hours),
        width=0.94,
        customdata=[list(pair) for pair in zip(cells.labels, cells.addresses, strict=True)],
        hover="%{customdata[0]}<extra></extra>",
    )
    trace["marker"] = {
        "color": list(cells.kwh),
        "colorscale": [[0, "var(--heat-0)"], [0.5, "var(--heat-1)"], [1, "var(--heat-2)"]],
        "cmin": 0,
        "showscale": True,
        "colorbar": {
            "title": {"text": "kWh", "side": "right"},
            "thickness": 8,
            "outlinewidth": 0,
            "tickfont": {"color": figures.TEXT},
        },
        "line": {"width": 0},
    }
    drawn = figures.layout(title, subtitle=subtitle, hovermode="closest", bargap=0)
    drawn["xaxis"] |= {
        "tickvals": [place for place, _ in ticks],
        "ticktext": [label for _, label in ticks],
        "range": [-0.6, day_count - 0.4],
        "tickangle": 0,
    }
    drawn["yaxis"] = {
        "range": [24, 0],
        "tickvals": [0, 6, 12, 18, 24],
        "ticktext": ["00:00", "06:00", "12:00", "18:00", "24:00"],
        "gridcolor": "rgba(0,0,0,0)",
        "zeroline": False,
    }
    drawn["margin"] |= {"b": 30, "t": 66}
    return {"data": [trace], "layout": drawn}
