"""What the day files must be: the one small file that says which of them count.

    .meterbook/manifest.json
    {
      "format": 1,
      "generation": 7,              grows by one with every change of this file
      "flushed_generation": 42,     logs up to this one are in the day files
      "days": {
        "2026-11-20": {"rows": 48, "size": 3120, "sha256": "9f31...", "generation": 7}
      }
    }

A day's `generation` is the manifest generation that wrote it, so a snapshot of generation g is
brought up to date by the days changed since g. The file is replaced atomically, and only after
the day files it speaks of are durable.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from data_layer.errors import Corrupt, Unavailable
from data_layer.storage.durable_files import write_atomically

FORMAT = 1
READ_ATTEMPTS = 5
PAUSE_SECONDS = 0.02
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class DayEntry:
    """What one day file holds, as it was when written."""

    rows: int
    size: int
    sha256: str
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """An immutable account of all day files. `load`, `flushed`, `save`."""

    generation: int = 0
    flushed_generation: int = 0
    days: Mapping[date, DayEntry] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """The manifest on disk; an empty one where there is none yet. Raises Corrupt."""
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return cls()
        return _parse(text, path)

    def save(self, path: Path) -> None:
        """Replace the file atomically. Raises Unavailable."""
        content = {
            "format": FORMAT,
            "generation": self.generation,
            "flushed_generation": self.flushed_generation,
            "days": {day.isoformat(): asdict(self.days[day]) for day in sorted(self.days)},
        }
        write_atomically(path, json.dumps(content, indent=1).encode() + b"\n", mode=0o600)

    def flushed(self, entries: Mapping[date, DayEntry], *, through: int) -> Manifest:
        """The next generation: these day files written, logs up to `through` in them.

        Flushing a log generation again changes nothing but the entries: it never goes back.
        """
        generation = self.generation + 1
        written = {
            day: DayEntry(entry.rows, entry.size, entry.sha256, generation)
            for day, entry in entries.items()
        }
        return Manifest(
            generation=generation,
            flushed_generation=max(self.flushed_generation, through),
            days=MappingProxyType({**self.days, **written}),
        )

    def changed_since(self, generation: int) -> tuple[date, ...]:
        """Days written after that manifest generation, in order."""
        return tuple(sorted(d for d, entry in self.days.items() if entry.generation > generation))


def read_steadily(path: Path, read: Callable[[Manifest], Answer]) -> Answer:
    """Read day files beside a server: take the manifest, read, look again, retry if it moved.

    A file that was renamed away, or that is not what an older manifest says, counts as moved;
    what is still wrong when nothing moves is raised. Unavailable when the files keep moving.
    """
    before = Manifest.load(path)
    for attempt in range(1, READ_ATTEMPTS + 1):
        try:
            answer = read(before)
        except (FileNotFoundError, Corrupt):
            # A log is renamed before the manifest tells of it: look again before believing it.
            if attempt == READ_ATTEMPTS:
                raise
            time.sleep(PAUSE_SECONDS)
            before = Manifest.load(path)
            continue
        after = Manifest.load(path)
        if after.generation == before.generation:
            return answer
        before = after
    raise Unavailable("The day files are being rewritten; try again in a moment.")


def _parse(text: bytes, path: Path) -> Manifest:
    try:
        content: dict[str, Any] = json.loads(text)
        if content["format"] != FORMAT:
            raise Corrupt(
                f"{path} has format {content['format']}; this Meterbook reads format {FORMAT}."
            )
        days = {
            date.fromisoformat(day): DayEntry(
                rows=int(entry["rows"]),
                size=int(entry["size"]),
                sha256=str(entry["sha256"]),
                generation=int(entry["generation"]),
            )
            for day, entry in content["days"].items()
        }
        return Manifest(
            generation=int(content["generation"]),
            flushed_generation=int(content["flushed_generation"]),
            days=MappingProxyType(days),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"{path} cannot be read as a manifest: {error!r}.") from error
