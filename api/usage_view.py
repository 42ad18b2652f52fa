"""What the usage page's address asks for, read once for the page and its export alike.

    ?meter=531-204-118&period=this_month&resolution=day&compare=year

`period` is a preset; `from` and `to` (whole local days, both included) replace it. Without a
resolution the one is taken that draws well.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.address_choices import PERIODS, RESOLUTIONS
from api.address_words import Words, choice, day, one
from api.day_range import DAY, DayRange
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings import periods

DEFAULT_PERIOD = "today"
COMPARISONS = {"": "Nothing", "previous": "Previous period", "year": "Last year"}
LONGEST = {"half_hour": 31, "hour": 62, "day": 1500, "week": 1499 * 7}
"""Most days each resolution draws: never more than 1,500 bars."""
_USUAL = ((2, "half_hour"), (7, "hour"), (92, "day"), (366 * 3, "month"))


@dataclass(frozen=True, slots=True)
class UsageView:
    """The page's whole state."""

    meter_id: str
    period: str
    """The preset the days come from, "" for a custom range."""
    range: DayRange
    resolution: str
    refused_resolution: str
    """The finer one that was asked for, when these days are too many for it; else ""."""
    compare: str
    as_table: bool

    def epochs(self, zone: HomeZone) -> tuple[int, int]:
        """The half-open period [start, end) of the days."""
        return epochs_of(self.range, zone)

    @property
    def compared(self) -> DayRange | None:
        """The days it is compared with."""
        if self.compare == "year":
            return self.range.a_year_earlier()
        return self.range.shifted(-1) if self.compare == "previous" else None


def epochs_of(days: DayRange, zone: HomeZone) -> tuple[int, int]:
    return zone.day_start(days.first), zone.day_start(days.last + DAY)


def read_view(words: Words, zone: HomeZone, *, now: int, may_coarsen: bool = False) -> UsageView:
    """The view an address asks for. Raises BadInput naming field, value and rule; a resolution
    too fine for the days is replaced by the next one that fits when it may be coarsened."""
    days, period = _days(words, zone, now=now)
    usual = usual_resolution(days)
    asked = choice(words, "resolution", {"": "", **RESOLUTIONS}, "") or usual
    drawn = asked if asked in (fitting := drawable_resolutions(days)) else next(iter(fitting))
    if drawn != asked and not may_coarsen:
        raise BadInput(f"{too_fine(asked, days)}: choose a coarser resolution.", field="resolution")
    return UsageView(
        meter_id=one(words, "meter"),
        period=period,
        range=days,
        resolution=drawn,
        refused_resolution="" if drawn == asked else asked,
        compare=choice(words, "compare", COMPARISONS, ""),
        as_table=one(words, "table") == "1",
    )


def too_fine(resolution: str, days: DayRange) -> str:
    """Why these days are not drawn in a resolution; without a full stop."""
    return (
        f"{RESOLUTIONS[resolution]} are drawn for at most {LONGEST[resolution]:,} days, "
        f"these are {days.days:,}"
    )


def usual_resolution(days: DayRange) -> str:
    """The resolution that draws this many days well."""
    return next((word for most, word in _USUAL if days.days <= most), "year")


def drawable_resolutions(days: DayRange) -> dict[str, str]:
    """The resolutions these days can be drawn in, with their labels."""
    return {
        word: label
        for word, label in RESOLUTIONS.items()
        if days.days <= LONGEST.get(word, days.days)
    }


def _days(words: Words, zone: HomeZone, *, now: int) -> tuple[DayRange, str]:
    """The local days, and the preset they come from, if any."""
    first, last = day(words, "from"), day(words, "to")
    first = first or last
    if first:
        last = last or first
        if last < first:
            raise BadInput(f"to {last} is before from {first}.", field="to")
        return DayRange(first, last), ""
    period = choice(words, "period", PERIODS, DEFAULT_PERIOD)
    opens, closes = periods.bounds(period, zone, now, None)
    return DayRange(zone.day_of(opens), zone.day_of(closes - 1)), period
