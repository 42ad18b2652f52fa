"""What the usage page shows of one meter, as CSV: every bar, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterator

from api.csv_text import csv_lines, provenance_lines
from api.day_range import DayRange
from api.usage_view import UsageView, epochs_of
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.quantities import to_kwh
from data_layer.readings import queries
from data_layer.readings.model import Scope
from data_layer.readings.queries import SeriesTable

Row = tuple[object, ...]
HEADER = ("start", "end", "kwh", "estimated_kwh", "missing_half_hours")
COMPARED_HEADER = ("compared_start", "compared_end", "compared_kwh")


def export(book: Book, scope: Scope, view: UsageView) -> Iterator[str]:
    """The lines of the file."""
    shown = _series(book, scope, view, view.range)
    compared = None if view.compared is None else _series(book, scope, view, view.compared)
    yield provenance_lines(_provenance(book, view))
    yield from csv_lines([HEADER if compared is None else HEADER + COMPARED_HEADER])
    yield from csv_lines(_rows(book, shown, compared))


def _series(book: Book, scope: Scope, view: UsageView, days: DayRange) -> SeriesTable:
    start, end = epochs_of(days, book.zone)
    return queries.series(
        book.readings,
        scope,
        meter_id=view.meter_id,
        start=start,
        end=end,
        resolution=view.resolution,
    )


def _provenance(book: Book, view: UsageView) -> list[tuple[str, str]]:
    """What a reader of the file has to know to trust it, fact by fact."""
    facts = [
        ("Meterbook", "electricity consumption of one meter"),
        ("meter", view.meter_id),
        ("first day", view.range.first.isoformat()),
        ("last day", view.range.last.isoformat()),
    ]
    if view.compared is not None:
        facts.append(("compared from", view.compared.first.isoformat()))
        facts.append(("compared to", view.compared.last.isoformat()))
    facts.append(("time zone", book.zone.name))
    facts.append(("generated at", book.zone.format(epoch_of(book.clock()))))
    return facts


def _rows(book: Book, shown: SeriesTable, compared: SeriesTable | None) -> Iterator[Row]:
    for n in range(len(shown.known)):
        known = bool(shown.known[n])
        yield (
            *_span(book, shown, n),
            to_kwh(int(shown.consumption_wh[n])) if known else None,
            to_kwh(int(shown.estimated_wh[n])) if known else None,
            int(shown.missing_half_hours[n]),
            *(() if compared is None else _compared(book, compared, n)),
        )


def _compared(book: Book, compared: SeriesTable, n: int) -> Row:
    """The bar behind bar n; nothing when the other days have fewer."""
    if n >= len(compared.known):
        return (None, None, None)
    used = to_kwh(int(compared.consumption_wh[n])) if compared.known[n] else None
    return (*_span(book, compared, n), used)


def _span(book: Book, table: SeriesTable, n: int) -> tuple[str, str]:
    return book.zone.format(int(table.edges[n])), book.zone.format(int(table.edges[n + 1]))
