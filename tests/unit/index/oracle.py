"""A slow, obviously right answer to every question the index can be asked: dicts and whole numbers.

It walks pairs of neighboring readings and never looks at more than one register at a time.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from index.day_readings import DayReadings, Key, Path
from index.history import INITIAL, READ

Row = tuple[int, int, int]
"""(time, kind, value)."""
Measure = tuple[int, int, int, int]
MAXIMUM_WH = 999_999_999_999


def between(one: Row, other: Row, t: int) -> int:
    (t0, _, v0), (t1, _, v1) = one, other
    return v0 + (v1 - v0) * (t - t0) // (t1 - t0)


class Series:
    """One register."""

    def __init__(self, rows: list[Row], phase: int) -> None:
        self.rows = sorted(rows)
        self.phase = phase
        self.times = {time for time, _, _ in rows}
        self.spans = [(a, b) for a, b in pairwise(self.rows) if b[1] == READ and a[0] < b[0]]
        self.begins, self.ends = [a[0] for a, _ in self.spans], [b[0] for _, b in self.spans]
        self.energy: dict[int, int] = {}
        known: dict[int, int] = {}
        for a, b in self.spans:
            for s in self.half_hours(a[0], b[0]):
                low, high = max(s, a[0]), min(s + 1800, b[0])
                self.energy[s] = self.energy.get(s, 0) + between(a, b, high) - between(a, b, low)
                known[s] = known.get(s, 0) + high - low
        self.full = {s for s, seconds in known.items() if seconds == 1800}

    def half_hours(self, a: int, b: int) -> range:
        return range((a - self.phase) // 1800 * 1800 + self.phase, b, 1800)

    def measured(self, s: int) -> bool:
        return s in self.full and s in self.times and s + 1800 in self.times

    def spans_in(self, a: int, b: int) -> list[tuple[Row, Row]]:
        """Spans that share time with [a, b); none begins before the one ahead of it ends."""
        return self.spans[bisect_right(self.ends, a) : bisect_left(self.begins, b)]

    def energy_of(self, a: int, b: int) -> int:
        total = 0
        for one, other in self.spans_in(a, b):
            low, high = max(a, one[0]), min(b, other[0])
            total += between(one, other, high) - between(one, other, low)
        return total

    def bucket(self, a: int, b: int) -> Measure:
        estimated = missing = 0
        for s in self.half_hours(a, b):
            if s in self.energy and not self.measured(s):
                whole = a <= s and s + 1800 <= b
                estimated += (
                    self.energy[s] if whole else self.energy_of(max(a, s), min(b, s + 1800))
                )
            missing += a <= s and s not in self.full
        return self.energy_of(a, b), estimated, missing, int(a < b and bool(self.spans_in(a, b)))

    def register(self, t: int, *, opening: bool = False) -> int:
        exact = [value for time, _, value in self.rows if time == t]
        if exact:
            return exact[-1 if opening else 0]
        return next((between(a, b, t) for a, b in self.spans if a[0] < t < b[0]), -1)

    def known(self, start: int, end: int) -> tuple[int, int] | None:
        spans = [(a[0], b[0]) for a, b in self.spans] + [(t, t) for t in self.times]
        cut = [(max(a, start), min(b, end)) for a, b in spans if a <= end and b >= start]
        return (min(a for a, _ in cut), max(b for _, b in cut)) if cut else None

    def cut_out(self, start: int, end: int) -> list[Row]:
        inside = [row for row in self.rows if start <= row[0] <= end]
        before = [row for row in self.rows if row[0] < start][-1:]
        after = [row for row in self.rows if row[0] > end][:1]
        return before + inside + after


@dataclass
class Home:
    """All readings of a home, and its local days."""

    midnights: list[int]
    phase: int
    readings: dict[Key, dict[tuple[int, int], int]] = field(default_factory=dict)
    places: dict[Key, Path | None] = field(default_factory=dict)
    walked: dict[Key, tuple[dict[tuple[int, int], int], Series]] = field(default_factory=dict)
    """Each register as it was last walked through, and the readings it had then."""

    def series(self, key: Key) -> Series:
        present = self.readings[key]
        if key not in self.walked or self.walked[key][0] != present:
            rows = [(time, kind, value) for (time, kind), value in present.items()]
            self.walked[key] = (present.copy(), Series(rows, self.phase))
        return self.walked[key][1]

    def keys(self) -> list[Key]:
        return sorted(key for key, rows in self.readings.items() if rows)

    def day(self, number: int) -> DayReadings:
        start, end = self.midnights[number], self.midnights[number + 1]
        series = tuple(self.readings)
        rows = [
            (code, time, kind, value)
            for code, key in enumerate(series)
            for (time, kind), value in sorted(self.readings[key].items())
            if start <= time < end
        ]
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
        kinds = columns[:, 2].astype(np.uint8)
        return DayReadings(
            number, start, end, series, columns[:, 0], columns[:, 1], columns[:, 3], kinds
        )

    def days(self) -> Iterator[DayReadings]:
        return (day for n in range(len(self.midnights) - 1) if len(day := self.day(n)))

    def cell(self, path: Path, a: int, b: int) -> Measure:
        members = [key for key in self.keys() if self.places.get(key) == path]
        found = {key: self.series(key).bucket(a, b) for key in members}
        meters = {key[0] for key, measure in found.items() if measure[3]}
        sums = (sum(measure[n] for measure in found.values()) for n in range(3))
        consumption, estimated, missing = sums
        return consumption, estimated, missing, len(meters)

    def top(self, start: int, end: int) -> dict[str, int]:
        sums: dict[str, int] = {}
        for key in self.keys():
            if key in self.places and self.places[key] is None:
                continue
            consumption, _, _, reporting = self.series(key).bucket(start, end)
            if reporting:
                sums[key[0]] = sums.get(key[0], 0) + consumption
        return sums


def random_home(seed: int) -> Home:
    """Days of 23 to 25 hours, some far from the rest, in a zone on or off the half hour."""
    rng = random.Random(seed)
    phase = rng.choice([0, 0, 900])
    astray = rng.choice([0, 0, 0, 0, 600])
    moment = 19_700 * 86_400 + rng.randrange(48) * 1800 + phase + astray
    midnights = [moment]
    for _ in range(rng.choice([70, 130])):
        moment += 86_400 + rng.choice([0] * 12 + [3600, -3600])
        midnights.append(moment)
    home = Home(midnights, phase)
    for _ in range(rng.randint(1, 5)):
        add_series(home, rng)
    return home


def add_series(home: Home, rng: random.Random) -> None:
    key = (f"m{rng.randint(1, 4)}", rng.choice(["S", "DY", "NT"]))
    home.readings.setdefault(key, {})
    place(home, key, rng)
    for number in rng.sample(range(len(home.midnights) - 1), rng.randint(1, 3)):
        write_days(home, key, number, rng.randint(1, 3), rng)


def place(home: Home, key: Key, rng: random.Random) -> None:
    home.places = {other: path for other, path in home.places.items() if other != key}
    choice = rng.randint(0, 5)
    if choice:
        area = ("East", f"area {choice % 3}", "3-room")
        home.places[key] = None if choice == 5 else area


def write_days(home: Home, key: Key, first: int, count: int, rng: random.Random) -> None:
    """Readings of some days in one of the shapes that meters have."""
    last = min(len(home.midnights) - 1, first + count)
    start, end = home.midnights[first], home.midnights[last]
    rows = home.readings[key]
    for old in [old for old in rows if start <= old[0] < end]:
        del rows[old]
    before = [rows[old] for old in sorted(rows) if old[0] < start]
    value = before[-1] if before else rng.choice([0, 5, 2**31 - 1, 2**31, MAXIMUM_WH - 10**7])
    shape = rng.choice(["half hours", "half hours", "irregular", "sparse", "single", "none"])
    steps = {"half hours": [1800], "irregular": [1800, 900, 1237, 4000], "sparse": [30_000, 43_200]}
    moment = start + rng.choice([0, 0, 0, 1800, 700])
    while moment < end and shape != "none":
        event = rng.random()
        if event > 0.08 or shape == "single":
            value = min(MAXIMUM_WH, value + rng.choice([0, 1, 350, 999, 10**6]))
            if event > 0.995:
                value = min(MAXIMUM_WH, value + rng.choice([2**31 - 2, 2**31 - 1, 2**31, 10**11]))
            rows[moment, READ] = value
        if event < 0.015 or 0.08 < event < 0.1:
            value = rng.choice([0, 7, value, 2**31])
            rows[moment, INITIAL] = value
        if shape == "single":
            return
        moment += rng.choice(steps[shape]) * (1 if rng.random() > 0.05 else rng.randint(1, 60))


def change(home: Home, rng: random.Random) -> set[int]:
    """Something that happens to a home; gives back the days whose content it touches."""
    act = rng.choice(["append", "correct", "remove", "rewrite", "new series", "clear"])
    days = range(len(home.midnights) - 1)
    before = {key: dict(rows) for key, rows in home.readings.items()}
    if act == "new series":
        add_series(home, rng)
        return _differing(home, before)
    key = rng.choice(list(home.readings))
    rows = home.readings[key]
    if act == "append" and rows:
        last = max(rows)[0]
        number = next(n for n in reversed(days) if home.midnights[n] <= last)
        write_days(home, key, min(number + 1, len(days) - 1), 1, rng)
    elif act == "correct" and rows:
        chosen = rng.choice(list(rows))
        rows[chosen] = max(0, rows[chosen] + rng.choice([-400, -1, 1, 400, 10**9]))
    elif act == "remove" and rows:
        for chosen in rng.sample(list(rows), min(len(rows), rng.randint(1, 5))):
            del rows[chosen]
    elif act == "clear":
        rows.clear()
    else:
        write_days(home, key, rng.choice(days), rng.randint(1, 4), rng)
    return _differing(home, before)


def _differing(home: Home, before: dict[Key, dict[tuple[int, int], int]]) -> set[int]:
    touched = set()
    for key, rows in home.readings.items():
        old = before.get(key, {})
        for time, _ in {k for k in {*rows, *old} if rows.get(k) != old.get(k)}:
            touched.add(next(n for n, m in enumerate(home.midnights[1:]) if time < m))
    return touched
