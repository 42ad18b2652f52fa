"""Files that are either all old or all new after a power cut: temporary, fsync, rename, fsync.

    write_atomically("day.csv")
      day.csv.tmp  create, write, fsync       a crash leaves a .tmp, which recovery drops
      rename       day.csv.tmp -> day.csv     readers see all of the old or all of the new
      folder       fsync                      the new name itself is on disk

A name that is seen is not yet a name that survives: recovery calls `sync_folder` on what it
finds before it believes anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_layer.errors import Unavailable

UNFINISHED = ".tmp"
"""Suffix of a file that is being written; never read, dropped by recovery."""


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace the file's content as a whole, durably. One writer a path at a time.

    Raises Unavailable when the disk refuses; then the file is all old or all new, and asking again
    settles it.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    with disk_trouble(f"{path.name} could not be written"):
        try:
            write_new(unfinished, data, mode=mode)
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        fsync_folder(path.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file from its beginning and fsync it; its name is not yet durable. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        os.fchmod(descriptor, mode)
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte; the kernel may take less than it is given. Raises OSError."""
    written = os.write(descriptor, data)
    if written < len(data):
        rest = memoryview(data)
        while written < len(rest):
            written += os.write(descriptor, rest[written:])


def fsync_file(path: Path) -> None:
    """Flush what is visible under this name, whoever wrote it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Drop unfinished files, then fsync every file in the folder and the folder itself.

    Recovery's first step: what a crashed process wrote may be seen now and still be lost by the
    next power cut. Raises Unavailable when the disk refuses.
    """
    with disk_trouble(f"{folder.name} could not be made durable"):
        for path in sorted(folder.iterdir()):
            if path.name.endswith(UNFINISHED):
                path.unlink()
            elif path.is_file():
                fsync_file(path)
        fsync_folder(folder)


@contextmanager
def disk_trouble(what: str) -> Iterator[None]:
    """Say in one sentence that the disk refused, and why."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{what}: {error.strerror or error}.") from error
