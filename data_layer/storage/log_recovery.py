"""What a log folder says after a crash: discard nothing, doubt everything.

    1. drop .tmp, fsync every file and folder         seen is not yet safe
    2. check every line of every log                  the chain, and the generations' order
    3. a torn end: copy to logs/torn-*, cut, fsync    it was never acknowledged
       damage: copy to logs/quarantine/, read-only    it may have been; a person decides

`recover` is for the process that owns the home; `inspect` only looks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from shlex import quote
from typing import NamedTuple
from zlib import crc32

from data_layer.errors import Corrupt
from data_layer.storage.durable_files import (
    disk_trouble,
    fsync_file,
    fsync_folder,
    sync_folder,
    write_atomically,
)
from data_layer.storage.log_format import FIRST_HEADER, Header, Survey, payloads, survey
from data_layer.storage.log_names import (
    ARCHIVE,
    LOG_NAME,
    QUARANTINE,
    last_crc,
    sealed_logs,
)


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log as recovery found it."""

    path: Path
    generation: int
    previous: int
    """Last CRC of the generation before, as the header has it."""
    crc: int
    """Its own last CRC."""
    lines: int

    def payloads(self) -> Iterator[bytes]:
        """Its verified lines in blocks, each line ended by a line feed. Raises Corrupt."""
        return payloads(self.path, expect=self.lines)


@dataclass(frozen=True, slots=True)
class Recovered:
    """The state of a log folder. With `damage`, serve what holds, read-only, and show it."""

    sealed: tuple[LogFile, ...] = ()
    """Closed logs in the folder, oldest first: merge, or only archive when flushed already."""
    current: LogFile | None = None
    """The open log; None where there is none yet."""
    following: Header = FIRST_HEADER
    """Header of the log to begin where there is none."""
    torn: tuple[Path, ...] = ()
    """Copies of unfinished ends that were cut."""
    damage: tuple[str, ...] = ()
    """Sentences naming file, line and copy; the last one is the command that repairs."""

    @property
    def read_only(self) -> bool:
        return bool(self.damage)

    def logs(self) -> tuple[LogFile, ...]:
        """All logs in the folder, oldest first."""
        return self.sealed if self.current is None else (*self.sealed, self.current)


def inspect(folder: Path, *, flushed: int = 0) -> Recovered:
    """What the logs hold, changing nothing. Beside a server the open log may be growing."""
    return _Recovery(folder, flushed=flushed, mend=False).run()


def recover(folder: Path, *, flushed: int = 0) -> Recovered:
    """Make durable what is there, cut torn ends, quarantine damage. Repeatable.

    `flushed` is the manifest's flushed generation. Raises Unavailable when the disk refuses.
    """
    with disk_trouble("the log folder could not be laid out"):
        (folder / ARCHIVE).mkdir(parents=True, exist_ok=True)
    sync_folder(folder / ARCHIVE)
    sync_folder(folder)
    return _Recovery(folder, flushed=flushed, mend=True).run()


class _Merged(NamedTuple):
    """The last log that is in the day files, as far as it is known; its last CRC likewise."""

    generation: int
    crc: int | None


class _Recovery:
    """One pass over a log folder."""

    def __init__(self, folder: Path, *, flushed: int, mend: bool) -> None:
        self._folder = folder
        self._flushed = flushed
        self._mend = mend
        self._torn: list[Path] = []
        self._damage: list[str] = []

    def run(self) -> Recovered:
        awaiting = sealed_logs(self._folder)
        sealed = tuple(
            log
            for generation, path in awaiting
            if (log := self._look_at(path, named=generation)) is not None
        )
        current = None
        if (self._folder / LOG_NAME).exists():
            current = self._look_at(self._folder / LOG_NAME)
        merged = self._merged()
        if not self._damage:
            self._check_order([*sealed, current] if current else sealed, merged)
        if self._damage:
            self._damage.append(repair_command(self._folder))
        last = sealed[-1] if sealed else merged
        following = Header(generation=last.generation + 1, previous=last.crc or 0)
        return Recovered(sealed, current, following, tuple(self._torn), tuple(self._damage))

    def _look_at(self, path: Path, *, named: int | None = None) -> LogFile | None:
        try:
            found = survey(path)
        except Corrupt as error:
            self._quarantine(path, error.sentence)
            return None
        header = found.header
        if named is not None and header.generation != named:
            self._quarantine(path, f"{path} says inside that it is log {header.generation}.")
        elif found.bad_line and found.torn and named is None:
            if self._mend:
                self._torn.append(_cut(path, found))
        elif found.bad_line:
            self._quarantine(
                path,
                f"{path} line {found.bad_line} does not carry its checksum; "
                f"{found.valid_after} good lines follow it.",
            )
        return LogFile(path, header.generation, header.previous, found.crc, found.lines)

    def _merged(self) -> _Merged:
        archived = sealed_logs(self._folder / ARCHIVE)
        generation, path = archived[-1] if archived else (0, self._folder)
        if generation < self._flushed:
            return _Merged(self._flushed, None)
        return _Merged(generation, last_crc(path) if archived else None)

    def _check_order(self, logs: Sequence[LogFile], merged: _Merged) -> None:
        """Each log continues the one before it, and none is missing."""
        for before, after in pairwise(logs):
            if after.generation != before.generation + 1 or after.previous != before.crc:
                self._quarantine(
                    after.path,
                    f"{after.path} (log {after.generation}) does not continue where "
                    f"{before.path.name} (log {before.generation}) ends.",
                )
        if not merged.generation:
            return
        if not logs:
            self._damage.append(
                f"{self._folder / LOG_NAME} is missing, and with it what came in since log "
                f"{merged.generation} was merged."
            )
            return
        first, last = logs[0], logs[-1]
        if first.generation > merged.generation + 1 and self._flushed:
            self._quarantine(
                first.path,
                f"{first.path} is log {first.generation}, but only the logs up to "
                f"{merged.generation} are merged: one in between is missing.",
            )
        elif last.path.name == LOG_NAME and last.generation <= merged.generation:
            self._quarantine(
                last.path,
                f"{last.path} is log {last.generation}, but the logs up to "
                f"{merged.generation} are merged already: it is an old copy.",
            )
        elif first.generation == merged.generation + 1 and (
            merged.crc not in (None, first.previous)
        ):
            self._quarantine(
                first.path,
                f"{first.path} does not continue where log {merged.generation} ends.",
            )

    def _quarantine(self, path: Path, sentence: str) -> None:
        if self._mend:
            sentence = f"{sentence} A copy is kept as {keep_aside(path)}."
        self._damage.append(sentence)


def repair_command(folder: Path) -> str:
    """What to type, in the project folder, with the server stopped."""
    return (
        "Readings stay readable, none are taken. To keep every line that holds and go on: "
        f"METERBOOK_HOME={quote(str(folder.parent))} .venv/bin/flask home repair"
    )


def keep_aside(path: Path) -> Path:
    """A durable copy in quarantine, named after its content: repeated starts make one copy."""
    data = path.read_bytes()
    copy = path.parent / QUARANTINE / f"{path.name}-{crc32(data):08x}"
    if not copy.exists():
        with disk_trouble(f"{path.name} could not be copied to {QUARANTINE}"):
            copy.parent.mkdir(exist_ok=True)
            fsync_folder(path.parent)
        write_atomically(copy, data)
    return copy


def _cut(path: Path, found: Survey) -> Path:
    """Copy the unfinished end aside, then cut it off, durably."""
    with disk_trouble(f"the unfinished end of {path.name} could not be cut"):
        with path.open("r+b") as file:
            file.seek(found.good_bytes)
            end = file.read()
            copy = path.with_name(f"torn-{found.header.generation}-{crc32(end):08x}.txt")
            write_atomically(copy, end)
            os.ftruncate(file.fileno(), found.good_bytes)
        fsync_file(path)
    return copy
