"""What a page says when there is nothing to show, something went wrong, or work is under way."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.attributes import aria
from components.shell import icon


def empty(
    title: str, why: str, *actions: Component, symbol: str = "inbox", is_page: bool = False
) -> html.Div:
    """Nothing to show: why that is, and what to do next. With `is_page` it is all there is on
    the page, and its title the page's heading."""
    heading = html.H1 if is_page else html.H2
    return html.Div(
        [
            html.Div(icon(symbol), className="empty-symbol"),
            heading(title, className="empty-title"),
            html.P(why),
            html.Div(list(actions), className="empty-actions") if actions else None,
        ],
        className="empty",
    )


def error(sentence: str) -> html.Div:
    """One sentence about what was refused; announced to screen readers at once."""
    return _notice(sentence, kind="error", symbol="exclamation-circle", role="alert")


def success(sentence: Any) -> html.Div:
    return _notice(sentence, kind="success", symbol="check-circle", role="status")


def warning(sentence: Any) -> html.Div:
    return _notice(sentence, kind="warning", symbol="exclamation-triangle", role="status")


def note(sentence: Any) -> html.Div:
    """A remark that belongs to what is shown, such as its data quality."""
    return _notice(sentence, kind="note", symbol="info-circle")


def _notice(sentence: Any, *, kind: str, symbol: str, role: str | None = None) -> html.Div:
    attributes: dict[str, Any] = {"role": role} if role else {}
    return html.Div(
        [icon(symbol), html.Div(sentence)], className=f"notice notice-{kind}", **attributes
    )


def skeleton(height: int, *, label: str = "Loading") -> html.Div:
    """Holds the room of what is still coming, so that nothing jumps. Height in pixels."""
    return html.Div(
        html.Span(label, className="visually-hidden"),
        className="skeleton",
        style={"height": f"{height}px"},
    )


def waiting(text: str) -> html.Div:
    """Work under way without a known end."""
    return html.Div([dbc.Spinner(size="sm"), html.Span(text)], className="waiting", role="status")


def progress(done: int, total: int, label: str, *, of_bytes: bool = False) -> html.Div:
    """Work under way: a native progress bar with its numbers in words, bytes as MB."""
    counted = (
        f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB" if of_bytes else f"{done:,} of {total:,}"
    )
    known: dict[str, Any] = {"value": str(done), "max": str(total)} if total else {}
    return html.Div(
        [
            html.P([html.Span(label), html.Span(counted if total else "")]),
            html.Progress(**known, **aria(label=label)),
        ],
        className="progress-line",
    )
