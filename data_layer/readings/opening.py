"""From the files of a home to a view of its readings: at every start, after any crash.

    manifest  ->  day files checked  ->  snapshot, brought up to date or rebuilt  ->  index
    logs      ->  sealed ones not yet merged, the open one                        ->  tails

Whoever owns the home recovers the logs first (torn ends cut, damage quarantined). Whoever only
looks takes what is there while it stands still, and looks again when it moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from time import sleep

from data_layer.errors import Corrupt, MeterbookError, Unavailable
from data_layer.readings.codec import decode_log
from data_layer.readings.flush import read_day, read_days
from data_layer.readings.indexing import caught_up, rebuilt, tail_of
from data_layer.readings.model import ReadingBatch
from data_layer.readings.order import instants_of
from data_layer.readings.places import Places
from data_layer.readings.snapshots import Snapshots
from data_layer.readings.store import Progress
from data_layer.readings.tail import Tail
from data_layer.readings.view import View
from data_layer.readings.vocabulary import Vocabulary
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_names import ARCHIVE, sealed_logs
from data_layer.storage.log_recovery import LogFile, Recovered, inspect, recover
from data_layer.storage.manifest import Manifest

ATTEMPTS = 20
PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Opened:
    """A home's readings as found."""

    view: View
    recovered: Recovered
    damage: tuple[str, ...]
    """Sentences; while there are any, readings are shown and none are taken."""
    snapshot_is_stale: bool
    """The index in memory is newer than the one on disk."""
    unsettled: frozenset[date] = frozenset()
    """Days whose file a seal that was cut short may have written: newer than the manifest."""


@dataclass(frozen=True)
class Opening:
    """What is needed to open a home's readings."""

    home: Home
    places: Places
    progress: Progress
    words: Vocabulary = field(default_factory=Vocabulary)

    @property
    def files(self) -> DayFiles:
        return DayFiles(self.home.daily)

    def for_writing(self) -> Opened:
        """Recover what a crash left behind, and open. Raises Unavailable, Corrupt."""
        self.files.recover()
        manifest = self._manifest(adopt=True)
        recovered = recover(self.home.logs, flushed=manifest.flushed_generation)
        tails = self._tails(recovered, manifest)
        unsettled = self._unsettled(tails)
        damage = self._damaged_days(manifest, unsettled)
        view, stale = self._indexed(manifest, unsettled)
        damage = (*recovered.damage, *damage)
        return Opened(replace(view, tails=tails), recovered, damage, stale, unsettled)

    def for_reading(self) -> Opened:
        """Open beside the process that owns the home. Raises Unavailable, Corrupt."""
        trouble: MeterbookError = Unavailable("The files are being rewritten; try again soon.")
        for _ in range(ATTEMPTS):
            before = self._manifest(adopt=False)
            try:
                recovered = inspect(self.home.logs, flushed=before.flushed_generation)
                tails = self._tails(recovered, before)
                view, stale = self._indexed(before, self._unsettled(tails))
            except FileNotFoundError:
                sleep(PAUSE_SECONDS)
                continue
            except Corrupt as error:
                trouble = error
                sleep(PAUSE_SECONDS)
                continue
            moved = self._moved_since(before, recovered)
            if not moved and not recovered.damage:
                return Opened(replace(view, tails=tails), recovered, (), stale)
            if recovered.damage:
                trouble = Corrupt(" ".join(recovered.damage))
            sleep(PAUSE_SECONDS)
        raise trouble

    def _moved_since(self, before: Manifest, recovered: Recovered) -> bool:
        """Whether a log was closed or merged since it was looked at."""
        closed = [generation for generation, _ in sealed_logs(self.home.logs)]
        found = [log.generation for log in recovered.sealed]
        now = Manifest.load(self.home.manifest)
        return closed != found or now.generation != before.generation

    def _manifest(self, *, adopt: bool) -> Manifest:
        """The manifest; where there is none, one made from the day files that are there."""
        if self.home.manifest.exists() or not self.files.days():
            return Manifest.load(self.home.manifest)
        days = self.files.days()
        entries = {}
        for day in days:
            entries[day] = read_day(self.files, self.home.zone, day).entry
            self.progress("Taking stock of the day files", len(entries), len(days))
        merged = sealed_logs(self.home.logs / ARCHIVE)
        through = merged[-1][0] if merged else 0
        manifest = Manifest().flushed(entries, through=through)
        if adopt:
            manifest.save(self.home.manifest)
        return manifest

    def _tails(self, recovered: Recovered, manifest: Manifest) -> tuple[Tail, ...]:
        """One tail for each log that is not merged yet; the last is the open one's."""
        tolerant = recovered.read_only
        closed = [
            tail_of(self._batches(log, tolerant=tolerant), self.words)
            for log in recovered.sealed
            if log.generation > manifest.flushed_generation
        ]
        current = recovered.current
        if current is None:
            return (*closed, Tail())
        return (*closed, tail_of(self._batches(current, tolerant=tolerant), self.words))

    def _batches(self, log: LogFile, *, tolerant: bool) -> Iterator[ReadingBatch]:
        """Readings of a log. A damaged one is read as far as it holds."""
        line = 2
        self.progress(f"Reading {log.path.name}", 0, log.lines)
        try:
            for block in log.payloads():
                batch = decode_log(block, name=str(log.path), first_line=line)
                line += len(batch)
                self.progress(f"Reading {log.path.name}", line - 2, max(log.lines, line - 2))
                yield batch
        except Corrupt:
            if not tolerant:
                raise

    def _unsettled(self, tails: tuple[Tail, ...]) -> frozenset[date]:
        """Days whose file a crash may have left between its replacement and the manifest.

        Whichever of the two it is, it holds nothing but rows that the manifest vouches for and
        rows of the closed logs, which are merged into it again by their keys.
        """
        ordinals: set[int] = set()
        for run in (run for tail in tails[:-1] for run in tail.runs):
            ordinals |= set(self.home.zone.days_of(instants_of(run.key)).tolist())
        return frozenset(date.fromordinal(ordinal) for ordinal in ordinals)

    def _damaged_days(self, manifest: Manifest, unsettled: frozenset[date]) -> tuple[str, ...]:
        """What is wrong with the day files, save the unsettled ones."""
        problems = self.files.check(manifest, unsettled=unsettled, thorough=False)
        if not problems:
            return ()
        return (
            *problems,
            "Readings stay readable, none are taken. Restore the files, or remove "
            f"{self.home.manifest} to take the day files as they are, and start again.",
        )

    def _indexed(self, manifest: Manifest, unsettled: frozenset[date]) -> tuple[View, bool]:
        """The index of the day files, from the snapshot as far as it goes."""
        zone, words = self.home.zone, self.words
        expected = {d: None if d in unsettled else entry for d, entry in manifest.days.items()}
        snapshot = Snapshots(self.home.snapshot, zone).load()
        changed = None if snapshot is None else snapshot.changed(manifest)
        if snapshot is None or changed is None:
            stale = bool(manifest.days)
            index, amended = rebuilt(self.files, zone, expected, self.places, words, self.progress)
        else:
            index, amended = snapshot.index, tail_of([snapshot.amended], words)
            stale = bool(changed)
            if changed:
                index, amended = caught_up(
                    (index, amended),
                    read_days(self.files, zone, expected, changed),
                    len(changed),
                    (zone, self.places, words),
                    self.progress,
                )
        view = View(
            index=index,
            words=words,
            amended=amended,
            manifest=manifest,
            places=self.places,
            grid_phase=zone.grid_phase,
        )
        return view, stale
