"""One file a local day, daily/YYYY-MM-DD.csv: the record, never deleted, replaced as a whole.

    daily/2026-11-20.csv           a day file; what is in it is the readings room's affair
    daily/2026-11-20.csv.tmp       one being written; recovery drops it
    daily/monthly_2026-11.csv      an archive for people (month_archive.py), never read

The manifest says what each must be; `check` compares.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_layer.errors import Corrupt
from data_layer.storage.durable_files import sync_folder, write_atomically
from data_layer.storage.manifest import DayEntry, Manifest

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.csv", re.ASCII)


@dataclass(frozen=True, slots=True)
class DayFiles:
    """The folder of day files."""

    folder: Path

    def path(self, day: date) -> Path:
        return self.folder / f"{day.isoformat()}.csv"

    def days(self) -> tuple[date, ...]:
        """Days that have a file, in order; other files are not ours and are passed over."""
        if not self.folder.is_dir():
            return ()
        found = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return tuple(sorted(_day(match[1], self.folder) for match in found if match))

    def read(self, day: date) -> bytes | None:
        """The file's bytes, None where the day has none.

        Read, not mapped: who writes into a mapped file that is looked at kills the server.
        """
        try:
            return self.path(day).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, day: date, data: bytes, *, rows: int) -> DayEntry:
        """Replace a day file durably; the entry goes into the manifest. Raises Unavailable."""
        write_atomically(self.path(day), data)
        return entry_of(data, rows=rows)

    def recover(self) -> None:
        """Drop unfinished files and make all that is seen durable. Raises Unavailable."""
        sync_folder(self.folder)

    def check(
        self, manifest: Manifest, *, unsettled: Collection[date] = (), thorough: bool = True
    ) -> tuple[str, ...]:
        """Sentences on day files that are not what the manifest says; empty when all is well.

        `unsettled` are days that a sealed log is still to be merged into: a crash between the
        file's rename and the manifest leaves them newer than the manifest, which is no fault.
        `thorough` compares SHA-256, else sizes only.
        """
        present = set(self.days())
        problems = []
        for day in sorted(present | set(manifest.days)):
            entry = manifest.days.get(day)
            if day in unsettled:
                continue
            if day not in present:
                problems.append(f"{self.path(day).name} is missing from {self.folder}.")
            elif entry is None:
                problems.append(f"{self.path(day).name} is not in the manifest.")
            elif not self._matches(day, entry, thorough=thorough):
                problems.append(f"{self.path(day).name} is not what the manifest says it is.")
        return tuple(problems)

    def _matches(self, day: date, entry: DayEntry, *, thorough: bool) -> bool:
        path = self.path(day)
        if path.stat().st_size != entry.size:
            return False
        if not thorough:
            return True
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def entry_of(data: bytes, *, rows: int) -> DayEntry:
    """The manifest's account of a day file's bytes."""
    return DayEntry(rows=rows, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _day(text: str, folder: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Corrupt(f"{folder / text}.csv is named after a day that does not exist.") from error
