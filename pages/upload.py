"""Readings come in here by hand: one in a form, or a whole file."""

from __future__ import annotations

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import filters, view
from components.attributes import aria, data
from components.cards import page_head
from components.file_drop import file_drop
from components.ids import Upload

PATH = "/upload"
TITLE = "Upload readings"
ROLES = {"admin"}
ICON = "cloud-upload"


def layout(**query: str) -> html.Div:
    """`?job=12` is the file being checked or imported, so that a reload finds it again."""
    return html.Div(
        [
            view.store(Upload.VIEW, query),
            dcc.Store(id=Upload.NEXT),
            dcc.Store(id=Upload.STAGED),
            dcc.Interval(id=Upload.POLL, interval=1000, disabled=True),
            page_head(TITLE, lead="A reading is in the log, on disk, before it is acknowledged."),
            html.Div([_one_reading(), _file()], className="upload-columns"),
            html.Div(id=Upload.PROGRESS, className="job"),
        ],
        **data(view=Upload.VIEW),
    )


def _one_reading() -> html.Section:
    meter = dbc.Input(
        id=Upload.METER,
        type="text",
        list=Upload.METERS,
        placeholder="531-204-118",
        autocomplete="off",
        persistence=True,
        persistence_type="local",
    )
    value = dbc.Input(id=Upload.READING, type="text", inputmode="decimal", placeholder="1234.500")
    return html.Section(
        [
            html.H2("One reading", className="panel-title"),
            dbc.Form(
                [
                    filters.checked_field("Meter", meter, error_id=Upload.METER_ERROR),
                    html.Datalist(id=Upload.METERS),
                    filters.checked_field(
                        "Time",
                        dbc.Input(id=Upload.TIME, type="datetime-local"),
                        error_id=Upload.TIME_ERROR,
                    ),
                    html.Div(
                        filters.field(
                            "The clock shows this time twice",
                            dbc.Select(id=Upload.SHOWING, placeholder="Choose which"),
                            control_id=Upload.SHOWING,
                        ),
                        id=Upload.SHOWING_BOX,
                        hidden=True,
                    ),
                    filters.checked_field("Reading in kWh", value, error_id=Upload.READING_ERROR),
                    dbc.Button("Send the reading", id=Upload.SEND, type="submit"),
                ],
                id=Upload.FORM,
                prevent_default_on_submit=True,
            ),
            html.Div(id=Upload.RECEIPT, role="status"),
        ],
        className="panel",
        **aria(label="One reading"),
    )


def _file() -> html.Section:
    return html.Section(
        [
            html.H2("A file of readings", className="panel-title"),
            *file_drop(
                "upload",
                "Drop a CSV file here, or",
                hint="Registers (meter_id, timestamp, reading) or interval consumption. The format "
                "is recognized; nothing is stored before you say so.",
                accept=".csv,.txt,text/csv,text/plain",
            ),
        ],
        className="panel",
        **aria(label="A file of readings"),
    )
