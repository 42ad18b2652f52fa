"""What a version's prices look like over a day: bands by kind of day, or half-hourly prices."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

import numpy as np
from dash import html
from dash.development.base_component import Component

from callbacks import tariff_words as words
from components.day_picture import (
    DayRow,
    PriceColumn,
    Stretch,
    day_strips,
    price_columns,
    swatch,
)
from components.tables import table
from data_layer.book import Book
from data_layer.clock import HALF_HOUR, epoch_of
from data_layer.errors import MeterbookError
from data_layer.tariffs.day_shapes import SLOT_MINUTES, DayShape, day_shapes
from data_layer.tariffs.model import EVERY_MONTH, EVERY_WEEKDAY, RateBand, TimeOfUse
from data_layer.tariffs.price_book import StoredSeries


def bands(energy: TimeOfUse, currency: str) -> list[Component]:
    """The bands with their colors, rates and times, and a strip for each kind of day."""
    every = (*energy.bands, energy.otherwise)
    colors = _colors(every)
    rows = [
        (
            html.Span([swatch(colors[band.name]), band.name], className="band-name"),
            words.per_kwh(band.rate, currency),
            words.band_times(band) if place < len(energy.bands) else "at all other times",
        )
        for place, band in enumerate(every)
    ]
    shapes = day_shapes(energy)
    strips = [
        DayRow(_kind_of_day(shape, shapes), _stretches(shape, every, colors, currency))
        for shape in shapes
    ]
    return [
        table(("Band", "Rate", "When"), rows, caption="Rate bands"),
        day_strips(strips),
    ]


def _colors(every: tuple[RateBand, ...]) -> dict[str, int]:
    """Bands of one name have one rate, and one color."""
    return {name: place for place, name in enumerate(dict.fromkeys(band.name for band in every))}


def _kind_of_day(shape: DayShape, shapes: tuple[DayShape, ...]) -> str:
    """`Mon to Fri`, with the months where they matter."""
    parts = []
    if any(one.months != EVERY_MONTH for one in shapes):
        parts.append(words.spans([month - 1 for month in shape.months], words.MONTHS))
    if shape.weekdays != EVERY_WEEKDAY:
        parts.append(words.spans(shape.weekdays, words.DAYS))
    return ", ".join(parts) or "Every day"


def _stretches(
    shape: DayShape, every: tuple[RateBand, ...], colors: dict[str, int], currency: str
) -> list[Stretch]:
    found = []
    begins = 0
    for name, slots in groupby(every[slot].name for slot in shape.slots):
        count = len(list(slots))
        ends = begins + count
        price = next(band.rate for band in every if band.name == name)
        times = f"{words.clock(begins * SLOT_MINUTES)} to {words.clock(ends * SLOT_MINUTES)}"
        told = f"{times}: {name}, {words.per_kwh(price, currency)}"
        found.append(Stretch(count, colors[name], told))
        begins = ends
    return found


def series(book: Book, name: str, currency: str) -> list[Component]:
    """How far a price series reaches, and today's prices, else those of its last day."""
    stored = {one.name: one for one in book.tariffs.price_book.stored()}
    if name not in stored:
        return [
            html.P(
                f"No price of series {name} is stored: bills cannot be made until a file of its "
                "prices is entered below.",
                className="field-error",
            )
        ]
    today = book.zone.day_of(epoch_of(book.clock()))
    shown = min(today, book.zone.day_of(stored[name].end - 1))
    picture = _day(book, name, shown, currency)
    return [html.P(f"Prices are known {reach(book, stored[name])}."), *picture]


def reach(book: Book, stored: StoredSeries) -> str:
    """From when to when prices are stored."""
    first, last = (book.zone.local(at) for at in (stored.start, stored.end))
    gaps = ", with gaps" if stored.has_gaps else ""
    return f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}{gaps}"


def _day(book: Book, name: str, shown: date, currency: str) -> list[Component]:
    start, end = (book.zone.day_start(day) for day in (shown, shown + timedelta(days=1)))
    try:
        found = book.tariffs.price_book.get(name, start, end)
    except MeterbookError:
        return []  # nothing is known of this day, or not all of it
    if int(found.starts[0]) > start or found.end < end:
        return []
    moments = np.arange(start, end, HALF_HOUR, dtype=np.int64)
    places = np.searchsorted(found.starts, moments, side="right") - 1
    amounts = [found.price[place] for place in places.tolist()]
    columns = [
        PriceColumn(
            float(amount),
            f"{book.zone.local(at):%H:%M}: {words.per_kwh(amount, currency)}",
        )
        for at, amount in zip(moments.tolist(), amounts, strict=True)
    ]
    low, high = (words.per_kwh(amount, currency) for amount in (min(amounts), max(amounts)))
    title = f"Prices of {words.day(shown)}"
    return [
        html.H3(title, className="picture-title"),
        price_columns(
            columns,
            highest=f"Highest {high}",
            lowest=f"Lowest {low}",
            label=f"{title}: between {low} and {high}",
        ),
    ]
