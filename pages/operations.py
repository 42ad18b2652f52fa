"""How the home is: its state, its long work, its log, and the acts that change it."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import dialogs, messages
from components.attributes import aria
from components.cards import panel
from components.ids import LOGS, Operations

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
                            _other("Back up", Operations.BACK_UP),
                            _other("Read files again", Operations.RESTORE),
                            _other("Stop receiving", Operations.STOP),
                            _other("Resume receiving", Operations.RESUME, hidden=True),
                        ],
                        className="page-actions",
                    ),
                ],
                className="page-head",
            ),
            html.Div(id=Operations.MESSAGE, className="message-box"),
            html.Div(id=Operations.RUNNING),
            html.Div(messages.skeleton(118), id=Operations.CARDS, className="cards-in-three"),
            panel(
                html.Div(messages.skeleton(200), id=Operations.HISTORY, className="wordy-table"),
                title="Work",
            ),
            panel(
                html.Div(messages.skeleton(200), id=Operations.AUDIT, className="wordy-table"),
                title="Who did what",
            ),
            panel(
                html.Pre(
                    id=Operations.LOG,
                    className="log-tail",
                    tabIndex="0",
                    role="region",
                    **aria(label="Last lines of the log"),
                ),
                title="Last lines of a log",
                actions=[
                    dbc.Label("Log", html_for=Operations.LOG_CHOICE),
                    dbc.Select(id=Operations.LOG_CHOICE, options=list(LOGS), value=LOGS[0]),
                ],
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


def _other(label: str, act: Operations, *, hidden: bool = False) -> dbc.Button:
    style = {"display": "none"} if hidden else {}
    return dbc.Button(label, id=act, outline=True, color="secondary", style=style)
