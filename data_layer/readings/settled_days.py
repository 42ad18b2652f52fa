"""What every day file will be once all logs are merged: a home's readings, wherever they lie.

    daily/2026-11-20.csv ──────────────────────────── 3120 bytes, 48 rows, 9f31...
    daily/2026-11-21.csv + rows of sealed-41, log ──> 2990 bytes, 46 rows, 07ab...

Two homes whose days are the same hold the same readings with all their revisions, whether one of
them has ended its day or not. Nothing is written; every file is read and held against the
manifest, so that this is also the thorough check of a home or of a backup.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.readings.codec import decode_log, encode_day
from data_layer.readings.flush import ByDay, merged_day
from data_layer.readings.store import Progress
from data_layer.readings.tail import Run
from data_layer.readings.vocabulary import Vocabulary
from data_layer.storage.day_files import DayFiles, entry_of
from data_layer.storage.log_recovery import LogFile, inspect
from data_layer.storage.manifest import DayEntry, Manifest


@dataclass(frozen=True)
class ReadingFiles:
    """Where readings lie, in a home or in a backup of one."""

    days: DayFiles
    logs: Path
    manifest: Path
    zone: HomeZone

    def settled(self, progress: Progress) -> dict[date, DayEntry]:
        """Every day as it will be. Raises Corrupt where a file is not what it must be."""
        manifest, words = Manifest.load(self.manifest), Vocabulary()
        found = inspect(self.logs, flushed=manifest.flushed_generation)
        if found.damage:
            raise Corrupt(" ".join(found.damage))
        closed = self._parts(found.sealed, manifest, words)
        current = [] if found.current is None else [found.current]
        parts = [*closed, *self._parts(current, manifest, words)]
        unsettled, touched = _days_of(closed), _days_of(parts)
        for sentence in self.days.check(manifest, unsettled=unsettled, thorough=False):
            raise Corrupt(sentence)
        settled = {}
        days = sorted({*manifest.days, *touched})
        for number, day in enumerate(days, start=1):
            expect = None if day in unsettled else manifest.days.get(day)
            if day in touched:
                whole = merged_day(self.days, day, parts, words, expect=expect)
                settled[day] = entry_of(encode_day(whole, self.zone), rows=len(whole))
            else:
                settled[day] = self._as_it_is(day, manifest.days[day])
            progress("Reading day files", number, len(days))
        return settled

    def _parts(
        self,
        logs: Sequence[LogFile],
        manifest: Manifest,
        words: Vocabulary,
    ) -> list[ByDay]:
        """The rows of logs that are not merged yet."""
        return [
            ByDay.of(Run.of(decode_log(block, name=str(log.path)), words), self.zone)
            for log in logs
            if log.generation > manifest.flushed_generation
            for block in log.payloads()
        ]

    def _as_it_is(self, day: date, expect: DayEntry) -> DayEntry:
        stored = self.days.read(day)
        if stored is None or hashlib.sha256(stored).hexdigest() != expect.sha256:
            raise Corrupt(f"{self.days.path(day)} is not what the manifest says it is.")
        return DayEntry(expect.rows, expect.size, expect.sha256)


def digest_of(days: Mapping[date, DayEntry]) -> str:
    """One SHA-256 over all of them."""
    lines = [f"{day.isoformat()} {days[day].rows} {days[day].sha256}\n" for day in sorted(days)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _days_of(parts: list[ByDay]) -> frozenset[date]:
    return frozenset(date.fromordinal(day) for part in parts for day in part.days.tolist())
