"""The mark that receiving was stopped on purpose; it outlives the process, so a restart obeys it.

    .meterbook/receiving-stopped.json      {"at": 1790000000, "actor": "boss@example.org"}

The file is there while receiving is stopped and gone when it is resumed. One that cannot be read
still says: stopped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from data_layer.storage.durable_files import disk_trouble, fsync_folder, write_atomically


@dataclass(frozen=True, slots=True)
class Stopped:
    """Since when (epoch seconds) receiving is stopped, and by whom; "" when that cannot be read."""

    at: int
    actor: str


def read_mark(path: Path) -> Stopped | None:
    """What the mark says, None where there is none. Raises Unavailable."""
    with disk_trouble(f"{path.name} could not be read"):
        try:
            text = path.read_bytes()
            begun = int(path.stat().st_mtime)
        except FileNotFoundError:
            return None
    try:
        said = json.loads(text)
        return Stopped(at=int(said["at"]), actor=str(said["actor"]))
    except (ValueError, KeyError, TypeError):
        return Stopped(at=begun, actor="")


def set_mark(path: Path, stopped: Stopped) -> None:
    """Set the mark, durably. Raises Unavailable when the disk refuses."""
    text = json.dumps({"at": stopped.at, "actor": stopped.actor})
    write_atomically(path, text.encode() + b"\n", mode=0o600)


def remove_mark(path: Path) -> None:
    """Take the mark away, durably. Raises Unavailable when the disk refuses."""
    with disk_trouble(f"{path.name} could not be removed"):
        path.unlink(missing_ok=True)
        fsync_folder(path.parent)
