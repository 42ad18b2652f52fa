"""Figures as plain dicts: bars, lines and rankings that all look alike.

No go.Figure: its validation costs 12 ms a callback, a dict nothing. Colors are names of CSS
variables, such as `var(--chart-1)`; assets/js/charts.js puts in the values of the present theme,
so one figure serves light, dark and the PNG. Every title says what, over which range, in which
zone, and every axis its unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

FigureDict = dict[str, Any]

MAXIMUM_BARS = 1500
"""More bars than pixels say nothing; ask for a coarser resolution instead."""

NEW_LINE = "<br>"
PHONE_CHARACTERS = 40
"""A line of a chart's own text that fits a phone; plotly breaks none by itself."""

PALETTE = tuple(f"var(--chart-{n})" for n in range(1, 9))
MEASURED = "var(--chart-1)"
COMPARED = "var(--chart-compare)"
GRID_LINE = "var(--chart-grid)"
TEXT = "var(--ink-soft)"
SURFACE = "var(--surface)"

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "responsive": True,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "meterbook"},
}
"""Never offers to send the data anywhere."""


def config(filename: str) -> dict[str, Any]:
    """CONFIG whose PNG is named after what it shows."""
    return {
        **CONFIG,
        "toImageButtonOptions": {**CONFIG["toImageButtonOptions"], "filename": filename},
    }


def layout(
    title: str, *, y_title: str = "kWh", subtitle: str = "", barmode: str = "overlay", **more: Any
) -> dict[str, Any]:
    """The one look of all charts. `more` overrides single keys."""
    heading: dict[str, Any] = {
        "text": title,
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "yref": "container",
        "y": 0.985,
        "yanchor": "top",
        "font": {"size": 14, "color": "var(--ink)", "weight": 600},
    }
    top = 40
    if subtitle:
        top = 58 + 15 * subtitle.count(NEW_LINE)
        heading["subtitle"] = {"text": subtitle, "font": {"size": 12, "color": TEXT}}
    return {
        "title": heading,
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12, "color": TEXT},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 52, "r": 12, "t": top, "b": 40},
        "barmode": barmode,
        "bargap": 0.18,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": SURFACE,
            "bordercolor": "var(--line-strong)",
            "font": {"color": "var(--ink)", "size": 12},
        },
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "xaxis": {"gridcolor": "rgba(0,0,0,0)", "linecolor": GRID_LINE, "automargin": True},
        "yaxis": {
            "title": {"text": y_title, "standoff": 8},
            "gridcolor": GRID_LINE,
            "zerolinecolor": "var(--line-strong)",
            "rangemode": "tozero",
            "automargin": True,
        },
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": "var(--ink-faint)",
            "activecolor": "var(--accent)",
        },
        "colorway": list(PALETTE),
        "dragmode": False,
        **more,
    }


def bars(
    x: Sequence[Any],
    y: Sequence[float | None],
    *,
    name: str,
    color: str = MEASURED,
    estimated: Sequence[bool] = (),
    customdata: Sequence[Any] | None = None,
    hover: str = "%{y:,.3f} kWh<extra></extra>",
    **more: Any,
) -> dict[str, Any]:
    """A bar trace; None leaves a blank, `estimated` bars are hatched.

    Raises ValueError when there are more than MAXIMUM_BARS.
    """
    if len(x) > MAXIMUM_BARS:
        raise ValueError(f"{len(x)} bars are more than {MAXIMUM_BARS}: use a coarser resolution")
    marker: dict[str, Any] = {"color": color, "line": {"width": 0}}
    if any(estimated):
        marker["pattern"] = {
            "shape": ["/" if mark else "" for mark in estimated],
            "fgcolor": color,
            "bgcolor": SURFACE,
            "fillmode": "replace",
            "size": 5,
            "solidity": 0.45,
        }
    trace: dict[str, Any] = {
        "type": "bar",
        "x": list(x),
        "y": list(y),
        "name": name,
        "marker": marker,
        "hovertemplate": hover,
        **more,
    }
    if customdata is not None:
        trace["customdata"] = list(customdata)
    return trace


def line(
    x: Sequence[Any],
    y: Sequence[float | None],
    *,
    name: str,
    color: str,
    dash: str = "solid",
    hover: str = "%{y:,.3f} kWh",
    **more: Any,
) -> dict[str, Any]:
    """A line trace; None breaks the line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "line": {"color": color, "width": 2, "dash": dash},
        "connectgaps": False,
        "hovertemplate": hover,
        **more,
    }


def ranking(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    title: str,
    x_title: str,
    color: str = MEASURED,
    selected: Sequence[str] = (),
    customdata: Sequence[Any] | None = None,
    subtitle: str = "",
) -> FigureDict:
    """Horizontal bars, longest on top as given; those not among `selected` are faded."""
    shown = [color if not selected or label in selected else COMPARED for label in labels]
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "x": list(values),
        "y": list(labels),
        "marker": {"color": shown, "line": {"width": 0}},
        "hovertemplate": "%{y}: %{x:,.1f} " + x_title + "<extra></extra>",
    }
    if customdata is not None:
        trace["customdata"] = list(customdata)
    drawn = layout(title, subtitle=subtitle, hovermode="closest")
    drawn["xaxis"] = {
        "title": {"text": x_title},
        "gridcolor": GRID_LINE,
        "rangemode": "tozero",
        "automargin": True,
    }
    drawn["yaxis"] = {"autorange": "reversed", "automargin": True, "gridcolor": "rgba(0,0,0,0)"}
    return {"data": [trace], "layout": drawn}


def shares(
    parts: Mapping[str, float],
    *,
    title: str,
    unit: str,
    subtitle: str = "",
    rest: tuple[str, float] | None = None,
) -> FigureDict:
    """Parts of a whole as a ring; largest first, the `rest` that is no part by itself last."""
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    colors = [PALETTE[n % len(PALETTE)] for n in range(len(ordered))]
    if rest:
        ordered.append(rest)
        colors.append(COMPARED)
    trace = {
        "type": "pie",
        "hole": 0.62,
        "domain": {"x": [0.14, 0.86], "y": [0, 0.94]},
        "labels": [label for label, _ in ordered],
        "values": [value for _, value in ordered],
        "sort": False,
        "direction": "clockwise",
        "customdata": [label != (rest and rest[0]) for label, _ in ordered],
        "marker": {"colors": colors, "line": {"color": SURFACE, "width": 2}},
        "textinfo": "percent",
        "textposition": "outside",
        "hovertemplate": "%{label}: %{value:,.0f} " + unit + " (%{percent})<extra></extra>",
    }
    drawn = layout(title, subtitle=subtitle, hovermode="closest")
    drawn["legend"] = {"orientation": "h", "y": -0.08, "yanchor": "top", "x": 0}
    return {"data": [trace], "layout": drawn}


def blank(sentence: str) -> FigureDict:
    """A chart that says why it is empty."""
    drawn = layout("")
    drawn["xaxis"] = drawn["yaxis"] = {"visible": False}
    drawn["annotations"] = [
        {
            "text": NEW_LINE.join(wrap(sentence, PHONE_CHARACTERS)),
            "showarrow": False,
            "font": {"size": 14, "color": TEXT},
            "x": 0.5,
            "y": 0.5,
            "xref": "paper",
            "yref": "paper",
        }
    ]
    return {"data": [], "layout": drawn}
