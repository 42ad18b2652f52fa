"""API keys: made for a machine, shown once, seen in use, ended."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import dialogs, filters, messages
from components.attributes import aria
from components.cards import page_head, panel
from components.ids import Keys

PATH = "/keys"
TITLE = "API keys"
ROLES = {"admin"}
ICON = "key"
WHO = (
    ("admin", "Operator: everything"),
    ("government", "Government: totals of groups"),
    ("household", "Household: its own meters"),
)


def layout(**_query: str) -> html.Div:
    """The keys there are and were, and the dialogs that make and end one."""
    return html.Div(
        [
            dcc.Store(id=Keys.CHANGED, data=0),
            dcc.Store(id=Keys.ASKED, data=""),
            page_head(
                TITLE,
                lead=[
                    "With one a machine asks everything its role may: ",
                    html.A("try the calls", href="/api/docs/"),
                    " or ",
                    html.A("read about them", href="/api/redoc/"),
                    ".",
                ],
                actions=[dbc.Button("Make a key", id=Keys.MAKE)],
            ),
            html.Div(id=Keys.MESSAGE, className="message-box"),
            panel(
                html.Div(messages.skeleton(200), id=Keys.TABLE, className="key-list wordy-table")
            ),
            _new_key(),
            dialogs.notice_dialog(
                Keys.MADE,
                "The new key",
                html.Div(id=Keys.MADE_TEXT),
                close_id=Keys.MADE_CLOSE,
            ),
            dialogs.dialog(
                Keys.CONFIRM,
                "Revoke this key?",
                html.P(id=Keys.CONFIRM_TEXT),
                save=("Revoke", Keys.CONFIRM_YES),
                cancel_id=Keys.CONFIRM_NO,
                danger=True,
            ),
        ]
    )


def _new_key() -> dbc.Modal:
    name = dbc.Input(id=Keys.NAME, maxlength=200, autocomplete="off", placeholder="Head-end")
    role = dbc.Select(
        id=Keys.ROLE, options=[{"value": word, "label": label} for word, label in WHO]
    )
    meters = dbc.Input(
        id=Keys.METERS, list=Keys.METER_WORDS, autocomplete="off", placeholder="531-204-118"
    )
    return dialogs.dialog(
        Keys.DIALOG,
        "Make a key",
        [
            filters.checked_field("Purpose", name, error_id=Keys.NAME_ERROR),
            filters.checked_field("Role", role, error_id=Keys.ROLE_ERROR),
            html.Div(
                [
                    filters.checked_field("Meters", meters, error_id=Keys.METERS_ERROR),
                    html.Datalist(id=Keys.METER_WORDS),
                    html.P(
                        "One, or several with commas between them. The key ends for a meter when "
                        "another household moves in.",
                        className="hint",
                    ),
                ],
                id=Keys.METERS_BOX,
                hidden=True,
                role="group",
                **aria(label="Meters of a household's key"),
            ),
            html.Div(id=Keys.FORM_MESSAGE),
        ],
        save=("Make the key", Keys.SAVE),
        cancel_id=Keys.CANCEL,
    )
