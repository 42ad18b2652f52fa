"""What energy costs: tariffs, each explained, and files of them checked and entered."""

from __future__ import annotations

from dash import dcc, html

from components import messages, view
from components.attributes import aria, data
from components.cards import panel
from components.file_drop import file_drop
from components.ids import Tariffs

PATH = "/tariffs"
TITLE = "Tariffs"
ROLES = {"admin"}
ICON = "coin"
EXAMPLES = (
    ("A tariff as JSON", "tariff.json"),
    ("Tariffs as CSV", "tariffs.csv"),
    ("Half-hourly prices as CSV", "market.csv"),
)


def layout(**query: str) -> html.Div:
    """`?tariff=HOME&version=2` is explained; `file` is the one being checked."""
    return html.Div(
        [
            view.store(Tariffs.VIEW, query),
            dcc.Store(id=Tariffs.NEXT),
            dcc.Store(id=Tariffs.STAGED),
            dcc.Store(id=Tariffs.CHANGED, data=0),
            html.Div(
                html.Div([html.H1(TITLE), html.P(id=Tariffs.COUNT, className="lead")]),
                className="page-head",
            ),
            html.Div(id=Tariffs.MESSAGE, className="message-box"),
            panel(
                html.Div(
                    messages.skeleton(180), id=Tariffs.LIST, className="tariff-list wordy-table"
                )
            ),
            html.Div(id=Tariffs.DETAILS),
            html.Div([_file(), _series()], className="upload-columns"),
            html.Div(id=Tariffs.ENTERED, className="message-box"),
            html.Div(id=Tariffs.REPORT, className="job report wordy-table"),
        ],
        **data(view=Tariffs.VIEW),
    )


def _file() -> html.Section:
    examples: list[html.A | str] = []
    for label, name in EXAMPLES:
        examples += [html.A(label, href=f"/assets/examples/{name}", download=name), ", "]
    return html.Section(
        [
            html.H2("Enter a file", className="panel-title"),
            *file_drop(
                "tariffs",
                "Drop a file of tariffs or prices here, or",
                hint="JSON of one tariff, CSV of any number, or CSV of half-hourly prices. What it "
                "is and would do is shown first; nothing is stored before you say so.",
                accept=".json,.csv,application/json,text/csv",
            ),
            html.P(["Examples to download: ", *examples[:-1], "."], className="hint"),
        ],
        className="panel",
        **aria(label="Enter a file"),
    )


def _series() -> html.Section:
    return html.Section(
        [
            html.H2("Price series", className="panel-title"),
            html.Div(messages.skeleton(80), id=Tariffs.SERIES, className="price-series"),
        ],
        className="panel",
        **aria(label="Price series"),
    )
