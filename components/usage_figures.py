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
