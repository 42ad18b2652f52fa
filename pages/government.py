"""Consumption of regions, areas and dwelling types: filter, compare, export what is shown."""

from __future__ import annotations

from dash import html

from components import charts, messages, view
from components.cards import panel
from components.ids import Government
from components.tables import column, grid, number_column, sorted_by

PATH = "/government"
TITLE = "Group consumption"
ROLES = {"government", "admin"}
ICON = "buildings"

GROUP_COLUMNS = (
    column("region", "Region", minWidth=110),
    column("area", "Area", minWidth=116),
    column("dwelling_type", "Dwelling type", minWidth=306),
    number_column("households", "Households", decimals=0, minWidth=110),
    number_column("kwh", "kWh", decimals=1),
    number_column("kwh_per_household", "kWh per household", decimals=2, minWidth=150),
    number_column("estimated_percent", "Estimated %", decimals=1),
    number_column("missing_half_hours", "Missing half hours", decimals=0, minWidth=150),
)


def layout(**query: str) -> html.Div:
    """Places the parts; every word of the address is a filter and comes back in the view."""
    return html.Div(
        [
            view.store(Government.VIEW, query),
            html.Div(
                html.Div([html.H1(TITLE), html.P(id=Government.TITLE, className="lead")]),
                className="page-head",
            ),
            html.Div(messages.skeleton(132), id=Government.CONTROLS, className="controls-box"),
            html.Div(id=Government.MESSAGE, role="status"),
            html.Div(messages.skeleton(118), id=Government.CARDS),
            panel(
                [
                    html.Div(id=Government.OVER_TIME_HEAD, className="chart-actions"),
                    charts.chart(
                        Government.OVER_TIME, height=440, label="Consumption over time, as bars"
                    ),
                ]
            ),
            html.Div(
                [
                    panel(
                        [
                            html.Div(id=Government.AREAS_HEAD, className="chart-actions"),
                            html.Div(
                                charts.chart(
                                    Government.AREAS,
                                    height=520,
                                    label="Areas by consumption, the largest first",
                                ),
                            ),
                        ]
                    ),
                    panel(
                        [
                            html.Div(id=Government.DWELLING_TYPES_HEAD, className="chart-actions"),
                            charts.chart(
                                Government.DWELLING_TYPES,
                                height=520,
                                label="Consumption by dwelling type",
                            ),
                        ]
                    ),
                ],
                className="panels",
            ),
            panel(
                [
                    html.Div(id=Government.GROUPS_HEAD, className="chart-actions"),
                    grid(
                        Government.GROUPS,
                        sorted_by(GROUP_COLUMNS, str(query.get("sort", "-kwh"))),
                        label="Groups by region, area and dwelling type",
                        height=420,
                        options={"localeText": {"noRowsToShow": "No group can be listed."}},
                    ),
                ]
            ),
        ]
    )
