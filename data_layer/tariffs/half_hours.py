"""Consumption as a tariff sees it: half hours of whole local days, and what the clock shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from data_layer.clock import HALF_HOUR, HomeZone

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HalfHours:
    """Consecutive half hours of whole local days: 48 a day, 46 or 50 when the clock changes."""

    days: tuple[date, ...]
    opens: Ints
    """Position of each day's first half hour, and of the end: len(days) + 1."""
    starts: Ints
    """Epoch seconds."""
    wh: Ints
    """Consumption, whole Wh, none negative; 0 where nothing is known."""
    clock_minutes: Ints
    """What the local clock shows at each start, minutes since midnight."""
    used_until: int
    """Epoch second; nothing is used from here on, so half hours that start later need no price."""

    @classmethod
    def of(cls, zone: HomeZone, first: date, wh: Ints, *, days: int) -> HalfHours:
        """Half hours of so many days from `first` on. Raises ValueError for another length."""
        dates = tuple(first + timedelta(days=n) for n in range(days))
        midnights = [zone.day_start(first + timedelta(days=n)) for n in range(days + 1)]
        starts = np.arange(midnights[0], midnights[-1], HALF_HOUR, dtype=np.int64)
        if len(wh) != len(starts):
            raise ValueError(f"{days} days from {first} have {len(starts)} half hours")
        if len(wh) and int(wh.min()) < 0:
            raise ValueError("consumption is never negative")
        opens = (np.array(midnights, dtype=np.int64) - midnights[0]) // HALF_HOUR
        minutes = (starts - np.repeat(midnights[:-1], np.diff(opens))) // 60
        for number in np.flatnonzero(np.diff(opens) != 24 * 3600 // HALF_HOUR).tolist():
            place = slice(int(opens[number]), int(opens[number + 1]))
            shown = [zone.local(epoch) for epoch in starts[place].tolist()]
            minutes[place] = [moment.hour * 60 + moment.minute for moment in shown]
        return cls(dates, opens, starts, wh.astype(np.int64), minutes, midnights[-1])

    @property
    def to_price(self) -> int:
        """How many half hours need a price: those that start before `used_until`."""
        return int(np.searchsorted(self.starts, self.used_until))

    @property
    def days_to_price(self) -> tuple[date, ...]:
        """The days that have such half hours."""
        return self.days[: int(np.searchsorted(self.opens[:-1], self.to_price))]

    def up_to(self, end: int) -> HalfHours:
        """The same whole days, with nothing used in half hours that start at `end` or later."""
        wh = np.where(self.starts < end, self.wh, 0)
        return replace(self, wh=wh, used_until=min(end, self.used_until))

    def part(self, first: int, stop: int) -> HalfHours:
        """The days first..stop-1, by position."""
        place = slice(int(self.opens[first]), int(self.opens[stop]))
        return HalfHours(
            self.days[first:stop],
            self.opens[first : stop + 1] - self.opens[first],
            self.starts[place],
            self.wh[place],
            self.clock_minutes[place],
            self.used_until,
        )
