"""Where logs lie in their folder and what they are called.

log.txt                the open log
sealed-41.txt          closed, waiting to be merged into the day files
sealed/sealed-40.txt   merged; kept 35 days
torn-42-9f31c2aa.txt   the unfinished end of a write a crash cut short
quarantine/            copies of damaged logs
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from data_layer.storage.durable_files import disk_trouble, fsync_folder

LOG_NAME = "log.txt"
ARCHIVE = "sealed"
QUARANTINE = "quarantine"
_SEALED = re.compile(r"sealed-([1-9]\d{0,17})\.txt", re.ASCII)
_LAST_LINE_BYTES = 4096


def sealed_path(folder: Path, generation: int) -> Path:
    return folder / f"sealed-{generation}.txt"


def sealed_logs(folder: Path) -> list[tuple[int, Path]]:
    """Closed logs in a folder with their generations, oldest first."""
    if not folder.is_dir():
        return []
    found = ((_SEALED.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)


def last_crc(path: Path) -> int | None:
    """The CRC the last line states, None when it does not end with one."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST_LINE_BYTES))
        stated = file.read().removesuffix(b"\n")[-8:]
    return int(stated, 16) if re.fullmatch(rb"[0-9a-f]{8}", stated) else None


def archive(sealed: Path) -> Path:
    """Put a sealed log aside once the manifest says it is flushed. Repeatable.

    Raises Unavailable when the disk refuses.
    """
    kept = sealed.parent / ARCHIVE / sealed.name
    with disk_trouble(f"{sealed.name} could not be archived"):
        kept.parent.mkdir(exist_ok=True)
        if sealed.exists():
            sealed.rename(kept)
        fsync_folder(kept.parent)
        fsync_folder(sealed.parent)
    return kept


def discard_archived(folder: Path, *, before: datetime) -> tuple[Path, ...]:
    """Delete archived logs last written before that instant; which ones.

    The newest always stays: the open log's header refers to its end. Raises Unavailable.
    """
    archived = [path for _, path in sealed_logs(folder / ARCHIVE)]
    old = [path for path in archived[:-1] if path.stat().st_mtime < before.timestamp()]
    with disk_trouble("old logs could not be deleted"):
        for path in old:
            path.unlink()
    return tuple(old)
