"""The parts of a bill on a page: its head, its lines, its register reads, its versions.

Plain texts in, layout out. Beside each line stand quantity and rate; where there is no room for
two more columns they stand below its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import view
from components.attributes import aria

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line, as it is written."""

    label: str
    quantity: str
    rate: str
    amount: str
    arithmetic: str
    """Quantity and rate in one text."""


Parts = Sequence[tuple[str, Sequence[Line]]]
"""(period, lines); the period is empty when it is that of all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One month or version that may be shown."""

    texts: tuple[str, ...]
    """The first one is the link; a second one stands below it."""
    numbers: tuple[str, ...]
    href: str
    current: bool


def head(title: str, period: str, *, total: str, what: str, facts: Pairs) -> html.Header:
    """Which bill it is, what is to be paid, and for whom."""
    return html.Header(
        [
            html.Div(
                [
                    html.Div([html.H2(title), html.P(period)]),
                    html.Div(
                        [html.P(total, className="number"), html.P(what)], className="bill-total"
                    ),
                ],
                className="bill-title",
            ),
            html.Dl(
                [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts],
                className="bill-facts",
            ),
        ],
        className="bill-head",
    )


def lines(parts: Parts, *, total: str, caption: str, total_name: str = "Total") -> html.Div:
    """All lines and their sum."""
    heads = (
        html.Th("What", scope="col"),
        html.Th("Quantity", scope="col", className="number bill-wide"),
        html.Th("Rate", scope="col", className="number bill-wide"),
        html.Th("Amount", scope="col", className="number"),
    )
    rows: list[Component] = []
    for period, of_period in parts:
        if period:
            rows.append(html.Tr(html.Th(period, colSpan="4", scope="rowgroup")))
        rows += [_line(line) for line in of_period]
    foot = html.Tr(
        [
            html.Th(total_name, scope="row"),
            html.Td(className="bill-wide"),
            html.Td(className="bill-wide"),
            html.Td(total, className="number"),
        ]
    )
    return _table([html.Thead(html.Tr(heads)), html.Tbody(rows), html.Tfoot(foot)], caption)


def _line(line: Line) -> html.Tr:
    name: list[Component | str] = [line.label, html.Span(line.arithmetic, className="bill-narrow")]
    return html.Tr(
        [
            html.Td(name),
            html.Td(line.quantity, className="number bill-wide"),
            html.Td(line.rate, className="number bill-wide"),
            html.Td(line.amount, className="number"),
        ]
    )


def reads(rows: Sequence[tuple[str, str, str, str]], *, consumption: str) -> html.Div:
    """The register at both ends: (which end, when, whether it was read, its value)."""
    body = [
        html.Tr(
            [
                html.Td([html.Span(end, className="bill-end"), at]),
                html.Td(html.Span(how, className=f"state state-{how}") if how else ""),
                html.Td(value, className="number"),
            ]
        )
        for end, at, how, value in rows
    ]
    heads = (
        html.Th("Read at", scope="col"),
        html.Th("How", scope="col"),
        html.Th("Register", scope="col", className="number"),
    )
    foot = html.Tr(
        [html.Th("Consumption", scope="row"), html.Td(), html.Td(consumption, className="number")]
    )
    parts = [html.Thead(html.Tr(heads)), html.Tbody(body), html.Tfoot(foot)]
    return _table(parts, "Register reads")


def choices(heads: Sequence[str], found: Sequence[Choice], *, caption: str, store_id: str) -> Any:
    """Bills to choose from, one a row."""
    rows = [
        html.Tr(
            [
                html.Td(
                    [
                        view.link(
                            each.texts[0], each.href, store_id=store_id, current=each.current
                        ),
                        *[html.Span(text, className="bill-below") for text in each.texts[1:]],
                    ]
                ),
                *[html.Td(number, className="number") for number in each.numbers],
            ],
            className="bill-current" if each.current else None,
        )
        for each in found
    ]
    columns = [
        html.Th(name, scope="col", className="number" if place else None)
        for place, name in enumerate(heads)
    ]
    return _table([html.Thead(html.Tr(columns)), html.Tbody(rows)], caption)


def section(title: str, *children: Component) -> html.Section:
    """A part of the sheet under its heading."""
    return html.Section([html.H3(title), *children], className="bill-section")


def notes(sentences: Sequence[str]) -> html.Ul:
    """What a reader has to know to check the bill."""
    return html.Ul([html.Li(sentence) for sentence in sentences], className="bill-notes")


def _table(parts: Sequence[Component], caption: str) -> html.Div:
    heading = html.Caption(caption, className="visually-hidden")
    return html.Div(
        html.Table([heading, *parts], className="table bill-table"),
        className="table-box",
        tabIndex="0",
        role="region",
        **aria(label=caption),
    )
