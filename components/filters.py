"""The fields people choose periods and groups with: native controls that every reader can use.

Each field has a `name`, which is its word in the address; put fields into `view.form`.
"""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import view as views
from components.attributes import aria
from components.view import View

Options = Sequence[tuple[str, str]]
"""(value, label) pairs."""


def field(label: str, control: Component, *, control_id: str, error: str = "") -> html.Div:
    """A labeled control with room for one sentence when its value cannot be used."""
    parts: list[Component] = [
        html.Label(label, htmlFor=control_id, className="form-label"),
        control,
    ]
    if error:
        parts.append(html.P(error, className="field-error", id=f"{control_id}-error", role="alert"))
    return html.Div(parts, className="field")


def checked_field(label: str, control: dbc.Input | dbc.Select, *, error_id: str) -> html.Div:
    """A labeled control of a form, with the sentence that a callback may put below it."""
    return html.Div(
        [
            field(label, control, control_id=control.id),
            html.P(id=error_id, className="field-error", role="alert"),
        ],
        className="checked-field",
    )


def period_links(
    path: str,
    view: View,
    *,
    store_id: str,
    periods: Options,
    default: str = "today",
    reset: Sequence[str] = ("from", "to", "resolution"),
) -> html.Nav:
    """Preset periods as links; choosing one drops the words of a custom range."""
    custom = bool(views.word(view, "from"))
    selected = "" if custom else views.word(view, "period", default)
    cleared: dict[str, None] = dict.fromkeys(reset)
    return html.Nav(
        [
            views.link(
                label,
                views.address(
                    path, {k: v for k, v in view.items() if k not in cleared}, period=name
                ),
                store_id=store_id,
                current=name == selected,
                className="preset",
            )
            for name, label in periods
        ],
        className="presets",
        **aria(label="Period"),
    )


def date_field(
    label: str, name: str, value: str, *, control_id: str, latest: str = "", error: str = ""
) -> html.Div:
    """A native date input; `value` and `latest` are YYYY-MM-DD."""
    extra = {"max": latest} if latest else {}
    control = dbc.Input(
        id=control_id, type="date", name=name, value=value, invalid=bool(error) or None, **extra
    )
    return field(label, control, control_id=control_id, error=error)


def choice(
    label: str, name: str, options: Options, value: str, *, control_id: str, error: str = ""
) -> html.Div:
    """One of several, as a native select."""
    control = dbc.Select(
        id=control_id,
        name=name,
        value=value,
        options=[{"value": word, "label": text} for word, text in options],
    )
    return field(label, control, control_id=control_id, error=error)


def choices(
    label: str, name: str, options: Options, values: Sequence[str], *, control_id: str
) -> html.Div:
    """Any of several: a disclosure with a list of check boxes. None chosen means all."""
    chosen = [text for word, text in options if word in values]
    summary = "All" if not chosen else chosen[0] if len(chosen) == 1 else f"{len(chosen)} chosen"
    return html.Div(
        [
            html.Span(label, className="form-label", id=f"{control_id}-label"),
            html.Details(
                [
                    html.Summary(
                        [
                            html.Span(f"{label}: ", className="visually-hidden"),
                            html.Span(summary, className="choices-summary"),
                        ],
                        className="form-select",
                    ),
                    html.Fieldset(
                        [
                            html.Legend(label, className="visually-hidden"),
                            dbc.Checklist(
                                id=control_id,
                                name=name,
                                options=[{"value": word, "label": text} for word, text in options],
                                value=list(values),
                            ),
                        ],
                        className="choices-list",
                    ),
                ],
                className="choices",
            ),
        ],
        className="field",
    )


def hidden(name: str, value: str) -> dcc.Input:
    """A word that travels with a form unseen."""
    return dcc.Input(type="hidden", name=name, value=value)
