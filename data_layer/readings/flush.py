"""Merge readings into the day files they belong to, and turn day files into what the index takes.

    sealed readings --split by local day--> day file + new rows, by key --> .tmp, fsync, rename

    day file --read, scanned, SHA-256 beside--> effective readings of the day (index)
                                                  keys with revisions, voids, suspects

Merging again what was merged before changes nothing: a crash anywhere is followed by a repeat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.readings.codec import (
    decode_day,
    encode_day,
    merge_day,
    scan_day,
)
from data_layer.readings.column_reader import Scanned
from data_layer.readings.model import Ints, ReadingBatch
from data_layer.readings.order import effective, instants_of, is_plain, packed
from data_layer.readings.tail import Run, Tail
from data_layer.readings.vocabulary import Vocabulary
from data_layer.storage.day_files import DayFiles
from data_layer.storage.manifest import DayEntry
from index.day_readings import DayReadings

THREADS = 2
LOOKAHEAD = 4
NOTHING_AMENDED = ReadingBatch.from_readings([])
Work = TypeVar("Work")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Day:
    """One day file, read: its account, what the index takes of it, and what is out of the usual."""

    day: date
    entry: DayEntry
    readings: DayReadings
    amended: ReadingBatch
    """All rows of keys that were corrected, voided or are suspect."""


def merge_into_days(
    files: DayFiles,
    zone: HomeZone,
    rows: Sequence[Run],
    words: Vocabulary,
    expected: Mapping[date, DayEntry],
    done: Callable[[int, int], None],
    writing: Callable[[date], None],
) -> dict[date, DayEntry]:
    """Write every day file the rows belong to, durably, a few days in memory at a time.

    `done` hears how many of how many days, `writing` each day that is about to be written. Raises
    Unavailable when the disk refuses, Corrupt when a file contradicts the rows or is not as
    expected: nothing is merged into what has rotted.
    """
    parts = [ByDay.of(run, zone) for run in rows]
    days = np.unique(np.concatenate([np.zeros(0, np.int64), *(part.days for part in parts)]))

    def merge(ordinal: int) -> tuple[date, DayEntry]:
        day = date.fromordinal(ordinal)
        whole = merged_day(files, day, parts, words, expect=expected.get(day))
        writing(day)
        return day, files.write(day, encode_day(whole, zone), rows=len(whole))

    entries: dict[date, DayEntry] = {}
    done(0, len(days))
    for day, entry in _in_threads(merge, iter(days.tolist())):
        entries[day] = entry
        done(len(entries), len(days))
    return entries


def merged_day(
    files: DayFiles,
    day: date,
    parts: Sequence[ByDay],
    words: Vocabulary,
    *,
    expect: DayEntry | None,
) -> ReadingBatch:
    """A day's stored rows and those of the parts, by key. Raises Corrupt as `merge_into_days`."""
    found = [own for part in parts if (own := part.on(day.toordinal())) is not None]
    stored = files.read(day)
    _require(files.path(day), stored, expect)
    existing = None if stored is None else decode_day(stored, name=str(files.path(day)))
    return merge_day(existing, Tail(tuple(found)).batch(words))


def _require(path: Path, stored: bytes | None, expect: DayEntry | None) -> None:
    if expect is None:
        return
    if stored is None or hashlib.sha256(stored).hexdigest() != expect.sha256:
        raise Corrupt(
            f"{path} is not what the manifest says it is: nothing is merged into it. Restore it, "
            "or stop the server and remove the manifest to take the day files as they are."
        )


@dataclass(frozen=True, slots=True)
class ByDay:
    """A run, and where each day's rows stand in it."""

    run: Run
    days: Ints
    order: npt.NDArray[np.int32]
    starts: Ints

    @classmethod
    def of(cls, run: Run, zone: HomeZone) -> ByDay:
        day = zone.days_of(instants_of(run.key)).astype(np.int32)
        order = np.argsort(day, kind="stable").astype(np.int32)
        days, starts = np.unique(day[order], return_index=True)
        return cls(run, days.astype(np.int64), order, np.append(starts, len(day)))

    def on(self, ordinal: int) -> Run | None:
        """The rows of a day, in their order."""
        place = int(np.searchsorted(self.days, ordinal))
        if place == len(self.days) or self.days[place] != ordinal:
            return None
        rows = self.order[self.starts[place] : self.starts[place + 1]]
        return self.run.take(rows.astype(np.int64))


def read_days(
    files: DayFiles,
    zone: HomeZone,
    expected: Mapping[date, DayEntry | None],
    days: Sequence[date],
) -> Iterator[Day]:
    """Read day files. Raises Corrupt when one is not as expected; None expects nothing."""

    def read(day: date) -> Day:
        return read_day(files, zone, day, expect=expected[day])

    return _in_threads(read, iter(days))


def read_day(files: DayFiles, zone: HomeZone, day: date, *, expect: DayEntry | None = None) -> Day:
    """Read one day file. Raises Corrupt when it is missing, unreadable or not as expected."""
    path, stored = files.path(day), files.read(day)
    if stored is None:
        raise Corrupt(f"{path} is missing.")
    with ThreadPoolExecutor(max_workers=1) as beside:
        checking = beside.submit(hashlib.sha256, stored)
        scanned = scan_day(stored, rows=0 if expect is None else expect.rows)
        digest = checking.result().hexdigest()
    if expect is not None and digest != expect.sha256:
        raise Corrupt(f"{path} is not what the manifest says it is.")
    entry = DayEntry(0, len(stored), digest)
    try:
        if scanned is not None:
            return _as_usual_day(day, replace(entry, rows=len(scanned)), scanned, zone)
        batch = decode_day(stored, name=str(path))
        return _as_day(day, replace(entry, rows=len(batch)), batch, zone)
    except ValueError as error:
        raise Corrupt(f"{path} cannot be a day file: {error}.") from error


def amended_rows(batch: ReadingBatch) -> ReadingBatch:
    """All rows of the keys of which any row is a correction, void or suspect."""
    plain = is_plain(batch)
    if plain.all():
        return batch.take(np.zeros(0, dtype=np.int64))
    key = packed(batch.series_code, batch.read_at, batch.kind)
    return batch.take(np.isin(key, key[~plain]))


def _as_day(day: date, entry: DayEntry, batch: ReadingBatch, zone: HomeZone) -> Day:
    counting = effective(batch)
    readings = DayReadings(
        day_ordinal=day.toordinal(),
        start=zone.day_start(day),
        end=zone.day_start(day + timedelta(days=1)),
        series=counting.series,
        code=counting.series_code.astype(np.int32),
        times=counting.read_at,
        values=counting.value_wh,
        kinds=counting.kind,
    )
    return Day(day, entry, readings, amended_rows(batch))


def _as_usual_day(day: date, entry: DayEntry, scanned: Scanned, zone: HomeZone) -> Day:
    """A day without corrections, voids and suspects: all of it counts, as it stands."""
    readings = DayReadings(
        day_ordinal=day.toordinal(),
        start=zone.day_start(day),
        end=zone.day_start(day + timedelta(days=1)),
        series=scanned.series,
        code=scanned.code,
        times=scanned.times,
        values=scanned.values,
        kinds=scanned.kinds,
    )
    return Day(day, entry, readings, NOTHING_AMENDED)


def _in_threads(work: Callable[[Work], Done], items: Iterator[Work]) -> Iterator[Done]:
    """Results in order, a few items ahead, so that memory stays bounded."""
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="days") as pool:
        ahead = [pool.submit(work, item) for item in islice(items, LOOKAHEAD)]
        while ahead:
            result = ahead.pop(0).result()
            ahead += [pool.submit(work, item) for item in islice(items, 1)]
            yield result
