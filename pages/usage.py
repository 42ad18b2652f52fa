"""A household's consumption: today at once, five periods, and the way from year to half hour."""

from __future__ import annotations

from dash import dcc, html

from components import charts, messages, view
from components.attributes import aria
from components.cards import page_head
from components.ids import Usage

PATH = "/usage"
TITLE = "Usage"
ROLES = {"household", "admin"}
ICON = "graph-up"


def layout(**query: str) -> html.Div:
    """Places the parts; the words of the address come back in the view."""
    return html.Div(
        [
            view.store(Usage.VIEW, query),
            page_head(
                TITLE,
                actions=[html.Div(messages.skeleton(65), id=Usage.METERS, className="meters")],
            ),
            html.Div(messages.skeleton(176), id=Usage.CARDS, className="cards-box"),
            html.Section(
                [
                    html.Div(
                        messages.skeleton(40), id=Usage.CONTROLS, className="controls-box chart-bar"
                    ),
                    html.Div(
                        [
                            html.Div(
                                id=Usage.TITLE, className="chart-heading", **aria(live="polite")
                            ),
                            html.Div(id=Usage.COMPARE),
                        ],
                        className="chart-head",
                    ),
                    html.Div(id=Usage.MESSAGE),
                    html.Div(
                        charts.chart(
                            Usage.CHART,
                            height=380,
                            label="Consumption over time as bars; the table has the same numbers",
                            filename="meterbook-usage",
                        ),
                        id=Usage.CHART_BOX,
                        className="chart-drill",
                    ),
                    html.Div(id=Usage.QUALITY, className="chart-notes"),
                    html.Div(
                        [
                            html.Div(messages.skeleton(64), id=Usage.RANGE),
                            html.Div(id=Usage.ACTIONS, className="panel-actions"),
                        ],
                        className="chart-foot",
                    ),
                    html.Div(id=Usage.TABLE, className="dated-table"),
                ],
                className="panel",
                **aria(label="Consumption over time"),
            ),
            html.Section(
                [
                    dcc.Store(id=Usage.HOURS_SHOWN),
                    html.P(
                        "Always four weeks: those that end with the days above, or today.",
                        className="chart-hint",
                    ),
                    html.Div(
                        charts.chart(
                            Usage.HOURS,
                            height=340,
                            label="Consumption of each hour of four weeks, as a map of colors",
                            filename="meterbook-hours",
                        ),
                        className="chart-drill",
                    ),
                    html.Div(id=Usage.HOURS_NOTE, className="chart-foot chart-foot-plain"),
                ],
                id=Usage.HOURS_BOX,
                className="panel",
                **aria(label="Hour by hour"),
            ),
        ]
    )
