"""Pictures of a day's prices: bands as stretches of a strip, half-hourly prices as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from components.attributes import aria

COLORS = 8
"""So many bands are told apart by color; further ones begin again with the first."""
HOURS = (0, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive half hours of one price."""

    half_hours: int
    band: int
    """Counts from 0; decides the color."""
    words: str
    """Such as `23:00 to 07:00: Night, SGD 0.1875 / kWh`."""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One kind of day, such as `Mon to Fri`."""

    label: str
    stretches: Sequence[Stretch]


@dataclass(frozen=True, slots=True)
class PriceColumn:
    """One half hour; `price` in the currency's whole unit."""

    price: float
    words: str


def swatch(band: int) -> html.Span:
    """The color of a band, for a legend."""
    return html.Span(className=f"swatch band-{band % COLORS + 1}", **aria(hidden="true"))


def day_strips(rows: Sequence[DayRow]) -> html.Div:
    """A strip for each kind of day, from midnight to midnight, and the hours below."""
    labeled = len(rows) > 1
    return html.Div(
        [*(_strip(row, labeled=labeled) for row in rows), _hours(labeled=labeled)],
        className="day-picture",
    )


def _strip(row: DayRow, *, labeled: bool) -> html.Div:
    stretches = [
        html.Span(
            className=f"day-stretch band-{stretch.band % COLORS + 1}",
            style={"flexGrow": stretch.half_hours},
            title=stretch.words,
        )
        for stretch in row.stretches
    ]
    told = "; ".join(stretch.words for stretch in row.stretches)
    strip = html.Div(
        stretches, className="day-strip", role="img", **aria(label=f"{row.label}. {told}.")
    )
    label = [html.Span(row.label, className="day-label")] if labeled else []
    return html.Div([*label, strip], className="day-row")


def price_columns(
    columns: Sequence[PriceColumn], *, highest: str, lowest: str, label: str
) -> html.Div:
    """A column for each half hour, downwards where the price is below zero."""
    top = max(0.0, *(column.price for column in columns))
    bottom = min(0.0, *(column.price for column in columns))
    height = (top - bottom) or 1.0

    def share(amount: float) -> str:
        return f"{100 * amount / height:.2f}%"

    bars = [
        html.Span(
            html.Span(
                className="price-bar is-negative" if column.price < 0 else "price-bar",
                style={
                    "bottom": share(min(column.price, 0.0) - bottom),
                    "height": share(abs(column.price)),
                },
            ),
            className="price-column",
            title=column.words,
        )
        for column in columns
    ]
    zero = html.Span(className="price-zero", style={"bottom": share(-bottom)})
    return html.Div(
        [
            html.P([html.Span(highest), html.Span(lowest)], className="price-ends"),
            html.Div([zero, *bars], className="price-day", role="img", **aria(label=label)),
            _hours(labeled=False),
        ],
        className="day-picture",
    )


def _hours(*, labeled: bool) -> html.Div:
    marks = html.Div([html.Span(f"{hour:02d}:00") for hour in HOURS], className="day-hours")
    label = [html.Span(className="day-label")] if labeled else []
    return html.Div([*label, marks], className="day-row", **aria(hidden="true"))
