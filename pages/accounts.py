"""The register of households: search, register, modify, deactivate, sign-in."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import dialogs, messages, view
from components.attributes import aria
from components.ids import Accounts
from components.tables import column, grid

PATH = "/accounts"
TITLE = "Accounts"
ROLES = {"admin"}
ICON = "people"

COLUMNS = (
    column("meter_id", "Meter", minWidth=130),
    column("owner_name", "Owner", minWidth=160),
    column("email", "E-mail", minWidth=190),
    column("address", "Address", minWidth=200),
    column("region", "Region"),
    column("area", "Area", minWidth=120),
    column("dwelling_type", "Dwelling type", minWidth=150),
    column("status", "Status"),
)


def layout(**query: str) -> html.Div:
    """The grid, and under it what may be done with the chosen account."""
    return html.Div(
        [
            view.store(Accounts.VIEW, query),
            dcc.Store(id=Accounts.CHANGED, data=0),
            dcc.Store(id=Accounts.EDITED, data=""),
            html.Div(
                [
                    html.Div([html.H1(TITLE), html.P(id=Accounts.COUNT, className="lead")]),
                    html.Div(
                        dbc.Button("Register an account", id=Accounts.REGISTER),
                        className="page-actions",
                    ),
                ],
                className="page-head",
            ),
            html.Div(messages.skeleton(48), id=Accounts.CONTROLS, className="controls-box"),
            html.Div(id=Accounts.MESSAGE, className="message-box"),
            _selected(),
            html.Div(id=Accounts.EMPTY, className="in-place-of-grid", role="status"),
            grid(
                Accounts.GRID,
                COLUMNS,
                label="Accounts",
                endless=True,
                row_id="params.data.meter_id",
                options={
                    "rowSelection": {
                        "mode": "singleRow",
                        "enableClickSelection": True,
                        "checkboxes": False,
                    }
                },
            ),
            _form_dialog(),
            dialogs.dialog(
                Accounts.CONFIRM,
                "Deactivate this account?",
                html.P(id=Accounts.CONFIRM_TEXT),
                save=("Deactivate", Accounts.CONFIRM_YES),
                cancel_id=Accounts.CONFIRM_NO,
                danger=True,
            ),
            dialogs.notice_dialog(
                Accounts.LINK_DIALOG,
                "One-time link",
                html.Div(id=Accounts.LINK_TEXT),
                close_id=Accounts.LINK_CLOSE,
            ),
        ]
    )


def _selected() -> html.Section:
    """Which account is chosen and what can be done with it; there before one is chosen."""
    return html.Section(
        [
            html.P("Choose a row to modify it.", id=Accounts.SELECTED),
            html.Div(
                [
                    html.A("Usage", id=Accounts.USAGE, href="/", className="btn btn-link"),
                    dbc.Button("Sign-in link", id=Accounts.LINK, outline=True, color="secondary"),
                    dbc.Button("Modify", id=Accounts.MODIFY, outline=True, color="secondary"),
                    dbc.Button("Deactivate", id=Accounts.DEACTIVATE, outline=True, color="danger"),
                ],
                id=Accounts.ACTIONS,
                className="panel-actions",
                hidden=True,
            ),
        ],
        className="selected-row",
        **aria(label="Chosen account"),
    )


def _form_dialog() -> dbc.Modal:
    return dialogs.dialog(
        Accounts.DIALOG,
        "Register an account",
        [html.Div(id=Accounts.FORM), html.Div(id=Accounts.FORM_MESSAGE)],
        save=("Save", Accounts.SAVE),
        cancel_id=Accounts.CANCEL,
        title_id=Accounts.DIALOG_TITLE,
        size="lg",
    )
