"""End of a log's life: merged into its day files, taken into the index, put aside.

    1 log.txt -> sealed-<n>.txt, its tail closed          uploads go on into a new log and tail
    2 each touched day file replaced by itself + new rows
    3 manifest: rows, checksums, flushed through <n>
    4 index updated or rebuilt, snapshot written
    5 one assignment: readers see the new index and the open tail
    6 sealed log -> logs/sealed/, kept 35 days

A crash or a full disk after any step is followed by all steps again, with the same result: rows
are merged by their key, and closed tails stay in view until the index has them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock

from data_layer.clock import Clock
from data_layer.readings.flush import merge_into_days, read_days
from data_layer.readings.freed_memory import give_back
from data_layer.readings.indexing import caught_up, rebuilt
from data_layer.readings.snapshots import Snapshot, Snapshots
from data_layer.readings.store import Progress
from data_layer.readings.tail import Run, Tail
from data_layer.readings.view import View
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_names import archive, discard_archived, sealed_logs
from data_layer.storage.manifest import DayEntry, Manifest
from data_layer.storage.write_ahead_log import WriteAheadLog
from index.snapshot import SnapshotDamaged
from index.sorted_index import SortedIndex

_LOG = logging.getLogger(__name__)
KEPT = timedelta(days=35)
"""For so long a merged log stays in logs/sealed/."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the last seal did."""

    at: datetime
    seconds: float
    readings: int
    days: int


class Sealing:
    """Seals for one store, one at a time."""

    def __init__(
        self,
        home: Home,
        log: WriteAheadLog,
        manifest: Manifest,
        *,
        change: Callable[[Callable[[View], View]], View],
        clock: Clock,
        snapshot_is_stale: bool,
        unsettled: Collection[date],
    ) -> None:
        """`change(new)` replaces the view while nothing is being committed."""
        self.last: Sealed | None = None
        self._home = home
        self._log = log
        self._files = DayFiles(home.daily)
        self._snapshots = Snapshots(home.snapshot, home.zone)
        self._manifest = manifest
        """The manifest on disk; newer than the view's while a seal runs or after it failed."""
        self._unsettled = set(unsettled)
        """Days whose file may be newer than the manifest: a seal was cut short after writing it."""
        self._change = change
        self._clock = clock
        self._stale = snapshot_is_stale
        self._lock = Lock()

    def run(self, progress: Progress, *, rebuild: bool) -> None:
        """All steps. Raises Unavailable when the disk refuses, Corrupt when a file contradicts."""
        with self._lock:
            begun = time.monotonic()
            view = self._change(self._close_log)
            rows = [run for tail in view.tails[:-1] for run in tail.runs]
            days = self._merge(rows, view, progress) if rows else {}
            if days or self._log.generation - 1 > self._manifest.flushed_generation:
                self._save_manifest(days)
            if days or rebuild or self._stale or self._manifest is not view.manifest:
                self._renew_index(view, days, progress, rebuild=rebuild)
            self._put_aside()
            give_back()
            self.last = Sealed(
                at=self._clock(),
                seconds=time.monotonic() - begun,
                readings=sum(len(run) for run in rows),
                days=len(days),
            )

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """No log is sealed or merged while this is entered; who wants to seal waits."""
        with self._lock:
            yield

    def _close_log(self, view: View) -> View:
        return view if self._log.seal() is None else replace(view, tails=(*view.tails, Tail()))

    def _merge(self, rows: list[Run], view: View, progress: Progress) -> dict[date, DayEntry]:
        days = self._manifest.days.items()
        return merge_into_days(
            self._files,
            self._home.zone,
            rows,
            view.words,
            {day: entry for day, entry in days if day not in self._unsettled},
            lambda done, of: progress("Merging into day files", done, of),
            self._unsettled.add,
        )

    def _save_manifest(self, entries: Mapping[date, DayEntry]) -> None:
        manifest = self._manifest.flushed(entries, through=self._log.generation - 1)
        manifest.save(self._home.manifest)
        self._manifest = manifest
        self._unsettled.clear()

    def _renew_index(
        self, view: View, days: Mapping[date, DayEntry], progress: Progress, *, rebuild: bool
    ) -> None:
        try:
            saved, amended = self._saved(view, days, progress, rebuild=rebuild)
        except SnapshotDamaged as error:
            # The day files have all that it had, so the day need not wait for a person.
            _LOG.warning("the index is built again: %s", error)
            saved, amended = self._saved(view, days, progress, rebuild=True)
        self._stale = False
        self._change(lambda present: self._renewed(present, view, saved.index, amended))
        progress("Saving the index", 1, 1)

    def _saved(
        self, view: View, days: Mapping[date, DayEntry], progress: Progress, *, rebuild: bool
    ) -> tuple[Snapshot, Tail]:
        """The index of the day files as it lies on disk. Raises SnapshotDamaged when it cannot be
        read back: what it goes on from has rotted."""
        index, amended = self._indexed(view, days, progress, rebuild=rebuild)
        progress("Saving the index", 0, 1)
        return self._snapshots.save(index, amended.batch(view.words), self._manifest), amended

    def _indexed(
        self, view: View, days: Mapping[date, DayEntry], progress: Progress, *, rebuild: bool
    ) -> tuple[SortedIndex, Tail]:
        zone, on_disk = self._home.zone, self._manifest.days
        home = (zone, view.places, view.words)
        if rebuild or len(days) == len(on_disk):
            every = read_days(self._files, zone, on_disk, sorted(on_disk))
            return rebuilt(every, len(on_disk), home, progress)
        return caught_up(
            (view.index, view.amended),
            read_days(self._files, zone, days, sorted(days)),
            len(days),
            home,
            progress,
        )

    def _renewed(self, present: View, sealed: View, index: SortedIndex, amended: Tail) -> View:
        """The present view with the new index in place of the old one and the closed tails."""
        if present.places is not sealed.places:
            index = index.with_places(present.places)
        return replace(
            present,
            index=index,
            amended=amended,
            manifest=self._manifest,
            tails=present.tails[len(sealed.tails) - 1 :],
            touches=(),
        )

    def _put_aside(self) -> None:
        for generation, path in sealed_logs(self._home.logs):
            if generation <= self._manifest.flushed_generation:
                archive(path)
        discard_archived(self._home.logs, before=self._clock() - KEPT)
