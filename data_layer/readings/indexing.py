"""From day files to an index and back to disk: brought up to date where possible, else rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from data_layer.clock import HomeZone
from data_layer.readings.flush import Day
from data_layer.readings.model import ReadingBatch
from data_layer.readings.order import instants_of
from data_layer.readings.places import Places
from data_layer.readings.store import Progress
from data_layer.readings.tail import Run, Tail
from data_layer.readings.vocabulary import Vocabulary
from data_layer.storage.manifest import DayEntry
from index.day_readings import DayReadings
from index.sorted_index import SortedIndex

READINGS_AT_ONCE = 2_000_000
"""About 20 bytes each."""


@dataclass
class Harvest:
    """Passes days on to the index and keeps what else they say."""

    progress: Progress
    of: int
    entries: dict[date, DayEntry] = field(default_factory=dict)
    amended: list[ReadingBatch] = field(default_factory=list)

    def readings(self, days: Iterable[Day]) -> Iterator[DayReadings]:
        for day in days:
            self.entries[day.day] = day.entry
            if len(day.amended):
                self.amended.append(day.amended)
            self.progress("Reading day files", len(self.entries), self.of)
            yield day.readings


def rebuilt(
    days: Iterable[Day],
    of: int,
    home: tuple[HomeZone, Places, Vocabulary],
    progress: Progress,
) -> tuple[SortedIndex, Tail]:
    """The index of all these days (`of` of them), and the tail of their amended keys."""
    zone, places, words = home
    harvest = Harvest(progress, of)
    index = SortedIndex.build(
        harvest.readings(days), places, grid_phase=zone.grid_phase, progress=progress
    )
    return index, tail_of(harvest.amended, words)


def caught_up(
    present: tuple[SortedIndex, Tail],
    days: Iterable[Day],
    of: int,
    home: tuple[HomeZone, Places, Vocabulary],
    progress: Progress,
) -> tuple[SortedIndex, Tail]:
    """The index and its amended keys once these days (`of` of them) hold what is given.

    Some days at a time, so that a long import needs no more memory than a night.
    """
    (index, amended), (zone, places, words) = present, home
    done = 0
    progress("Taking days into the index", done, of)
    for some in _together(days):
        index = index.updated([day.readings for day in some], places)
        amended = amended_after(amended, some, zone, words)
        done += len(some)
        progress("Taking days into the index", done, of)
    return index, amended


def _together(days: Iterable[Day]) -> Iterator[list[Day]]:
    some: list[Day] = []
    for day in days:
        some.append(day)
        if sum(len(each.readings) for each in some) >= READINGS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def amended_after(amended: Tail, days: Sequence[Day], zone: HomeZone, words: Vocabulary) -> Tail:
    """The amended keys once these days have been replaced."""
    ordinals = [day.day.toordinal() for day in days]
    kept = Tail()
    for run in amended.runs:
        stays = ~np.isin(zone.days_of(instants_of(run.key)), ordinals)
        kept = kept.extended(run.take(stays))
    for day in days:
        kept = kept.extended(Run.of(day.amended, words))
    return kept


def tail_of(batches: Iterable[ReadingBatch], words: Vocabulary) -> Tail:
    tail = Tail()
    for batch in batches:
        tail = tail.extended(Run.of(batch, words))
    return tail
