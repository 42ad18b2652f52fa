"""What rate bands make of a day: which band prices each half hour, for every kind of day.

Days that look alike are told together, so that "Mon to Fri" and "Sat, Sun" are two shapes and a
tariff without weekdays and months is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from data_layer.tariffs.model import EVERY_MONTH, EVERY_WEEKDAY, MINUTES_A_DAY, TimeOfUse

SLOT_MINUTES = 30
SLOTS = MINUTES_A_DAY // SLOT_MINUTES
_MINUTES = np.arange(0, MINUTES_A_DAY, SLOT_MINUTES, dtype=np.int64)
Slots = tuple[int, ...]
"""For each half hour the place of its band; what no band covers has the place after the last."""


@dataclass(frozen=True, slots=True)
class DayShape:
    """Days on which every half hour has the same band."""

    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Monday."""
    slots: Slots


def day_shapes(energy: TimeOfUse) -> tuple[DayShape, ...]:
    """The kinds of days there are, by month and then by weekday."""
    weeks: dict[tuple[Slots, ...], list[int]] = {}
    for month in sorted(EVERY_MONTH):
        week = tuple(_slots(energy, month, weekday) for weekday in sorted(EVERY_WEEKDAY))
        weeks.setdefault(week, []).append(month)
    return tuple(
        DayShape(frozenset(months), frozenset(weekdays), slots)
        for week, months in weeks.items()
        for slots, weekdays in _alike(week)
    )


def _alike(week: Iterable[Slots]) -> Iterable[tuple[Slots, list[int]]]:
    days: dict[Slots, list[int]] = {}
    for weekday, slots in enumerate(week):
        days.setdefault(slots, []).append(weekday)
    return days.items()


def _slots(energy: TimeOfUse, month: int, weekday: int) -> Slots:
    """The first band that covers a half hour prices it, as in the engine."""
    found = np.full(SLOTS, len(energy.bands), dtype=np.int64)
    for place in reversed(range(len(energy.bands))):
        band = energy.bands[place]
        if month in band.months and weekday in band.weekdays:
            found[band.covers(_MINUTES)] = place
    return tuple(found.tolist())
