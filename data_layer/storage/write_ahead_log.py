"""The log every reading is in before it is acknowledged: append, seal, poison.

`log_format` draws the lines, `log_names` the folder, `log_recovery` reads it after a crash.

    prepare  the lines and their checksums as they go to disk; may be done while the group before
             is still being written
    write    one write, one fdatasync; the lines are safe when it returns
      write fails     cut back to the length before, fsync, Unavailable: try again later
      fdatasync fails never retried (the kernel may have dropped the pages): poisoned, closed
                      until a restart recovers; what it left is cut off unsynced
    seal     log.txt.tmp with the next header, fsync; log.txt -> sealed-42.txt;
             log.txt.tmp -> log.txt; fsync the folder

A crash between the two renames leaves no log.txt: `open` makes it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from data_layer.errors import Corrupt, Unavailable
from data_layer.storage.durable_files import (
    UNFINISHED,
    disk_trouble,
    fsync_folder,
    write_all,
    write_atomically,
    write_new,
)
from data_layer.storage.log_chain import Lines, chained
from data_layer.storage.log_format import Header
from data_layer.storage.log_names import LOG_NAME, sealed_path
from data_layer.storage.log_recovery import Recovered

RESERVE_BYTES = 256 << 20
"""Free space left for merging a day and for the operator to act in."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Lines as they go to disk, behind those that end with the checksum `previous`."""

    data: memoryview
    lines: int
    previous: int
    crc: int


class WriteAheadLog:
    """The open log: one process owns it, its threads may share it."""

    def __init__(
        self,
        folder: Path,
        *,
        generation: int,
        crc: int,
        lines: int,
        reserve_bytes: int,
        sync: Callable[[int], None],
    ) -> None:
        self.folder = folder
        self.path = folder / LOG_NAME
        self.generation = generation
        self.lines = lines
        """Reading lines in the open log."""
        self._crc = crc
        self._reserve_bytes = reserve_bytes
        self._sync = sync
        self._lock = Lock()
        self._poison: str | None = None
        self._descriptor: int | None = self._open()
        self._length = os.fstat(self._descriptor).st_size

    @classmethod
    def open(
        cls,
        folder: Path,
        recovered: Recovered,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        sync: Callable[[int], None] = os.fdatasync,
    ) -> WriteAheadLog:
        """Open what `recover(folder)` found; begin a new log where there is none.

        Raises Corrupt when recovery found damage, Unavailable when the disk refuses.
        """
        if recovered.damage:
            raise Corrupt(" ".join(recovered.damage))
        found = recovered.current
        if found is None:
            header = recovered.following
            write_atomically(folder / LOG_NAME, header.line())
            generation, crc, lines = header.generation, header.crc, 0
        else:
            generation, crc, lines = found.generation, found.crc, found.lines
        with disk_trouble("the log could not be opened"):
            return cls(
                folder,
                generation=generation,
                crc=crc,
                lines=lines,
                reserve_bytes=reserve_bytes,
                sync=sync,
            )

    @property
    def length(self) -> int:
        """Bytes of the log that are durable: the header and all lines that were acknowledged."""
        return self._length

    @property
    def poisoned(self) -> str | None:
        """Why nothing more is taken until a restart, None when all is well."""
        return self._poison

    def prepare(self, lines: Lines, after: Prepared | None = None) -> Prepared:
        """Complete lines so that they continue the log, or what is `after` to be written first."""
        previous = self._crc if after is None else after.crc
        data, crc = chained(lines, previous)
        return Prepared(data, len(lines), previous, crc)

    def write(self, prepared: Prepared) -> None:
        """Make prepared lines durable: one write, one fdatasync.

        Raises Unavailable; then none of the lines will ever be served. An interrupt closes the log:
        a restart finds how far the write came.
        """
        with self._lock:
            descriptor = self._ready()
            if prepared.previous != self._crc:
                raise Unavailable("The readings before these could not be written.")
            self._keep_reserve(descriptor, len(prepared.data))
            try:
                self._write(descriptor, prepared.data)
                self._make_durable(descriptor)
                self._crc = prepared.crc
                self._length += len(prepared.data)
                self.lines += prepared.lines
            except Unavailable:
                raise
            except BaseException:
                # Interrupted: what comes next must not stand behind half a line.
                self._poisoned("a write was interrupted")
                raise

    def seal(self) -> Path | None:
        """Close the log under its own generation and open the next; None when it has no lines.

        Raises Unavailable when the disk refuses; then the log is as it was, or poisoned.
        """
        with self._lock:
            descriptor = self._ready()
            if self.lines == 0:
                return None
            following = Header(self.generation + 1, self._crc)
            sealed = sealed_path(self.folder, self.generation)
            unfinished = self.path.with_name(LOG_NAME + UNFINISHED)
            with disk_trouble("the log could not be sealed"):
                write_new(unfinished, following.line())
            try:
                self.path.rename(sealed)
                unfinished.rename(self.path)
                fsync_folder(self.folder)
                os.close(descriptor)
                self._descriptor = None
                self._descriptor = self._open()
                self.generation = following.generation
                self.lines = 0
                self._crc = following.crc
                self._length = len(following.line())
            except OSError as error:
                raise self._poisoned(f"the log could not be sealed: {error.strerror}") from error
            except BaseException:
                self._poisoned("sealing the log was interrupted")
                raise
            return sealed

    def close(self) -> None:
        """Take no more lines. May be repeated."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def _ready(self) -> int:
        if self._poison is not None:
            raise Unavailable(self._poison)
        if self._descriptor is None:
            raise Unavailable("The log is closed.")
        return self._descriptor

    def _keep_reserve(self, descriptor: int, size: int) -> None:
        disk = os.fstatvfs(descriptor)
        free = disk.f_bavail * disk.f_frsize
        if free < self._reserve_bytes + size:
            raise Unavailable(
                f"No readings are taken: {free >> 20} MB are free on the disk of {self.folder}, "
                f"and {self._reserve_bytes >> 20} MB are kept in reserve.",
                retry_after=300,
            )

    def _write(self, descriptor: int, data: memoryview) -> None:
        try:
            write_all(descriptor, data)
        except OSError as error:
            self._cut_back(descriptor)
            raise Unavailable(f"The readings could not be written: {error.strerror}.") from error

    def _cut_back(self, descriptor: int) -> None:
        """Take back what a failed write left behind, durably, or stop for good."""
        try:
            os.ftruncate(descriptor, self._length)
            self._sync(descriptor)
        except OSError as error:
            raise self._poisoned(
                f"a failed write could not be taken back: {error.strerror}"
            ) from error

    def _make_durable(self, descriptor: int) -> None:
        try:
            self._sync(descriptor)
        except OSError as error:
            # What the kernel dropped can still be seen. A restart must not find it: it would serve
            # it, and write behind it what a power cut then leaves behind a hole.
            with suppress(OSError):
                os.ftruncate(descriptor, self._length)
            raise self._poisoned(f"the disk failed to keep a write: {error.strerror}") from error

    def _poisoned(self, why: str) -> Unavailable:
        self._poison = f"No readings are taken until Meterbook is restarted: {why}."
        return Unavailable(self._poison)
