"""The index on disk, and what belongs to it: found again at the next start, or rebuilt.

    .meterbook/snapshot/
      7.index          the sorted index; most of it may lie in an earlier one, which then stays
      7.amended.csv    a day file's columns: all rows of corrected, voided and suspect keys
      7.json           {"format": 2, "days": {"2026-11-20": "9f31..."}}   which day files it holds

The JSON is written last and makes the three a snapshot. It names each day file by its SHA-256,
so what changed since is told apart by content, whatever happened to the home in between.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.readings.codec import decode_day, encode_day
from data_layer.readings.model import ReadingBatch
from data_layer.storage.durable_files import disk_trouble, write_atomically
from data_layer.storage.manifest import Manifest
from index.snapshot import SnapshotDamaged
from index.sorted_index import SortedIndex

FORMAT = 2
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An index and its surroundings, as read or written."""

    generation: int
    index: SortedIndex
    amended: ReadingBatch
    days: Mapping[date, str]
    """SHA-256 of each day file the index holds."""

    def changed(self, manifest: Manifest) -> tuple[date, ...] | None:
        """Days to take in to be what the manifest says; None when only a rebuild will do."""
        if not self.days.keys() <= manifest.days.keys():
            return None
        return tuple(
            sorted(d for d, entry in manifest.days.items() if self.days.get(d) != entry.sha256)
        )


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The folder of snapshots: one is enough, the newest is taken."""

    folder: Path
    zone: HomeZone

    def save(self, index: SortedIndex, amended: ReadingBatch, manifest: Manifest) -> Snapshot:
        """Write a snapshot of this manifest, durably, and drop older ones.

        The index given back lies in the file just written: what was made in memory is let go.
        Raises Unavailable when the disk refuses, SnapshotDamaged when what was written cannot be
        read back, as where the earlier file it points into is damaged.
        """
        generation = manifest.generation
        days = {day: entry.sha256 for day, entry in manifest.days.items()}
        content = {"format": FORMAT, "days": {d.isoformat(): sha for d, sha in days.items()}}
        with disk_trouble("the snapshot of the index could not be written"):
            (self.folder / f"{generation}.json").unlink(missing_ok=True)
            write_atomically(
                self.folder / f"{generation}.amended.csv", encode_day(amended, self.zone)
            )
            index.save(self.folder / f"{generation}.index", generation=generation)
            write_atomically(self.folder / f"{generation}.json", json.dumps(content).encode())
            attached = index.attached(self.folder / f"{generation}.index")
            self._drop_others(generation, kept=attached.lies_in)
        return Snapshot(generation, attached, amended, days)

    def load(self) -> Snapshot | None:
        """The newest snapshot that is whole and of this zone's half hours, None if there is none.

        A damaged one is reported in the log and passed over: the day files can replace it.
        """
        for generation in sorted(self._generations(), reverse=True):
            try:
                found = self._read(generation)
            except (OSError, ValueError, KeyError, TypeError, Corrupt, SnapshotDamaged) as error:
                _LOG.warning("snapshot %d of the index cannot be used: %s", generation, error)
                continue
            if found.index.grid_phase == self.zone.grid_phase:
                return found
        return None

    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.glob("*.index"))

    def written_at(self) -> datetime | None:
        times = [path.stat().st_mtime for path in self.folder.glob("*.json")]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    def _generations(self) -> list[int]:
        return [int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdecimal()]

    def _read(self, generation: int) -> Snapshot:
        content = json.loads((self.folder / f"{generation}.json").read_bytes())
        if content["format"] != FORMAT:
            raise Corrupt(f"it has format {content['format']}, not {FORMAT}.")
        days = {date.fromisoformat(day): str(sha) for day, sha in content["days"].items()}
        amended = decode_day(self.folder / f"{generation}.amended.csv")
        index = SortedIndex.load(self.folder / f"{generation}.index")
        return Snapshot(generation, index, amended, days)

    def _drop_others(self, generation: int, *, kept: Collection[str]) -> None:
        for path in self.folder.iterdir():
            if path.name.split(".")[0] != str(generation) and path.name not in kept:
                path.unlink(missing_ok=True)
