"""All readings of a month in one file, for people: daily/monthly_2026-11.csv.

Derived from the day files as they are when it is written, and never read again: it may be moved
away or deleted. A later writing replaces it as a whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from data_layer.storage.day_files import DayFiles
from data_layer.storage.durable_files import UNFINISHED, disk_trouble, fsync_folder

AT_ONCE = 1 << 20


def archive_path(files: DayFiles, month: str) -> Path:
    return files.folder / f"monthly_{month}.csv"


def write_archive(files: DayFiles, month: str) -> int:
    """Put a month's day files behind each other under one header; days put there, 0: no file.

    Raises Unavailable when the disk refuses; then an older archive stands untouched.
    """
    days = [day for day in files.days() if f"{day:%Y-%m}" == month]
    if not days:
        return 0
    path = archive_path(files, month)
    unfinished = path.with_name(path.name + UNFINISHED)
    with disk_trouble(f"{path.name} could not be written"):
        try:
            _write(unfinished, files, days)
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        fsync_folder(path.parent)
    return len(days)


def _write(path: Path, files: DayFiles, days: Sequence[date]) -> None:
    with path.open("wb") as archive:
        for place, day in enumerate(days):
            with files.path(day).open("rb") as one:
                header = one.readline()
                if not place:
                    archive.write(header)
                shutil.copyfileobj(one, archive, AT_ONCE)
        archive.flush()
        os.fsync(archive.fileno())
