"""A household's bill: what a month costs and why, its days, and what this month will cost."""

from __future__ import annotations

from dash import html

from components import charts, messages, view
from components.attributes import aria
from components.cards import page_head
from components.ids import Bill

PATH = "/bill"
TITLE = "Bill"
ROLES = {"household", "admin"}
ICON = "receipt"
LISTED_FOR = {"household"}
"""An operator comes from the list of all bills."""


def layout(**query: str) -> html.Div:
    """Places the parts; the words of the address come back in the view."""
    return html.Div(
        [
            view.store(Bill.VIEW, query),
            page_head(
                TITLE,
                actions=[html.Div(messages.skeleton(65), id=Bill.METERS, className="meters")],
            ),
            html.Div(
                [
                    html.Section(
                        [
                            html.Div(messages.skeleton(40), id=Bill.CONTROLS),
                            html.Div(id=Bill.MESSAGE, className="bill-message"),
                            html.Article(
                                [
                                    html.Div(messages.skeleton(320), id=Bill.HEAD),
                                    charts.chart(
                                        Bill.DAYS,
                                        height=250,
                                        label="Consumption of each day of the bill as bars",
                                        filename="meterbook-bill",
                                    ),
                                    html.Div(id=Bill.FOOT),
                                ],
                                id=Bill.SHEET,
                            ),
                        ],
                        className="panel bill-panel",
                        **aria(label="Bill of a month"),
                    ),
                    html.Div(
                        [
                            html.Div(messages.skeleton(220), id=Bill.PROJECTION),
                            html.Div(id=Bill.HISTORY),
                        ],
                        className="bill-side",
                    ),
                ],
                className="bill-page",
            ),
        ]
    )
