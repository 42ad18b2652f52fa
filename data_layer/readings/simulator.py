"""Invents readings of homes: seeded, realistic, millions of rows a second.

Any span may be asked for, in any order and in any parts: a register is a pure function of seed,
meter and time. Each home's use of a day is drawn first, and its registers at midnight are their
running totals; the half hours of a day then share that day's use along a curve with noise.

Every home differs in scale and is away now and then. A meter may have gaps (half hours it never
sent) and may have been exchanged once, at a local midnight. What a home uses in a half hour does
not depend on the first day, so any stored register can be continued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from data_layer.clock import HomeZone
from data_layer.readings.load_shapes import SEASON, WEEKEND_FACTOR, Floats, curve, daily_kwh
from data_layer.readings.model import Ints, Kind, ReadingBatch, SeriesKey

SOURCE = "simulator"
_HALF_HOURS = 48
_AWAY_SHARE = 0.25
"""What a home uses while nobody is in."""
_GAP_SHARE = 0.01
_FOR_HOMES, _FOR_DAYS, _FOR_HALF_HOURS, _FOR_TRIPS, _FOR_GAPS = range(5)


@dataclass(frozen=True, slots=True)
class SimulatedMeter:
    """A meter and the home behind it."""

    meter_id: str
    dwelling_type: str
    has_gaps: bool = False
    exchanged_on: date | None = None
    """Local day at whose midnight a new meter took over, from 0.000."""


def meter_ids(count: int, *, seed: int = 1) -> tuple[str, ...]:
    """Different ids of the form 531-XXX-XXX."""
    numbers = np.random.default_rng(seed).choice(1_000_000, size=count, replace=False)
    return tuple(f"531-{number // 1000:03d}-{number % 1000:03d}" for number in numbers.tolist())


class Simulator:
    """Readings of the given meters since `first_day`, one each local half hour."""

    def __init__(
        self, meters: Sequence[SimulatedMeter], zone: HomeZone, *, first_day: date, seed: int = 1
    ) -> None:
        self._meters = tuple(meters)
        self._series = tuple(SeriesKey(meter.meter_id) for meter in meters)
        self._zone = zone
        self._first_day = first_day
        self._seed = seed
        types = [meter.dwelling_type for meter in meters]
        homes = self._random(_FOR_HOMES, 0)
        scale = homes.lognormal(-0.06, 0.35, len(types))
        self._daily_wh = np.array([daily_kwh(name) for name in types]) * 1000 * scale
        self._curves = {
            weekend: np.array(
                [curve(name, weekend=weekend) for name in types], dtype=np.float32
            ).reshape(len(types), _HALF_HOURS)
            for weekend in (False, True)
        }
        first_registers = homes.integers(1_000_000, 60_000_000, len(types))
        self._midnights: list[Ints] = [first_registers]
        """Register of each meter at the midnight of each day since the first, never reset."""

    def day(self, day: date) -> ReadingBatch:
        """All readings of one local day, midnight included."""
        start = self._zone.day_start(day)
        return self.readings(start, self._zone.day_start(day + timedelta(days=1)))

    def readings(self, start: int, end: int) -> ReadingBatch:
        """Readings in [start, end), sorted by meter and time. O(meters x half hours)."""
        times, registers, kept = self._span(start, end)
        return self._batch(times, registers, kept)

    def continued(self, last_at: Ints, last_wh: Ints, end: int) -> ReadingBatch:
        """Readings of each meter after its last one and before `end`, on from its register.

        One time and value a meter, in the order of the meters and not before the first day; a
        meter whose last time is `end` or later gets none. Whole half hours are the same however
        often and from wherever they are continued.
        """
        start = self._zone.day_start(self._zone.day_of(int(last_at.min(initial=end))))
        times, registers, kept = self._span(start, end)
        if not len(times):
            return self._batch(times, registers, kept)
        known = np.searchsorted(times, last_at, side="right") - 1
        at_last = np.take_along_axis(registers, known[:, np.newaxis], axis=1)
        registers += last_wh[:, np.newaxis] - at_last
        kept &= times > last_at[:, np.newaxis]
        return self._rows(times, registers, kept)

    def _span(self, start: int, end: int) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
        """Half hours in [start, end), every meter's registers at them, and which it sent."""
        count = len(self._meters)
        times: list[Ints] = [np.empty(0, dtype=np.int64)]
        registers: list[Ints] = [np.empty((count, 0), dtype=np.int64)]
        kept: list[npt.NDArray[np.bool_]] = [np.empty((count, 0), dtype=np.bool_)]
        for day in self._days(max(start, self._zone.day_start(self._first_day)), end):
            of_day = self._half_hours(day)
            inside = (of_day >= start) & (of_day < end)
            times.append(of_day[inside])
            registers.append(self._registers(day, of_day)[:, inside])
            kept.append(self._sent(day, len(of_day))[:, inside])
        return (
            np.concatenate(times),
            np.concatenate(registers, axis=1),
            np.concatenate(kept, axis=1),
        )

    def _batch(self, times: Ints, registers: Ints, kept: npt.NDArray[np.bool_]) -> ReadingBatch:
        """Rows by meter and time; where a meter was exchanged, the new one starts at zero."""
        width = len(times)
        openings: list[tuple[int, int]] = []
        for meter, when in self._exchanges():
            after = times > when
            if after.any():
                registers[meter, after] -= self._at_midnight(self._zone.day_of(when))[meter]
            found = np.flatnonzero(times == when)
            openings += [(meter, int(column)) for column in found]
            kept[meter, found] = True
        batch = self._rows(times, registers, kept)
        if not openings:
            return batch
        position = np.cumsum(kept.ravel())
        places = [int(position[meter * width + column]) for meter, column in openings]
        return _with_initials(batch, places)

    def _rows(self, times: Ints, registers: Ints, kept: npt.NDArray[np.bool_]) -> ReadingBatch:
        """What was kept, by meter and time."""
        count, width = registers.shape
        rows = kept.ravel()
        code = np.repeat(np.arange(count, dtype=np.int64), width)[rows]
        read_at = np.tile(times, count)[rows]
        return ReadingBatch.of(self._series, code, read_at, registers.ravel()[rows], source=SOURCE)

    def _exchanges(self) -> list[tuple[int, int]]:
        """Which meters were exchanged since the first day, and when."""
        return [
            (place, self._zone.day_start(meter.exchanged_on))
            for place, meter in enumerate(self._meters)
            if meter.exchanged_on is not None and meter.exchanged_on >= self._first_day
        ]

    def _days(self, start: int, end: int) -> list[date]:
        if end <= start:
            return []
        first, last = self._zone.day_of(start), self._zone.day_of(end - 1)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _half_hours(self, day: date) -> Ints:
        start = self._zone.day_start(day)
        end = self._zone.day_start(day + timedelta(days=1))
        return self._zone.boundaries(start, end, "half_hour")[:-1]

    def _registers(self, day: date, times: Ints) -> Ints:
        """Registers of all meters at the half hours of a day: (meters, half hours)."""
        at_midnight = self._at_midnight(day)
        used = self._at_midnight(day + timedelta(days=1)) - at_midnight
        on_the_clock = self._clock_places(times)
        noise = self._random(_FOR_HALF_HOURS, day.toordinal()).random(
            (len(self._meters), len(times)), dtype=np.float32
        )
        noise += np.float32(0.3)
        noise *= noise
        noise *= self._curves[day.weekday() >= 5][:, on_the_clock]
        share: Floats = np.cumsum(noise, axis=1, dtype=np.float32)
        share *= (used / share[:, -1]).astype(np.float32)[:, np.newaxis]
        registers = np.empty(share.shape, dtype=np.int64)
        registers[:, 0] = at_midnight
        # Rounding in 24 bits may end a hair above the day's use, never above the next midnight.
        registers[:, 1:] = at_midnight[:, np.newaxis] + np.minimum(
            share[:, :-1].astype(np.int64), used[:, np.newaxis]
        )
        return registers

    def _clock_places(self, times: Ints) -> Ints:
        """Which of the 48 half hours the clock shows; some twice or never when it changes."""
        if len(times) == _HALF_HOURS:
            return np.arange(_HALF_HOURS)
        shown = [self._zone.local(epoch) for epoch in times.tolist()]
        return np.array([moment.hour * 2 + moment.minute // 30 for moment in shown])

    def _at_midnight(self, day: date) -> Ints:
        while len(self._midnights) <= (day - self._first_day).days:
            opened = self._first_day + timedelta(days=len(self._midnights) - 1)
            self._midnights.append(self._midnights[-1] + self._used_on(opened))
        return self._midnights[(day - self._first_day).days]

    def _used_on(self, day: date) -> Ints:
        """Wh each home uses on a day."""
        luck = self._random(_FOR_DAYS, day.toordinal()).lognormal(-0.02, 0.2, len(self._meters))
        factor = _season(day) * (WEEKEND_FACTOR if day.weekday() >= 5 else 1.0)
        present = np.where(self._away(day), _AWAY_SHARE, 1.0)
        return np.asarray(np.rint(self._daily_wh * luck * present * factor), dtype=np.int64)

    def _away(self, day: date) -> npt.NDArray[np.bool_]:
        """Homes that are on one of their two journeys of the year; some never travel."""
        trips = self._random(_FOR_TRIPS, day.year)
        shape = (2, len(self._meters))
        leaves = trips.integers(0, 365, shape)
        days = np.where(trips.random(shape) < 0.6, trips.integers(3, 15, shape), 0)
        since = day.timetuple().tm_yday - 1 - leaves
        return np.asarray(((since >= 0) & (since < days)).any(axis=0))

    def _sent(self, day: date, half_hours: int) -> npt.NDArray[np.bool_]:
        """False where a meter with gaps did not send its reading."""
        sent = np.ones((len(self._meters), half_hours), dtype=np.bool_)
        gappy = np.array([n for n, meter in enumerate(self._meters) if meter.has_gaps], dtype=int)
        if len(gappy):
            lots = self._random(_FOR_GAPS, day.toordinal()).random((len(gappy), half_hours))
            sent[gappy] = lots >= _GAP_SHARE
        return sent

    def _random(self, purpose: int, number: int) -> np.random.Generator:
        """Numbers that depend on seed, purpose and day or year alone."""
        return np.random.default_rng((self._seed, purpose, number))


def _season(day: date) -> float:
    """The month's factor, sliding from the middle of one month to that of the next."""
    place = day.month - 1 + (day.day - 15.5) / 30.0
    month = int(place // 1)
    slide = place - month
    return SEASON[month % 12] * (1 - slide) + SEASON[(month + 1) % 12] * slide


def _with_initials(batch: ReadingBatch, places: list[int]) -> ReadingBatch:
    """The batch with an initial reading of zero after the read that stands before each place."""
    rows = np.insert(np.arange(len(batch)), places, np.array(places) - 1)
    widened = batch.take(rows)
    opened = np.array(sorted(places)) + np.arange(len(places))
    value, kind = widened.value_wh.copy(), widened.kind.copy()
    value[opened], kind[opened] = 0, Kind.INITIAL
    return replace(widened, value_wh=value, kind=kind)
