"""Dialogs that a callback opens: a form to fill in, or one question before an act."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components.attributes import data


def dialog(
    dialog_id: str,
    title: str,
    body: Any,
    *,
    save: tuple[str, str],
    cancel_id: str,
    title_id: str = "",
    size: str = "",
    danger: bool = False,
) -> dbc.Modal:
    """A modal with a heading and two buttons. `save` is (label, id); Escape closes it."""
    label, save_id = save
    heading_id = title_id or f"{dialog_id}-title"
    return dbc.Modal(
        [
            html.Div(
                html.H2(title, id=heading_id, className="dialog-title"), className="modal-header"
            ),
            html.Div(body, className="modal-body"),
            html.Div(
                [
                    dbc.Button("Cancel", id=cancel_id, color="secondary", outline=True),
                    dbc.Button(label, id=save_id, color="danger" if danger else "primary"),
                ],
                className="modal-footer",
            ),
        ],
        id=dialog_id,
        is_open=False,
        centered=True,
        scrollable=True,
        size=size or None,
        fade=False,
        labelledby=heading_id,
    )


def copy_button(label: str, *, source: str) -> html.Button:
    """Copies the text of the element with the id `source`; assets/js/copy.js listens."""
    return html.Button(
        label,
        type="button",
        className="btn btn-outline-secondary",
        disable_n_clicks=True,
        **data(copy=source),
    )


def notice_dialog(dialog_id: str, title: str, body: Any, *, close_id: str) -> dbc.Modal:
    """A modal that only says something."""
    heading_id = f"{dialog_id}-title"
    return dbc.Modal(
        [
            html.Div(
                html.H2(title, id=heading_id, className="dialog-title"), className="modal-header"
            ),
            html.Div(body, className="modal-body"),
            html.Div(dbc.Button("Close", id=close_id), className="modal-footer"),
        ],
        id=dialog_id,
        is_open=False,
        centered=True,
        fade=False,
        labelledby=heading_id,
    )
