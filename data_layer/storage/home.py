"""The home folder: where everything lies, in which zone, and who may write to it.

<home>/
  users.csv admins.csv         registries, editable by hand
  logs/log.txt                 readings as they come in
  logs/sealed-<n>.txt          closed logs waiting to be merged
  logs/sealed/                 closed logs that were merged, kept 35 days
  daily/YYYY-MM-DD.csv         the record
  .meterbook/            0700  what is ours alone
    being-restored             stands there while a backup is copied in: nobody opens the home
    home.json                  {"format": 1, "timezone": "Asia/Singapore", "demo": false}
    lock                       flock'ed by the one process that writes readings; its pid
    manifest.json  meterbook.sqlite3  snapshot/  versions/  staged/
    receiving-stopped.json     while an admin has stopped receiving
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from time import sleep
from typing import Any

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Conflict, Corrupt, NotFound, Unavailable
from data_layer.storage.closing import Closing
from data_layer.storage.durable_files import UNFINISHED, disk_trouble, fsync_folder, write_new

FORMAT = 1
DEFAULT_TIMEZONE = "Asia/Singapore"
PRIVATE_FOLDER = ".meterbook"
BEING_RESTORED = "being-restored"
LOOKS_AT_LOCK = 20


class HomeInUse(Conflict):
    """Another process already writes to this home."""


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What home.json says."""

    timezone: str
    demo: bool = False

    @classmethod
    def read(cls, path: Path) -> HomeFacts:
        """Raises Corrupt for a newer or unreadable file, Unavailable when the disk refuses."""
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            if int(content["format"]) > FORMAT:
                raise Corrupt(
                    f"The home {path.parent.parent} was written by a newer Meterbook (format "
                    f"{content['format']}; this one reads up to {FORMAT}). Upgrade to open it."
                )
            return cls(timezone=str(content["timezone"]), demo=bool(content["demo"]))
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupt(f"{path} cannot be read as a home's description: {error!r}.") from error


class Home(Closing):
    """A home folder, laid out. `Home.open` creates what is missing; `lock` makes it ours."""

    def __init__(self, folder: Path, facts: HomeFacts) -> None:
        self.folder = folder
        self.zone = HomeZone(facts.timezone)
        self.demo = facts.demo
        self._lock: int | None = None

        self.logs = folder / "logs"
        self.daily = folder / "daily"
        self.users = folder / "users.csv"
        self.admins = folder / "admins.csv"
        self.private = folder / PRIVATE_FOLDER
        self.manifest = self.private / "manifest.json"
        self.database = self.private / "meterbook.sqlite3"
        self.snapshot = self.private / "snapshot"
        self.versions = self.private / "versions"
        self.staged = self.private / "staged"
        self.stopped = self.private / "receiving-stopped.json"

    @classmethod
    def open(cls, folder: Path, *, timezone: str = "", demo: bool = False) -> Home:
        """Open a home, creating it where there is none. `demo` counts at creation only.

        Raises BadInput for another zone than the home's, Corrupt for a newer or unreadable
        home.json, Unavailable when the folder cannot be made.
        """
        folder = folder.resolve()
        cls.refuse_half_restored(folder)
        described = folder / PRIVATE_FOLDER / "home.json"
        with disk_trouble(f"the home {folder} cannot be laid out"):
            _lay_out(folder)
            if not described.exists():
                _describe(described, HomeFacts(timezone or DEFAULT_TIMEZONE, demo))
        facts = HomeFacts.read(described)
        if timezone and timezone != facts.timezone:
            raise BadInput(
                f"The home {folder} lives in {facts.timezone}, not {timezone}: its day files are "
                f"cut at {facts.timezone} midnights and are not converted. Start it with "
                f"METERBOOK_TIMEZONE={facts.timezone} (or none), or export its readings and "
                f"import them into a new home created with {timezone}.",
                field="timezone",
            )
        return cls(folder, facts)

    @classmethod
    def begin_restore(cls, folder: Path, facts: HomeFacts) -> Home:
        """Lay out a home that nobody opens before `end_restore`, whatever happens until then.

        The folder is empty or not there. Raises Unavailable.
        """
        folder = folder.resolve()
        private = folder / PRIVATE_FOLDER
        with disk_trouble(f"the home {folder} cannot be laid out"):
            private.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(private / BEING_RESTORED, b"", mode=0o600)
            for path in (private, folder, folder.parent):
                fsync_folder(path)
            _lay_out(folder)
        return cls(folder, facts)

    def end_restore(self) -> None:
        """From now on the home may be opened. Raises Unavailable."""
        with disk_trouble(f"the home {self.folder} cannot be completed"):
            for path in (self.logs, self.daily, self.private, self.folder):
                fsync_folder(path)
            (self.private / BEING_RESTORED).unlink()
            fsync_folder(self.private)

    @staticmethod
    def refuse_half_restored(folder: Path) -> None:
        """Raises Unavailable where a restore was cut short."""
        if (folder / PRIVATE_FOLDER / BEING_RESTORED).exists():
            raise Unavailable(
                f"The home {folder} is not whole: a restore into it was cut short, or runs. "
                f"Remove what is in it and restore again: rm -r {quote(str(folder))}"
            )

    @staticmethod
    def stands_in(folder: Path) -> bool:
        """Whether the folder is a home; looking creates nothing."""
        return (folder / PRIVATE_FOLDER / "home.json").exists()

    @classmethod
    def existing(cls, folder: Path) -> Home:
        """Open a home that must be there already. Raises NotFound."""
        if not cls.stands_in(folder):
            raise NotFound(f"{folder} is not a Meterbook home.")
        return cls.open(folder)

    def lock(self) -> None:
        """Become the one process that writes readings here, and make the home's names durable.

        Raises HomeInUse naming the other process, Unavailable when the disk refuses.
        """
        with disk_trouble(f"the home {self.folder} could not be locked"):
            self._lock = self._locked()
            # Whoever made these folders and files may have been killed before they were safe.
            for path in (self.private, self.folder, self.folder.parent):
                fsync_folder(path)

    def _locked(self) -> int:
        """The lock file, held and with our process id in it. Raises HomeInUse, OSError."""
        descriptor = os.open(self.private / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise HomeInUse(
                f"Another Meterbook (process {holder or 'unknown'}) already writes to the home "
                f"{self.folder}; stop it first, or use another METERBOOK_HOME."
            ) from error
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def holder(self) -> int | None:
        """Process id of whoever writes to this home now, None when nobody does.

        Looking writes nothing, so that a disk that takes no more writes can still be asked.
        Raises Unavailable when the disk refuses.
        """
        with disk_trouble(f"who writes to the home {self.folder} could not be found out"):
            try:
                descriptor = os.open(self.private / "lock", os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                return int(text) if text.isdigit() else 0
            finally:
                os.close(descriptor)
        return None

    def close(self) -> None:
        """Give the home back. May be repeated."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _lay_out(folder: Path) -> None:
    private = folder / PRIVATE_FOLDER
    for path in (folder, folder / "logs", folder / "logs" / "sealed", folder / "daily"):
        path.mkdir(parents=True, exist_ok=True)
    for path in (private, private / "snapshot", private / "versions", private / "staged"):
        path.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_mode & 0o077:
        private.chmod(0o700)
    for path in (folder / "logs", folder / "daily"):
        mode = path.stat().st_mode
        if mode & 0o007:  # readings are their households' own; a group may be let in by hand
            path.chmod(mode & 0o770)


def _describe(path: Path, facts: HomeFacts) -> None:
    """Create home.json; when two processes create it at once, the first one's stands."""
    HomeZone(facts.timezone)
    content = {"format": FORMAT, "timezone": facts.timezone, "demo": facts.demo}
    unfinished = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    write_new(unfinished, json.dumps(content).encode() + b"\n", mode=0o600)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
    fsync_folder(path.parent)


def _take(descriptor: int) -> None:
    """Lock a file for writing. Raises BlockingIOError when another keeps it.

    Who only asks for the holder has it for a moment: that is waited for.
    """
    for _ in range(LOOKS_AT_LOCK):
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(0.01)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
