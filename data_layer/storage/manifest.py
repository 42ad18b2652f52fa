"""What the day files must be: the one small file that says which of them count.

    .meterbook/manifest.json
    {
      "format": 2,
      "crc32": "5b0c77d1",          CRC-32 of the file with eight zeros in this place
      "generation": 7,              grows by one with every change of this file
      "flushed_generation": 42,     logs up to this one are in the day files
      "days": {
        "2026-11-20": {"rows": 48, "size": 3120, "sha256": "9f31...", "generation": 7}
      }
    }

A day's `generation` is the manifest generation that wrote it, so a snapshot of generation g is
brought up to date by the days changed since g. The file is replaced atomically, and only after
the day files it speaks of are durable. Format 1 had no checksum; it is read, and written anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zlib import crc32

from data_layer.errors import Corrupt
from data_layer.storage.durable_files import write_atomically

FORMAT = 2
WITHOUT_CHECKSUM = 1
_CRC = re.compile(rb'(?<="crc32": ")[0-9a-f]{8}(?=")')


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
            "crc32": "0" * 8,
            "generation": self.generation,
            "flushed_generation": self.flushed_generation,
            "days": {day.isoformat(): asdict(self.days[day]) for day in sorted(self.days)},
        }
        text = json.dumps(content, indent=1).encode() + b"\n"
        write_atomically(path, _CRC.sub(b"%08x" % crc32(text), text, count=1), mode=0o600)

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


def _parse(text: bytes, path: Path) -> Manifest:
    try:
        content: dict[str, Any] = json.loads(text)
        if content["format"] not in (WITHOUT_CHECKSUM, FORMAT):
            raise Corrupt(
                f"{path} has format {content['format']}; this Meterbook reads format {FORMAT}."
            )
        if content["format"] == FORMAT and not _holds(text):
            raise Corrupt(
                f"{path} does not carry its own checksum: it was changed or damaged. Restore it, "
                "or remove it to take the day files as they are, and start again."
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


def _holds(text: bytes) -> bool:
    """Whether the file is as it was written."""
    stated = _CRC.search(text)
    return stated is not None and int(stated[0], 16) == crc32(_CRC.sub(b"0" * 8, text, count=1))
