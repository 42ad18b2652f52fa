"""Day files that do not hold: left out of what is shown, and nothing is guessed across them.

    2026-11-19        2026-11-20 does not hold        2026-11-21
    o----o----o       | nobody knows what was read |  o----o----o
              '......... unknown, never zero .........' opens a segment

The meter may have been exchanged on a lost day, so a difference across it could be wrong, even
negative. Between two readings with part of a lost day between them the register is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from shlex import quote

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.readings.flush import Day, read_day
from data_layer.readings.order import codes_of, instants_of
from data_layer.readings.store import Progress
from data_layer.readings.tail import Run
from data_layer.storage.day_files import DayFiles
from data_layer.storage.manifest import DayEntry
from index.build import used_keys
from index.day_readings import Key
from index.history import INITIAL


@dataclass(frozen=True)
class StockTaking:
    """Every day file, read once."""

    entries: dict[date, DayEntry] = field(default_factory=dict)
    """Of the files that hold."""
    lost: dict[date, str] = field(default_factory=dict)
    """What is wrong with the others."""


def take_stock(
    files: DayFiles,
    zone: HomeZone,
    expected: Mapping[date, DayEntry | None],
    progress: Progress,
) -> StockTaking:
    """Read the day files one by one; where None is expected, any file that can be read holds."""
    found = StockTaking()
    for number, day in enumerate(sorted(expected), start=1):
        try:
            found.entries[day] = read_day(files, zone, day, expect=expected[day]).entry
        except Corrupt as error:
            found.lost[day] = _what_is_wrong(files, zone, day, error)
        progress("Taking stock of the day files", number, len(expected))
    return found


def _what_is_wrong(files: DayFiles, zone: HomeZone, day: date, error: Corrupt) -> str:
    path = files.path(day)
    if not path.exists():
        return error.sentence
    try:
        read_day(files, zone, day)
    except Corrupt as unreadable:
        away = f"mv {quote(str(path))} {quote(f'{path}.damaged')}"
        return f"{unreadable.sentence} To go on without it, type: ({away})."
    return error.sentence


def after_lost(days: Iterable[Day], lost: Collection[date]) -> Iterator[Day]:
    """Days in order, where a series' first reading after a lost one opens a segment."""
    ahead = sorted(lost)
    seen: set[Key] = set()
    awaited: set[Key] = set()
    for day in days:
        if ahead and ahead[0] < day.day:
            ahead = [other for other in ahead if other > day.day]
            awaited = set(seen)
        seen |= used_keys([day.readings])
        yield _opened(day, awaited) if awaited else day


def _opened(day: Day, awaited: set[Key]) -> Day:
    """The day with a segment opened for every series that is awaited; it no longer is then."""
    readings = day.readings
    firsts = readings.pointer[:-1][np.diff(readings.pointer) > 0]
    keys = [readings.series[code] for code in readings.code[firsts].tolist()]
    opens = firsts[np.array([key in awaited for key in keys], dtype=np.bool_)]
    awaited.difference_update(keys)
    if not len(opens):
        return day
    kinds, kept = readings.kinds.copy(), np.ones(len(readings), dtype=np.bool_)
    kinds[opens] = INITIAL
    # A read that closes the lost segment where another opens says nothing any more.
    follower = np.minimum(opens + 1, len(readings) - 1)
    kept[opens] = (
        (follower == opens)
        | (readings.code[follower] != readings.code[opens])
        | (readings.times[follower] != readings.times[opens])
    )
    opened = replace(
        readings,
        code=readings.code[kept],
        times=readings.times[kept],
        values=readings.values[kept],
        kinds=kinds[kept],
    )
    return replace(day, readings=opened)


def spans_of(lost: Iterable[date], zone: HomeZone) -> tuple[tuple[int, int], ...]:
    """The lost days as instants [start, end), in order."""
    return tuple(
        (zone.day_start(day), zone.day_start(day + timedelta(days=1))) for day in sorted(lost)
    )


def opened_across(rows: Run, lost: Iterable[tuple[int, int]]) -> Run:
    """Effective readings in order of their keys, a segment opened wherever part of a lost day
    lies between one and the reading before it."""
    code, at = codes_of(rows.key), instants_of(rows.key)
    opens = np.zeros(len(rows), dtype=np.bool_)
    for start, end in lost:
        opens[1:] |= (at[:-1] < end) & (at[1:] > start)
    opens[1:] &= code[1:] == code[:-1]
    key = rows.key | opens
    kept = np.ones(len(rows), dtype=np.bool_)
    kept[:-1] = key[:-1] != key[1:]
    return replace(rows, key=key).take(kept)
