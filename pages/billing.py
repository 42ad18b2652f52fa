"""Bills of all meters: a month is billed here, its outcome told, and every bill listed."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import dialogs, filters, messages, view
from components.attributes import aria
from components.cards import panel
from components.ids import Billing
from components.tables import column, grid, number_column, sorted_by

PATH = "/billing"
TITLE = "Billing"
ROLES = {"admin"}
ICON = "cash-coin"
COLUMNS = (
    column("month", "Month", maxWidth=110),
    column("meter_id", "Meter", minWidth=130),
    column("owner_name", "Owner", minWidth=150, sortable=False),
    number_column("consumption_kwh", "kWh", minWidth=110, maxWidth=140),
    column("gross", "Total", minWidth=130, maxWidth=170, type="rightAligned"),
    column("version", "Version", maxWidth=110, type="rightAligned"),
    column("made_at", "Made at", minWidth=168),
    column("reason", "Why", minWidth=200, sortable=False),
)


def layout(**query: str) -> html.Div:
    """Billing a month first, then the bills there are."""
    return html.Div(
        [
            view.store(Billing.VIEW, query),
            dcc.Store(id=Billing.CHANGED, data=""),
            dcc.Store(id=Billing.ASKED, data=""),
            dcc.Interval(id=Billing.POLL, interval=1000, disabled=True),
            html.Div(
                [
                    html.Div([html.H1(TITLE), html.P(id=Billing.COUNT, className="lead")]),
                    html.Div(id=Billing.EXPORT, className="page-actions"),
                ],
                className="page-head",
            ),
            _run(),
            html.Div(messages.skeleton(64), id=Billing.CONTROLS, className="controls-box"),
            html.Div(id=Billing.MESSAGE, className="message-box"),
            _selected(),
            html.Div(id=Billing.EMPTY, className="in-place-of-grid", role="status"),
            grid(
                Billing.GRID,
                sorted_by(COLUMNS, str(query.get("sort", "-month"))),
                label="Bills",
                endless=True,
                row_id="params.data.key",
                options={
                    "rowSelection": {
                        "mode": "singleRow",
                        "enableClickSelection": True,
                        "checkboxes": False,
                    }
                },
            ),
            dialogs.dialog(
                Billing.CONFIRM,
                "Bill this month?",
                html.Div(id=Billing.CONFIRM_TEXT),
                save=("Yes, bill it", Billing.CONFIRM_YES),
                cancel_id=Billing.CONFIRM_NO,
            ),
        ]
    )


def _run() -> html.Section:
    month = dbc.Input(id=Billing.MONTH, type="month", placeholder="2026-10", autocomplete="off")
    return panel(
        [
            dbc.Form(
                [
                    filters.checked_field("Month", month, error_id=Billing.MONTH_ERROR),
                    dbc.Button("Bill this month", id=Billing.RUN, type="submit"),
                ],
                id=Billing.FORM,
                prevent_default_on_submit=True,
                className="controls bill-form",
            ),
            html.P(
                "Every postpaid account with a tariff gets its bill; the day that ends a month "
                "does this by itself. Done again, a bill that would say something else by now, "
                "because readings came late or were corrected, gets a new version. Earlier "
                "versions stay.",
                className="hint",
            ),
            html.Div(messages.skeleton(120), id=Billing.OUTCOME, className="outcome"),
        ],
        title="Bill a month",
    )


def _selected() -> html.Section:
    """Which bill is chosen and what can be done with it; there before one is chosen."""
    return html.Section(
        [
            html.Div(id=Billing.SELECTED),
            html.Div(
                [
                    html.A(
                        "PDF",
                        id=Billing.PDF,
                        href="/",
                        className="btn btn-outline-secondary",
                        download="",
                    ),
                    dbc.Button("Make it again", id=Billing.AGAIN, outline=True, color="secondary"),
                ],
                id=Billing.ACTIONS,
                className="panel-actions",
                hidden=True,
            ),
        ],
        className="selected-row",
        **aria(label="Chosen bill"),
    )
