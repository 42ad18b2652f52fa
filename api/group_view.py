"""What a government page's address asks for, read once for the page and its exports alike.

    ?region=East&area=Bedok&dwelling=3-room&period=last_month&resolution=day&split=area&per=household

`region`, `area` and `dwelling` may repeat. `period` is a preset; `from` and `to` (whole local
days, both included) replace it. Unknown words are refused by name rather than ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from api.address_choices import PERIODS, RESOLUTIONS
from api.address_words import Words, choice, day, one, several
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings import periods
from data_layer.readings.group_queries import GroupQuery

MOST_BUCKETS = 1500
"""More bars than this are neither readable nor quick; a coarser resolution is taken."""

SPLITS = {
    "none": "Not split",
    "region": "By region",
    "area": "By area",
    "dwelling_type": "By dwelling type",
}
PER = {"total": "Total", "household": "Per household"}
DEFAULT_PERIOD = "last_7_days"
_LENGTH = {"half_hour": 1800, "hour": 3600, "day": 86400, "week": 604800, "month": 2_629_800}
_FINEST = ((3, "half_hour"), (15, "hour"), (120, "day"), (366, "week"), (366 * 12, "month"))


@dataclass(frozen=True, slots=True)
class GroupView:
    """The page's whole state. `first` and `last` are whole local days, both included."""

    regions: tuple[str, ...]
    areas: tuple[str, ...]
    dwelling_types: tuple[str, ...]
    period: str
    first: date
    last: date
    resolution: str
    coarsened: bool
    split_by: str
    per_household: bool
    search: str
    sort: str

    @property
    def filters(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (
            ("regions", self.regions),
            ("areas", self.areas),
            ("dwelling types", self.dwelling_types),
        )

    def without(self, words: Literal["areas", "dwelling_types"]) -> GroupView:
        """The view without its own choice of areas or types: what one may choose among."""
        return replace(self, areas=()) if words == "areas" else replace(self, dwelling_types=())

    def on(self, day: date) -> GroupView:
        """The same groups on one day."""
        return replace(self, first=day, last=day)

    def query(self, zone: HomeZone, *, split_by: str, resolution: str) -> GroupQuery:
        """The room's question for these groups and days."""
        return GroupQuery(
            regions=self.regions,
            areas=self.areas,
            dwelling_types=self.dwelling_types,
            start=zone.day_start(self.first),
            end=zone.day_start(self.last + timedelta(days=1)),
            resolution=resolution,
            split_by=split_by,
        )


def read_view(words: Words, zone: HomeZone, *, now: int) -> GroupView:
    """The view an address asks for, cut at today. Raises BadInput naming field, value and rule."""
    first, last, period = _days(words, zone, now=now)
    last = max(first, min(last, zone.day_of(now)))
    resolution, coarsened = _resolution(words, (last - first).days + 1)
    return GroupView(
        regions=several(words, "region"),
        areas=several(words, "area"),
        dwelling_types=several(words, "dwelling"),
        period=period,
        first=first,
        last=last,
        resolution=resolution,
        coarsened=coarsened,
        split_by=choice(words, "split", SPLITS, "none"),
        per_household=choice(words, "per", PER, "total") == "household",
        search=one(words, "search"),
        sort=one(words, "sort", "-kwh"),
    )


def _days(words: Words, zone: HomeZone, *, now: int) -> tuple[date, date, str]:
    """First and last local day, and the preset they come from, if any."""
    first, last = day(words, "from"), day(words, "to")
    if first and last:
        if last < first:
            raise BadInput(f"to {last} is before from {first}.", field="to")
        return first, last, ""
    period = choice(words, "period", PERIODS, DEFAULT_PERIOD)
    opens, closes = periods.bounds(period, zone, now, None)
    return zone.day_of(opens), zone.day_of(closes - 1), period


def _resolution(words: Words, days: int) -> tuple[str, bool]:
    """The asked resolution, or the one that draws well; coarser when it would be too many bars."""
    usual = next((word for most, word in _FINEST if days <= most), "year")
    asked = choice(words, "resolution", RESOLUTIONS, usual)
    names = list(RESOLUTIONS)
    at = names.index(asked)
    while names[at] in _LENGTH and days * 86400 > MOST_BUCKETS * _LENGTH[names[at]]:
        at += 1
    return names[at], names[at] != asked
