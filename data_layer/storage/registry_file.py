"""A small table kept as a CSV file that people may edit by hand: users.csv, admins.csv.

    users.csv                 header, then one line a row; UTF-8, 0600
    users.csv.tmp             one being written
    .meterbook/versions/      users.csv.000017 ...: the last 10 good states
    .meterbook/versions/users.csv.lock     flock'ed while somebody writes

    change  lock, re-read, check, edit, check, keep both versions, look again,
            .tmp, fsync, rename, fsync folder, unlock
    read    stat; a file that is not the one last read is read and checked; a broken edit is
            reported as `problem`, and the state before it stays in force

Server and commands write the same file; the lock keeps their changes apart.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from data_layer.errors import Conflict, MeterbookError, Unavailable
from data_layer.storage.csv_table import BrokenTable, Row, format_table, parse_table, version_of
from data_layer.storage.durable_files import disk_trouble, write_atomically
from data_layer.storage.versions import Versions

Check = Callable[[Sequence[Row]], None]
"""Raises a MeterbookError when rows break a rule of the table, naming the row."""

LOCK_SECONDS, LOCK_PAUSE = 10.0, 0.02
CLOCK_TICK_NS = 20_000_000


class _Stamp(NamedTuple):
    """By which a changed file is told from an unchanged one."""

    modified_ns: int
    size: int
    inode: int


_ABSENT = _Stamp(0, 0, 0)


@dataclass(frozen=True, slots=True)
class RegistryState:
    """One good content of the file. `version` is the SHA-256 of the bytes it was read from."""

    rows: tuple[Row, ...]
    version: str


class RegistryFile:
    """One registry. Threads and processes may share the file."""

    def __init__(
        self,
        path: Path,
        *,
        columns: Sequence[str],
        versions: Path,
        check: Check | None = None,
        patience: float = LOCK_SECONDS,
    ) -> None:
        self.path = path
        self.columns = tuple(columns)
        self._versions = Versions(versions, path.name)
        self._check = check
        self._patience = patience
        self._lock = RLock()
        self._stamp: _Stamp | None = None
        self._held: RegistryState | None = None
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """One sentence on a broken edit that is not in force, None when all is well."""
        self.state()
        return self._problem

    def state(self) -> RegistryState:
        """The good content in force; one `stat` unless the file changed. No file: no rows.

        Raises BrokenTable when the file is broken and no good version of it is kept.
        """
        with self._lock:
            stamp = self._stat()
            if self._held is None or stamp != self._stamp:
                text = self._read()
                self._take_over(text)
                if self._problem is None and stamp != _ABSENT:
                    self._keep_edit(text)
                self._stamp = stamp if _is_settled(stamp) else None
            return self._in_force()

    def text(self) -> bytes:
        """The content in force as this registry writes it, whatever an editor made of the file."""
        return format_table(self.state().rows, self.columns)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody changes the registry while this is entered. Raises Unavailable."""
        with self._lock, self._locked(patience=self._patience):
            yield

    def change(self, edit: Callable[[Sequence[Row]], Sequence[Row]]) -> RegistryState:
        """Replace the rows by what `edit` makes of the present ones, durably, as a whole.

        Raises what `edit` and the table's rules raise, then nothing is written; Conflict while
        the file holds a broken edit or is being edited; Unavailable when the disk refuses or
        another change takes too long.
        """
        with self._lock, self._locked(patience=self._patience):
            text = self._read()
            self._take_over(text)
            if self._problem is not None:
                raise Conflict(f"{self._problem} Mend or remove that edit first.")
            present = self._in_force()
            changed = format_table(edit([dict(row) for row in present.rows]), self.columns)
            following = self._judge(changed)
            if changed == text:
                return present
            self._versions.keep(text)
            kept = self._versions.keep(changed)
            try:
                self._replace(text, changed)
            except MeterbookError:
                kept.unlink()
                raise
            self._held = following
            return following

    def _in_force(self) -> RegistryState:
        if self._held is None:
            raise BrokenTable(f"{self.path.name} has not been read.")
        return self._held

    def _take_over(self, text: bytes) -> None:
        """Put the file's content in force, or report why not and keep the state before."""
        if self._held is not None and self._held.version == version_of(text):
            self._problem = None
            return
        try:
            self._held, self._problem = self._judge(text), None
        except MeterbookError as error:
            self._problem = (
                f"{self.path.name} was edited and is not taken over: {error.sentence} "
                "The state before the edit stays in force."
            )
            if self._held is None:
                self._held = self._newest_version(error)

    def _newest_version(self, error: MeterbookError) -> RegistryState:
        """The last good content of an earlier run. Raises BrokenTable when there is none."""
        text = self._versions.newest()
        if text is None:
            raise BrokenTable(error.sentence, field=error.field) from error
        return self._judge(text)

    def _keep_edit(self, text: bytes) -> None:
        """Keep a good edit by hand, so that a later broken one does not fall back behind it."""
        # Reading goes on without: whoever changes the file next keeps this content first.
        with suppress(Unavailable), self._locked(patience=0.0):
            self._versions.keep(text)

    def _judge(self, text: bytes) -> RegistryState:
        rows = parse_table(text, self.columns, name=self.path.name)
        if self._check is not None:
            self._check(rows)
        return RegistryState(tuple(rows), version_of(text))

    def _read(self) -> bytes:
        with disk_trouble(f"{self.path.name} cannot be read"):
            try:
                return self.path.read_bytes()
            except FileNotFoundError:
                return format_table([], self.columns)

    def _replace(self, before: bytes, after: bytes) -> None:
        if self._read() != before:
            raise Conflict(f"{self.path.name} was edited by hand at this moment; try again.")
        write_atomically(self.path, after, mode=0o600)

    def _stat(self) -> _Stamp:
        with disk_trouble(f"{self.path.name} cannot be read"):
            try:
                found = self.path.stat()
            except FileNotFoundError:
                return _ABSENT
            return _Stamp(found.st_mtime_ns, found.st_size, found.st_ino)

    @contextmanager
    def _locked(self, *, patience: float) -> Iterator[None]:
        """Keep other processes' changes apart from ours."""
        lock = self._versions.folder / f"{self.path.name}.lock"
        with disk_trouble(f"{self.path.name} cannot be locked"):
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait_for(descriptor, self.path.name, patience=patience)
            yield
        finally:
            os.close(descriptor)


def _wait_for(descriptor: int, name: str, *, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise Unavailable(f"{name} is being changed by somebody else.") from error
            time.sleep(LOCK_PAUSE)
        else:
            return


def _is_settled(stamp: _Stamp) -> bool:
    """Whether a later edit must have another stamp: the file's clock ticks coarsely."""
    return time.time_ns() - stamp.modified_ns > CLOCK_TICK_NS
