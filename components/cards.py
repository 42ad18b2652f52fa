"""Cards: a surface with a heading, and the figure cards that answer one question each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import view as views
from components.attributes import aria


@dataclass(frozen=True, slots=True)
class Figure:
    """One number a card shows, already written for people."""

    title: str
    value: str
    """Such as `12.345`; an em dash when unknown."""
    unit: str = "kWh"
    facts: tuple[tuple[str, str], ...] = ()
    """Small (label, value) lines below the number."""
    note: str = ""
    href: str = ""
    """Address of the view that shows the same period; makes the title a link."""
    current: bool = False
    """This period is the one that is shown."""


def figure_cards(figures: Sequence[Figure], *, store_id: str = "", label: str) -> html.Section:
    """A row of figure cards; it wraps on small screens."""
    return html.Section(
        html.Ul([html.Li(_figure_card(figure, store_id)) for figure in figures], className="cards"),
        **aria(label=label),
    )


def _figure_card(figure: Figure, store_id: str) -> html.Div:
    title: Component | str = figure.title
    if figure.href:
        title = views.link(figure.title, figure.href, store_id=store_id, current=figure.current)
    facts = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in figure.facts]
    return html.Div(
        [
            html.H2(title, className="card-label"),
            html.P(
                [
                    html.Span(figure.value, className="number"),
                    html.Span(f" {figure.unit}", className="unit"),
                ],
                className="card-value",
            ),
            html.Dl(facts, className="card-facts") if facts else None,
            html.P(figure.note, className="card-note") if figure.note else None,
        ],
        className="figure-card",
    )


def panel(
    children: Any,
    *,
    title: str = "",
    actions: Sequence[Component] = (),
    panel_id: str | None = None,
    level: int = 2,
) -> html.Section:
    """A surface on the page with an optional heading and buttons at its right."""
    heading = {2: html.H2, 3: html.H3}[level]
    attributes: dict[str, Any] = {"id": panel_id} if panel_id else {}
    head = [
        html.Div(
            [
                heading(title, className="panel-title"),
                html.Div(list(actions), className="panel-actions"),
            ],
            className="panel-head",
        )
    ]
    return html.Section(
        [*(head if title or actions else []), html.Div(children)], className="panel", **attributes
    )


def page_head(title: str, *, lead: Any = None, actions: Sequence[Component] = ()) -> html.Div:
    """The page's one h1 with a sentence below it and actions beside it."""
    return html.Div(
        [
            html.Div([html.H1(title), html.P(lead, className="lead") if lead else None]),
            html.Div(list(actions), className="page-actions") if actions else None,
        ],
        className="page-head",
    )
