"""The named periods: five of the source systems, the presets of the pages, in the home's zone.

Calendar periods are whole ones, up to their end even when that lies ahead: a chart keeps its
axis through the day, and answers are cut to what is known anyway.

    last_30min       the half hour that ends at the latest reading at or before now
    today            local midnight to local midnight; yesterday: the day before
    this_week        Monday to Monday
    last_7_days      today and the six days before it
    this_month, last_month, this_year
    last_12_months   this month and the eleven before it
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.errors import BadInput


class Period(StrEnum):
    """Names of periods as they stand in URLs and in the REST contract."""

    LAST_30MIN = "last_30min"
    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_7_DAYS = "last_7_days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_YEAR = "this_year"
    LAST_12_MONTHS = "last_12_months"


SOURCE_PERIODS = (
    Period.LAST_30MIN,
    Period.TODAY,
    Period.THIS_WEEK,
    Period.THIS_MONTH,
    Period.LAST_MONTH,
)
"""The five periods of the source systems, in the order of their cards."""


def bounds(name: str, zone: HomeZone, now: int, latest: int | None) -> tuple[int, int]:
    """Start and end (epochs, half-open) of a named period.

    `latest` is the time of the latest reading at or before now; without one, last_30min is the
    last half hour that has ended. Raises BadInput for an unknown name.
    """
    try:
        period = Period(name)
    except ValueError as error:
        raise BadInput(
            f"period {name[:40]!r} is unknown: use one of {', '.join(Period)}.", field="period"
        ) from error
    if period is Period.LAST_30MIN:
        end = now - (now - zone.grid_phase) % HALF_HOUR if latest is None else latest
        return end - HALF_HOUR, end
    first, after = _days(period, zone.day_of(now))
    return zone.day_start(first), zone.day_start(after)


def _days(period: Period, today: date) -> tuple[date, date]:
    """First day of the period and the day after its last."""
    month = today.replace(day=1)
    monday = today - timedelta(days=today.weekday())
    one = timedelta(days=1)
    spans = {
        Period.TODAY: (today, today + one),
        Period.YESTERDAY: (today - one, today),
        Period.THIS_WEEK: (monday, monday + timedelta(days=7)),
        Period.LAST_7_DAYS: (today - timedelta(days=6), today + one),
        Period.THIS_MONTH: (month, months_later(month, 1)),
        Period.LAST_MONTH: (months_later(month, -1), month),
        Period.THIS_YEAR: (month.replace(month=1), date(today.year + 1, 1, 1)),
        Period.LAST_12_MONTHS: (months_later(month, -11), months_later(month, 1)),
    }
    return spans[period]


def months_later(month: date, count: int) -> date:
    """The first of the month that many months later; earlier when negative."""
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)
