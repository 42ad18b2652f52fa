"""Days of readings as rows, parsed once and kept while they fit: day files plus tails.

A day file is known by its inode, size and time of change, so that one replaced by a seal is read
again. What the tails hold of a day is merged in by key: a row that a running seal has brought
into the file already is still there once.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from datetime import date, timedelta
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from data_layer.clock import HomeZone
from data_layer.readings.codec import decode_day, merge_day
from data_layer.readings.model import ReadingBatch, RowFilter
from data_layer.readings.order import instants_of
from data_layer.readings.row_filter import matches
from data_layer.readings.tail import Run, Tail
from data_layer.readings.view import View
from data_layer.storage.day_files import DayFiles

ROWS_KEPT = 1_000_000
"""About 75 bytes each."""
COUNTS_KEPT = 100_000
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key, the least recently used dropped once their sizes exceed the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._size = 0

    def kept(self, key: Hashable) -> Value | None:
        """The value if it is still kept."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def get(self, key: Hashable, make: Callable[[], tuple[Value, int]]) -> Value:
        """The value kept, or a new one; `make` gives it with its size."""
        kept = self.kept(key)
        if kept is not None:
            return kept
        value, size = make()
        with self._lock:
            if key not in self._values:
                self._values[key] = (value, size)
                self._size += size
            while self._size > self._limit and len(self._values) > 1:
                self._size -= self._values.popitem(last=False)[1][1]
        return value


class ParsedDays:
    """Reads days for the admin's grid."""

    def __init__(self, files: DayFiles, zone: HomeZone) -> None:
        self._files = files
        self._zone = zone
        self._parsed: Kept[ReadingBatch] = Kept(ROWS_KEPT)
        self._matching: Kept[int] = Kept(COUNTS_KEPT)
        self._days_of_run: WeakKeyDictionary[Run, Counter[date]] = WeakKeyDictionary()
        self._lock = Lock()

    def read(self, view: View, day: date) -> ReadingBatch:
        """All rows of a day in the order of the day file. Raises Corrupt."""
        stamp = self.stamp(day)
        tails = self._tails_on(view, day)
        if not tails:
            return self._parsed.get((day, stamp), lambda: _sized(self._parse(view, day)))

        def merge() -> tuple[ReadingBatch, int]:
            return _sized(merge_day(self._parse(view, day), self._rows_on(tails, view, day)))

        return self._parsed.get((day, stamp, view.published, len(view.tails)), merge)

    def count(self, view: View, day: date) -> int:
        """How many rows a day has; without reading it where that is known."""
        closed, opened = Tail(tuple(_runs(view.tails[:-1]))), view.tails[-1]
        if self._count_in(closed, day):
            # A seal that runs or failed may have brought some of them into the file.
            return len(self.read(view, day))
        entry = view.manifest.days.get(day)
        return (0 if entry is None else entry.rows) + self._count_in(opened, day)

    def matching(self, view: View, day: date, wanted: RowFilter) -> int:
        """How many rows of a day pass a filter."""
        published = view.published if self._tails_on(view, day) else -1

        def count() -> tuple[int, int]:
            return int(matches(self.read(view, day), wanted).sum()), 1

        return self._matching.get((day, self.stamp(day), published, wanted), count)

    def in_tails(self, view: View) -> set[date]:
        """Days of which the tails hold rows."""
        return {day for run in _runs(view.tails) for day in self._days(run)}

    def is_unsettled(self, view: View, day: date) -> bool:
        """Whether the tails, or what was corrected, hold rows of the day."""
        runs = (*_runs(view.tails), *view.amended.runs)
        return any(self._days(run)[day] for run in runs)

    def stamp(self, day: date) -> tuple[int, int, int] | None:
        """By which a day's file is known from another; None without one."""
        try:
            found = self._files.path(day).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _parse(self, view: View, day: date) -> ReadingBatch:
        """The day file's rows. Of a day the view knows no file of, all there is is in its tails:
        a file there may be one that does not hold."""
        stored = self._files.read(day) if day in view.manifest.days else None
        if stored is None:
            return ReadingBatch.from_readings([])
        return decode_day(stored, name=str(self._files.path(day)))

    def _days(self, run: Run) -> Counter[date]:
        """How many rows of a run stand on each day; worked out once a run."""
        with self._lock:
            known = self._days_of_run.get(run)
        if known is None:
            ordinals = self._zone.days_of(instants_of(run.key))
            found, counts = np.unique(ordinals, return_counts=True)
            pairs = zip(found.tolist(), counts.tolist(), strict=True)
            known = Counter({date.fromordinal(ordinal): count for ordinal, count in pairs})
            with self._lock:
                self._days_of_run[run] = known
        return known

    def _count_in(self, tail: Tail, day: date) -> int:
        return sum(self._days(run)[day] for run in tail.runs)

    def _tails_on(self, view: View, day: date) -> list[Run]:
        return [run for run in _runs(view.tails) if self._days(run)[day]]

    def _rows_on(self, runs: list[Run], view: View, day: date) -> ReadingBatch:
        start = self._zone.day_start(day)
        end = self._zone.day_start(day + timedelta(days=1))
        found = []
        for run in runs:
            instants = instants_of(run.key)
            found.append(run.take(np.flatnonzero((instants >= start) & (instants < end))))
        return Tail(tuple(found)).batch(view.words)


def _runs(tails: tuple[Tail, ...]) -> list[Run]:
    return [run for tail in tails for run in tail.runs]


def _sized(batch: ReadingBatch) -> tuple[ReadingBatch, int]:
    return batch, len(batch) + 1
