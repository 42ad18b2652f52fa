"""A chart on a page: the graph, the store its figure comes through, and the painting between.

A callback outputs a figure from figures.py to `ids.chart_source(name)`; the browser paints it
into `ids.chart(name)` with the colors of the theme, and paints it again when the theme changes,
without asking the server. A click on the chart is `Input(ids.chart(name), "clickData")`.
"""

from __future__ import annotations

from typing import cast

from dash import MATCH, ClientsideFunction, Dash, Input, Output, dcc, html

from components import figures, ids
from components.attributes import aria


def chart(name: str, *, height: int = 360, label: str, filename: str = "") -> html.Div:
    """A chart in a box of fixed height (pixels), described by `label` for screen readers."""
    return html.Div(
        [
            dcc.Store(id=ids.chart_source(name)),
            dcc.Graph(
                id=ids.chart(name),
                figure=figures.blank(""),
                config=cast("dcc.Graph.Config", figures.config(filename or f"meterbook-{name}")),
                responsive=True,
                className="chart-graph",
            ),
        ],
        className="chart",
        style={"height": f"{height}px"},
        role="figure",
        **aria(label=label),
    )


def register(app: Dash) -> None:
    """Let the browser paint every chart; called once for an app."""
    app.clientside_callback(
        ClientsideFunction("meterbook", "paint"),
        Output({"type": "chart", "name": MATCH}, "figure"),
        Input({"type": "chart-source", "name": MATCH}, "data"),
        Input(ids.Shell.THEME, "data"),
        prevent_initial_call=True,
    )
