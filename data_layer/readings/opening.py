"""From the files of a home to a view of its readings: at every start, after any crash.

    manifest  ->  day files checked  ->  snapshot, brought up to date or rebuilt  ->  index
                                         or rebuilt around files that do not hold
    logs      ->  sealed ones not yet merged, the open one                        ->  tails

Whoever owns the home recovers the logs first (torn ends cut, damage quarantined). Whoever only
looks takes what is there while it stands still, and looks again when it moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from time import sleep

from data_layer.errors import Corrupt, MeterbookError, Unavailable
from data_layer.readings.codec import decode_log
from data_layer.readings.flush import read_days
from data_layer.readings.indexing import caught_up, rebuilt, tail_of
from data_layer.readings.lost_days import StockTaking, after_lost, spans_of, take_stock
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
from data_layer.storage.manifest import DayEntry, Manifest
from data_layer.storage.seal_state import SealState
from index.sorted_index import SortedIndex

ATTEMPTS = 20
PAUSE_SECONDS = 0.1
BEING_REWRITTEN = "The files are being rewritten; try again soon."


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
class _Stock:
    """What the day files must be."""

    manifest: Manifest
    lost: Mapping[date, str] = field(default_factory=dict)
    """Files that cannot be read, and why, where they were taken as they are."""
    damage: tuple[str, ...] = ()
    """What is wrong with the manifest on disk."""
    on_disk: int = 0
    """Generation of the manifest on disk; 0 where there is none."""


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
        stock = self._stock(adopt=True)
        manifest = stock.manifest
        recovered = recover(self.home.logs, flushed=manifest.flushed_generation)
        tails = self._tails(recovered, manifest)
        unsettled = self._unsettled(tails)
        view, stale, lost = self._shown(manifest, unsettled, stock.lost)
        damage = (*stock.damage, *lost.values(), *self._changed_days(manifest, {*unsettled, *lost}))
        if damage:
            damage = (*damage, self._advice(lost))
        damage = (*recovered.damage, *damage)
        return Opened(replace(view, tails=tails), recovered, damage, stale, unsettled)

    def for_reading(self) -> Opened:
        """Open beside the process that owns the home. Raises Unavailable, Corrupt."""
        trouble: MeterbookError = Unavailable(BEING_REWRITTEN)
        for _ in range(ATTEMPTS):
            stock = self._sound_stock()
            before = stock.manifest
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
            moved = self._moved_since(stock, recovered)
            if not moved and not recovered.damage:
                return Opened(replace(view, tails=tails), recovered, (), stale)
            if recovered.damage:
                trouble = Corrupt(" ".join(recovered.damage))
            sleep(PAUSE_SECONDS)
        raise trouble

    def _moved_since(self, stock: _Stock, recovered: Recovered) -> bool:
        """Whether a log was closed or merged since it was looked at."""
        found = SealState(tuple(log.generation for log in recovered.sealed), stock.on_disk)
        return SealState.of(self.home.logs, self.home.manifest) != found

    def _stock(self, *, adopt: bool) -> _Stock:
        """What the manifest says; where none holds, the day files as they are."""
        damage: tuple[str, ...] = ()
        try:
            if self.home.manifest.exists() or not self.files.days():
                manifest = Manifest.load(self.home.manifest)
                return _Stock(manifest, on_disk=manifest.generation)
        except Corrupt as error:
            damage = (error.sentence,)
        taken = self._taken(dict.fromkeys(self.files.days()))
        merged = sealed_logs(self.home.logs / ARCHIVE)
        through = merged[-1][0] if merged else 0
        stock = _Stock(Manifest().flushed(taken.entries, through=through), taken.lost, damage)
        if adopt and not taken.lost and not damage:
            stock.manifest.save(self.home.manifest)
        return stock

    def _sound_stock(self) -> _Stock:
        stock = self._stock(adopt=False)
        if stock.damage or stock.lost:
            raise Corrupt(" ".join((*stock.damage, *stock.lost.values())))
        return stock

    def _taken(self, expected: Mapping[date, DayEntry | None]) -> StockTaking:
        return take_stock(self.files, self.home.zone, expected, self.progress)

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

    def _changed_days(self, manifest: Manifest, known: Collection[date]) -> tuple[str, ...]:
        """What is wrong with the day files, save those of which it is known."""
        return self.files.check(manifest, unsettled=known, thorough=False)

    def _advice(self, lost: Collection[date]) -> str:
        unseen = "Readings of a file that does not hold are not shown. " if lost else ""
        return (
            f"{unseen}Readings stay readable, none are taken. Restore the files, or remove "
            f"{self.home.manifest} to take the day files as they are, and start again."
        )

    def _shown(
        self, manifest: Manifest, unsettled: frozenset[date], lost: Mapping[date, str]
    ) -> tuple[View, bool, Mapping[date, str]]:
        """A view of the day files that hold, whether it is newer than the snapshot, and what is
        wrong with the others. Raises Corrupt when it is not the day files that do not hold."""
        if not lost:
            try:
                return (*self._indexed(manifest, unsettled), {})
            except Corrupt:
                lost = self._taken(_expected(manifest, unsettled)).lost
                if not lost:
                    raise
        return self._around(lost, manifest, unsettled), True, lost

    def _around(
        self, lost: Collection[date], manifest: Manifest, unsettled: frozenset[date]
    ) -> View:
        """The index of the other day files, knowing nothing across the lost ones."""
        zone = self.home.zone
        kept = {day: entry for day, entry in manifest.days.items() if day not in lost}
        manifest = replace(manifest, days=kept)
        days = read_days(self.files, zone, _expected(manifest, unsettled), sorted(kept))
        home = (zone, self.places, self.words)
        built = rebuilt(after_lost(days, lost), len(kept), home, self.progress)
        return replace(self._view(built, manifest), lost=spans_of(lost, zone))

    def _indexed(self, manifest: Manifest, unsettled: frozenset[date]) -> tuple[View, bool]:
        """The index of the day files, from the snapshot as far as it goes."""
        home = (self.home.zone, self.places, self.words)
        expected = _expected(manifest, unsettled)
        snapshot = Snapshots(self.home.snapshot, self.home.zone).load()
        changed = None if snapshot is None else snapshot.changed(manifest)
        if snapshot is None or changed is None:
            every = read_days(self.files, self.home.zone, expected, sorted(expected))
            built = rebuilt(every, len(expected), home, self.progress)
            return self._view(built, manifest), bool(manifest.days)
        built = snapshot.index, tail_of([snapshot.amended], self.words)
        if changed:
            days = read_days(self.files, self.home.zone, expected, changed)
            built = caught_up(built, days, len(changed), home, self.progress)
        return self._view(built, manifest), bool(changed)

    def _view(self, built: tuple[SortedIndex, Tail], manifest: Manifest) -> View:
        index, amended = built
        return View(
            index=index,
            words=self.words,
            amended=amended,
            manifest=manifest,
            places=self.places,
            grid_phase=self.home.zone.grid_phase,
        )


def _expected(manifest: Manifest, unsettled: Collection[date]) -> dict[date, DayEntry | None]:
    """What each day file must be; of unsettled ones it is not known."""
    return {d: None if d in unsettled else entry for d, entry in manifest.days.items()}
