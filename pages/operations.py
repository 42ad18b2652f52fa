"""How the home is: its state, its long work, its log, and the acts that change it."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import dialogs, messages
from components.attributes import aria
from components.cards import panel
from components.ids import Operations

PATH = "/operations"
TITLE = "Operations"
ROLES = {"admin"}
ICON = "gear-wide-connected"


def layout(**_query: str) -> html.Div:
    """State first, then acts with their progress, then history and the log's end."""
    return html.Div(
        [
            dcc.Interval(id=Operations.POLL, interval=1000),
            dcc.Store(id=Operations.ASKED, data=""),
            html.Div(
                [
                    html.Div([html.H1(TITLE), html.P(id=Operations.HEALTH, className="lead")]),
                    html.Div(
                        [
                            dbc.Button("End the day", id=Operations.END_DAY),
                            dbc.Button(
                                "Rebuild the index",
                                id=Operations.REBUILD,
                                outline=True,
                                color="secondary",
                            ),
                        ],
                        className="page-actions",
                    ),
                ],
                className="page-head",
            ),
            html.Div(id=Operations.MESSAGE, className="message-box"),
            html.Div(id=Operations.RUNNING),
            html.Div(messages.skeleton(118), id=Operations.CARDS, className="cards-in-three"),
            panel(html.Div(messages.skeleton(200), id=Operations.HISTORY), title="Work"),
            panel(
                html.Pre(
                    id=Operations.LOG,
                    className="log-tail",
                    tabIndex="0",
                    role="region",
                    **aria(label="Last lines of the log"),
                ),
                title="Last lines of logs/log.txt",
            ),
            dialogs.dialog(
                Operations.CONFIRM,
                "Are you sure?",
                html.P(id=Operations.CONFIRM_TEXT),
                save=("Yes, do it", Operations.CONFIRM_YES),
                cancel_id=Operations.CONFIRM_NO,
            ),
        ]
    )
