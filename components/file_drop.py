"""Where a file is dropped or chosen and sent; assets/js/upload.js does the sending.

All ids begin with the page's name: `upload-drop`, `upload-choose` and so on. The server's answer
to a file that has arrived goes into the page's store `<page>-staged`.
"""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.attributes import aria, data


def file_drop(page: str, words: str, *, hint: Any, accept: str) -> list[Component]:
    """The zone, what was refused, and how far the sending is. `accept` is such as `.csv,.json`."""
    return [
        html.Div(
            [
                html.P(words),
                dbc.Button("Choose a file", id=f"{page}-choose", outline=True, color="secondary"),
                html.P(hint, className="hint"),
            ],
            id=f"{page}-drop",
            className="drop-zone",
            **data(receives=page, accept=accept),
        ),
        html.P(id=f"{page}-refused", className="field-error", role="alert", hidden=True),
        html.Div(
            [
                html.P(id=f"{page}-name"),
                html.Progress(id=f"{page}-bar", value="0", max="100", **aria(label="File sent")),
                html.P(id=f"{page}-sent", className="hint"),
                dbc.Button("Stop", id=f"{page}-stop", color="secondary", outline=True, size="sm"),
            ],
            id=f"{page}-sending",
            hidden=True,
        ),
    ]
