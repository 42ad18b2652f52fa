"""All readings of all meters as they are stored: filter, sort, page through, correct, export."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import dialogs, filters, messages, view
from components.attributes import aria
from components.ids import Readings
from components.tables import column, grid, number_column, sorted_by

PATH = "/readings"
TITLE = "Readings"
ROLES = {"admin"}
ICON = "table"

COLUMNS = (
    column("meter_id", "Meter", minWidth=130),
    column("register_id", "Register", sortable=False, maxWidth=120),
    column("read_at", "Local time", minWidth=200),
    number_column("value_kwh", "Reading in kWh", minWidth=140),
    column("kind", "Kind", sortable=False, maxWidth=110),
    column("type", "Type", sortable=False, maxWidth=140),
    column(
        "flag",
        "State",
        sortable=False,
        maxWidth=120,
        cellClassRules={
            "is-replaced": "params.value === 'replaced' || params.value === 'withdrawn'",
            "is-suspect": "params.value === 'suspect'",
        },
    ),
    column("revision", "Revision", sortable=False, maxWidth=120),
    column("source", "Source", minWidth=130),
)


def layout(**query: str) -> html.Div:
    """The grid of all readings, and the dialog that corrects one."""
    return html.Div(
        [
            view.store(Readings.VIEW, query),
            dcc.Store(id=Readings.CHANGED, data=0),
            html.Div(
                [
                    html.Div([html.H1(TITLE), html.P(id=Readings.COUNT, className="lead")]),
                    html.Div(id=Readings.EXPORT, className="page-actions"),
                ],
                className="page-head",
            ),
            html.Div(messages.skeleton(80), id=Readings.CONTROLS, className="controls-box"),
            html.Div(id=Readings.MESSAGE, className="message-box"),
            html.Section(
                [
                    html.Div("Choose a row to correct it.", id=Readings.SELECTED),
                    html.Div(
                        dbc.Button(
                            "Correct",
                            id=Readings.CORRECT,
                            outline=True,
                            color="secondary",
                            disabled=True,
                        ),
                        className="panel-actions",
                    ),
                ],
                className="selected-row",
                **aria(label="Chosen reading"),
            ),
            html.Div(id=Readings.EMPTY, className="in-place-of-grid", role="status"),
            grid(
                Readings.GRID,
                sorted_by(COLUMNS, str(query.get("sort", "-read_at"))),
                label="Readings",
                endless=True,
                height=560,
                row_id="params.data.key",
                options={
                    "rowSelection": {
                        "mode": "singleRow",
                        "enableClickSelection": True,
                        "checkboxes": False,
                    }
                },
            ),
            _correction(),
        ]
    )


def _correction() -> dbc.Modal:
    value = dbc.Input(id=Readings.VALUE, type="text", inputmode="decimal", autocomplete="off")
    reason = dbc.Textarea(id=Readings.REASON, rows=2, maxlength=200)
    return dialogs.dialog(
        Readings.DIALOG,
        "Correct a reading",
        [
            html.Div(id=Readings.DIALOG_TEXT, className="dialog-text"),
            filters.field("New reading in kWh", value, control_id=Readings.VALUE),
            html.P(id=Readings.VALUE_ERROR, className="field-error", role="alert"),
            dbc.Checkbox(id=Readings.WITHDRAW, label="Withdraw it instead: it was never true"),
            filters.field("Reason", reason, control_id=Readings.REASON),
            html.P(id=Readings.REASON_ERROR, className="field-error", role="alert"),
            html.P(
                "The stored reading stays in the book; this adds a revision that replaces it.",
                className="hint",
            ),
        ],
        save=("Save the correction", Readings.SAVE),
        cancel_id=Readings.CANCEL,
    )
