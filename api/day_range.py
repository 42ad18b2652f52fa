"""A run of whole local days, as calendars are read: its unit, its neighbors, what holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from data_layer.readings.periods import months_later

UNITS = ("year", "month", "week", "day")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayRange:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def unit(self) -> str:
        """`day`, `week` (from Monday), `month` or `year` when it is exactly one, else ""."""
        return next((unit for unit in UNITS if self == whole(unit, self.first)), "")

    def shifted(self, steps: int) -> DayRange:
        """The range that many steps later: calendar units by the calendar, others by length.

        >>> DayRange(date(2026, 3, 1), date(2026, 3, 31)).shifted(-1).last
        datetime.date(2026, 2, 28)
        """
        if self.unit in ("month", "year"):
            months = steps if self.unit == "month" else 12 * steps
            return whole(self.unit, months_later(self.first.replace(day=1), months))
        step = timedelta(days=self.days * steps)
        return DayRange(self.first + step, self.last + step)

    def a_year_earlier(self) -> DayRange:
        """The same dates of the year before; 29 February becomes the 28th, weeks stay weeks."""
        if self.unit == "week":
            return DayRange(self.first - 364 * DAY, self.last - 364 * DAY)
        if self.unit in ("month", "year"):
            return whole(self.unit, months_later(self.first.replace(day=1), -12))
        return DayRange(_year_before(self.first), _year_before(self.last))

    def holders(self) -> tuple[DayRange, ...]:
        """The year and the month that hold it entirely and are longer than it, widest first."""
        wider = (whole("year", self.first), whole("month", self.first))
        return tuple(
            holder for holder in wider if holder.last >= self.last and holder.days > self.days
        )


def whole(unit: str, day: date) -> DayRange:
    """The day, week, month or year in which a day lies."""
    if unit == "day":
        return DayRange(day, day)
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return DayRange(monday, monday + 6 * DAY)
    first = day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)
    return DayRange(first, months_later(first, 1 if unit == "month" else 12) - DAY)


def _year_before(day: date) -> date:
    last_february = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if last_february else day.day)
