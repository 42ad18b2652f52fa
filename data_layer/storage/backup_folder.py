"""A backup on disk: files, and behind them a list of their checksums that makes them a whole.

    <name>/             0700, every file in it 0600
      backup.json       what it is of, written last but one; `files` counts those before it
      ...               daily/*, logs/*, tables/*, users.csv ...: whose affair they are, says who
                        makes it
      SHA256SUMS        last; `sha256sum -c SHA256SUMS` checks the backup without Meterbook

It is made as <name>.<mark>.unfinished and renamed once all of it is on disk, so that a backup that
was cut short is never taken for a whole one, whether by its name or by its list.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from data_layer.errors import Conflict, Corrupt, NotFound
from data_layer.storage.durable_files import disk_trouble, fsync_folder, write_all

LIST = "SHA256SUMS"
ABOUT = "backup.json"
UNFINISHED_BACKUP = ".unfinished"
AT_ONCE = 1 << 20
_LINE = re.compile(
    r"([0-9a-f]{64})  ((?:(?:daily|logs|tables)/)?[A-Za-z0-9][A-Za-z0-9_.-]*)\n", re.ASCII
)
Done = Callable[[int], None]
"""Hears how many bytes were just dealt with."""


class BackupWriter:
    """A backup being made. `begin_backup` gives one, `finish` makes it a backup."""

    def __init__(self, place: Path, folder: Path) -> None:
        self.place = place
        self.folder = folder
        """Where its files lie until it is finished."""
        self._sums: dict[str, str] = {}

    def add(self, name: str, chunks: Iterable[bytes], *, done: Done | None = None) -> str:
        """Write one file as the chunks come, durably; its SHA-256. Raises Unavailable."""
        path = self.folder / name
        with disk_trouble(f"{name} could not be written into the backup {self.place}"):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._sums[name] = write_checked(path, chunks, done=done)
        return self._sums[name]

    def copy(
        self, name: str, source: Path, *, length: int | None = None, done: Done | None = None
    ) -> str:
        """Copy a file, or its first bytes. Raises Unavailable; Corrupt when it is shorter."""
        return self.add(name, _first_bytes(source, length), done=done)

    def finish(self, about: Mapping[str, object]) -> None:
        """Describe it, list it, and give it its name. Raises Unavailable, Conflict."""
        described = {**about, "files": len(self._sums)}
        self.add(ABOUT, [json.dumps(described, indent=1).encode() + b"\n"])
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self._sums.items())]
        with disk_trouble(f"the backup {self.place} could not be finished"):
            folders = {self.folder, *((self.folder / name).parent for name in self._sums)}
            for folder in sorted(folders, reverse=True):
                fsync_folder(folder)
            write_checked(self.folder / LIST, ["".join(lines).encode()])
            fsync_folder(self.folder)
            _require_free(self.place)
            self.folder.rename(self.place)
            fsync_folder(self.place.parent)


@contextmanager
def begin_backup(place: Path, *, mark: str) -> Iterator[BackupWriter]:
    """Begin a backup at a place that is empty or not there; left unfinished, it goes again.

    What an attempt of the same `mark` left behind when its process died is removed first. Raises
    Conflict, Unavailable.
    """
    _require_free(place)
    folder = place.with_name(f"{place.name}.{mark}{UNFINISHED_BACKUP}")
    with disk_trouble(f"the backup {place} could not be begun"):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    try:
        yield BackupWriter(place, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # gone already when it was finished


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its list holds, its files may have rotted since."""

    folder: Path
    sums: Mapping[str, str]
    about: Mapping[str, object]

    @classmethod
    def open(cls, folder: Path) -> Backup:
        """Read list and description. Raises NotFound for what is no backup, Corrupt."""
        if not (folder / LIST).is_file():
            raise NotFound(_is_none(folder), field="backup")
        with disk_trouble(f"the backup {folder} cannot be read"):
            sums = _parsed_list(folder / LIST)
            _require_complete(folder, sums)
            about = _described(folder / ABOUT, sums)
        return cls(folder, MappingProxyType(sums), MappingProxyType(about))

    def names(self, under: str) -> list[str]:
        """Files in one of its folders, in order."""
        return [name for name in sorted(self.sums) if name.startswith(f"{under}/")]

    def size(self) -> int:
        """Bytes of all files but the list."""
        return sum((self.folder / name).stat().st_size for name in self.sums)

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file's bytes as they are read; after the last, raises Corrupt if they do not hold."""
        read = hashlib.sha256()
        with disk_trouble(f"{self.folder / name} cannot be read"):
            for chunk in file_bytes(self.folder / name):
                read.update(chunk)
                yield chunk
        if read.hexdigest() != self.sums[name]:
            raise Corrupt(
                f"{self.folder / name} does not carry its checksum: it was changed or damaged "
                "since the backup was made. Use another backup."
            )

    def check(self, progress: Callable[[str, int, int], None]) -> None:
        """Hold every file against its checksum. Raises Corrupt at the first that differs."""
        total, done = self.size(), 0
        for name in sorted(self.sums):
            for chunk in self.chunks(name):
                done += len(chunk)
                progress("Checking the backup", done, total)


def remove_backup(place: Path) -> None:
    """Remove a whole backup. It loses its name first, so that no half of one bears it.

    Raises Unavailable, Conflict when what an earlier attempt left is in the way.
    """
    doomed = place.with_name(f"{place.name}.removed{UNFINISHED_BACKUP}")
    _require_free(doomed)
    with disk_trouble(f"the backup {place} could not be removed"):
        place.rename(doomed)
        fsync_folder(place.parent)
        shutil.rmtree(doomed)
        fsync_folder(place.parent)


def write_checked(
    path: Path, chunks: Iterable[bytes], *, mode: int = 0o600, done: Done | None = None
) -> str:
    """Write a new file as the chunks come and fsync it; its SHA-256. Raises OSError."""
    written = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        for chunk in chunks:
            write_all(descriptor, chunk)
            written.update(chunk)
            if done is not None:
                done(len(chunk))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return written.hexdigest()


def file_bytes(path: Path) -> Iterator[bytes]:
    """A file's bytes, a piece at a time. Raises OSError."""
    with path.open("rb") as file:
        while chunk := file.read(AT_ONCE):
            yield chunk


def is_free(folder: Path) -> bool:
    """Whether nothing stands there: no folder, or an empty one (a new disk has `lost+found`)."""
    if not folder.exists():
        return not folder.is_symlink()
    return folder.is_dir() and all(path.name == "lost+found" for path in folder.iterdir())


def _require_free(place: Path) -> None:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Conflict(f"{place} is there already: name another place for the backup.")


def _first_bytes(source: Path, length: int | None) -> Iterator[bytes]:
    if length is None:
        yield from file_bytes(source)
        return
    with source.open("rb") as file:
        while length and (chunk := file.read(min(length, AT_ONCE))):
            length -= len(chunk)
            yield chunk
    if length:
        raise Corrupt(f"{source} is shorter than it was: {length} bytes are missing.")


def _is_none(folder: Path) -> str:
    if not folder.exists():
        return f"{folder} is not there."
    if folder.name.endswith(UNFINISHED_BACKUP) or (folder / ABOUT).exists():
        return f"{folder} is a backup that was cut short: it has no {LIST}. Take another one."
    return f"{folder} is not a backup: it has no {LIST}."


def _parsed_list(path: Path) -> dict[str, str]:
    sums: dict[str, str] = {}
    lines = path.read_bytes().decode("ascii", "replace").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise Corrupt(f"{path} line {number} is not a checksum and a name.")
        sums[match[2]] = match[1]
    return sums


def _require_complete(folder: Path, sums: Mapping[str, str]) -> None:
    """The files that are there are those of the list."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {
        LIST
    }
    for name in sorted(sums.keys() - found):
        raise Corrupt(f"{folder / name} is missing from the backup. Use another backup.")
    for name in sorted(found - sums.keys()):
        raise Corrupt(f"{folder / name} is not in {LIST}: the backup is not as it was made.")


def _described(path: Path, sums: Mapping[str, str]) -> dict[str, object]:
    text = path.read_bytes() if ABOUT in sums else b""
    if hashlib.sha256(text).hexdigest() != sums.get(ABOUT):
        raise Corrupt(f"{path} does not carry its checksum: the backup is not as it was made.")
    about: dict[str, object] = json.loads(text)
    if about["files"] != len(sums) - 1:
        raise Corrupt(
            f"{path.parent / LIST} names {len(sums) - 1} files where {about['files']} were written."
        )
    return about
