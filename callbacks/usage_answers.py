"""Asks the book what the usage page shows: which meters, how much, bar by bar, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from api.day_range import DayRange, whole
from api.usage_view import UsageView, epochs_of
from data_layer.accounts.model import Account, Role, Viewer
from data_layer.book import Book
from data_layer.clock import FIRST_YEAR, LAST_YEAR
from data_layer.errors import NotFound
from data_layer.readings import queries
from data_layer.readings.model import Action, Consumption, Reading, Scope
from data_layer.readings.periods import SOURCE_PERIODS
from data_layer.readings.queries import SeriesTable

MOST_COUNTED_BY_HALF_HOUR = 31
"""Days; longer ranges are compared by whole days."""
EVER = DayRange(date(FIRST_YEAR + 1, 1, 1), date(LAST_YEAR - 1, 12, 31))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one meter used in the days of the view, and in those it is compared with."""

    view: UsageView
    total: Consumption
    series: SeriesTable
    latest: Reading | None
    whole: DayRange | None = None
    """All calendar years of which anything is known."""
    compared_days: DayRange | None = None
    compared_series: SeriesTable | None = None
    counted: tuple[SeriesTable, SeriesTable] | None = None
    """Both once more, so fine that an unfinished range can be compared over the same part."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Which meter the page is about, and whether the viewer may see it."""

    viewer: Viewer
    meters: tuple[Account, ...]
    """The meters a household switches between; empty for staff, who name one."""
    meter_id: str
    """"" while none is named and the viewer has none."""
    scope: Scope | None
    """What may be seen of the meter; None for no meter, and for one that is not theirs."""
    unknown: str = ""
    """Why it is not shown."""


class NamesMeter(Protocol):
    """A view of which the address may name a meter, else ""."""

    @property
    def meter_id(self) -> str: ...


def seen(
    book: Book, viewer: Viewer, view: NamesMeter, *, action: Action = Action.READ_METER
) -> Seen:
    """Authorize the viewer for the meter the address names, else the household's first."""
    meters = meters_of(book, viewer)
    meter_id = chosen_meter(view, meters)
    if not meter_id:
        return Seen(viewer, meters, "", None)
    try:
        scope = book.authorize(viewer, action, meter_id)
    except NotFound as error:
        return Seen(viewer, meters, meter_id, None, error.sentence)
    return Seen(viewer, meters, meter_id, scope)


def meters_of(book: Book, viewer: Viewer) -> tuple[Account, ...]:
    """The meters a household switches between; empty for staff, who name one."""
    return book.accounts.active_of(viewer.name) if viewer.role is Role.HOUSEHOLD else ()


def chosen_meter(view: NamesMeter, meters: tuple[Account, ...]) -> str:
    """The meter the address names, else the household's first, else ""."""
    return view.meter_id or (meters[0].meter_id if meters else "")


def answer(book: Book, scope: Scope, view: UsageView, meter_id: str) -> Answer:
    """Everything about the days of the view."""

    def total(days: DayRange) -> Consumption:
        start, end = epochs_of(days, book.zone)
        return queries.consumption(book.readings, scope, meter_id=meter_id, start=start, end=end)

    def series(days: DayRange, resolution: str = view.resolution) -> SeriesTable:
        start, end = epochs_of(days, book.zone)
        return queries.series(
            book.readings,
            scope,
            meter_id=meter_id,
            start=start,
            end=end,
            resolution=resolution,
        )

    compared = view.compared
    fine = "half_hour" if view.range.days <= MOST_COUNTED_BY_HALF_HOUR else "day"
    return Answer(
        view=view,
        total=total(view.range),
        series=series(view.range),
        latest=queries.latest(book.readings, scope, meter_id=meter_id),
        whole=_years(total(EVER)),
        compared_days=compared,
        compared_series=series(compared) if compared else None,
        counted=(series(view.range, fine), series(compared, fine)) if compared else None,
    )


def _years(ever: Consumption) -> DayRange | None:
    if ever.start_time is None or ever.end_time is None:
        return None
    return DayRange(
        whole("year", ever.start_time.date()).first, whole("year", ever.end_time.date()).last
    )


def period_totals(book: Book, scope: Scope, meter_id: str) -> tuple[Consumption, ...]:
    """The five periods of the cards."""
    return tuple(
        queries.consumption(book.readings, scope, meter_id=meter_id, period=period)
        for period in SOURCE_PERIODS
    )


def hours(book: Book, viewer: Viewer, meter_id: str, days: DayRange) -> SeriesTable:
    """Every half hour of the days. Raises NotFound for another's meter."""
    scope = book.authorize(viewer, Action.READ_METER, meter_id)
    start, end = epochs_of(days, book.zone)
    return queries.series(
        book.readings, scope, meter_id=meter_id, start=start, end=end, resolution="half_hour"
    )
