"""Back up a home while readings come in: what a power cut at one moment would have left.

    hold off the end of day; with nobody writing a reading, an account or a row:
        the log's length, accounts, staff, a snapshot of the database        the one moment
    tables, logs, day files copied, then read again as a whole               may take minutes
    description, list of checksums, rename                                   now it is a backup

What was acknowledged before the moment is in it, what came after is not. The home is only read.
`backup_folder.py` draws the form; in the folder lie

    home.json manifest.json users.csv admins.csv demo.json (of a demo)
    daily/YYYY-MM-DD.csv daily/monthly_YYYY-MM.csv
    logs/log.txt logs/sealed-<n>.txt     the open log so far, and closed ones not merged yet
    tables/<name>.jsonl                  the database, without what ends with the home
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from data_layer.accounts.audit import Detail, Entry
from data_layer.accounts.room import AccountsRoom
from data_layer.clock import Clock
from data_layer.errors import Corrupt, MeterbookError, NotFound, Unavailable
from data_layer.jobs.model import Job, Result, Task
from data_layer.jobs.tables import jobs
from data_layer.journeys.fingerprint import (
    READINGS,
    Fingerprint,
    folder_fingerprint,
    kept_tables,
    table_texts,
)
from data_layer.readings.local_store import LocalStore
from data_layer.storage.backup_folder import Backup, begin_backup
from data_layer.storage.database import LATEST_VERSION, Database
from data_layer.storage.home import Home
from data_layer.storage.log_names import LOG_NAME, sealed_logs
from data_layer.storage.manifest import Manifest
from data_layer.storage.table_lines import is_empty
from data_layer.storage.write_ahead_log import RESERVE_BYTES

BACK_UP = "back_up"
MADE = "backup made"
"""The act in the audit."""
FORMAT = 1
LOOK_EVERY_BYTES = 1 << 20
"""After so much of a copy it is looked again whether there is room."""
_DAILY = re.compile(r"(\d{4}-\d\d-\d\d|monthly_\d{4}-\d\d)\.csv", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a home was at one moment; the connection sees its database as it was then."""

    at: datetime
    log_bytes: int
    users: bytes
    admins: bytes
    connection: Connection


@dataclass(frozen=True)
class BackUp:
    """The journey with all it needs; called as the handler of its kind of job."""

    home: Home
    usual_folder: Path
    """Where backups go that were not told where."""
    store: LocalStore
    database: Database
    rooms: AccountsRoom
    clock: Clock

    def __call__(self, task: Task) -> Result:
        place = self._place(task)
        actor, audit = task.job.actor, self.rooms.audit
        try:
            done = self._made_before(task, place) or self._make(task, place)
        except MeterbookError as error:
            audit.record(actor, "backup failed", str(place), reason=error.sentence)
            raise
        if not _is_told_of(audit.about(str(place), MADE), done):
            audit.record(actor, MADE, str(place), **done)
        return {"backup": str(place), **done}

    def _place(self, task: Task) -> Path:
        told = str(task.job.params.get("to") or "")
        if told:
            return Path(told)
        named = task.job.created_at.astimezone(UTC)
        return self.usual_folder / f"meterbook-{named:%Y%m%dT%H%M%SZ}"

    def _made_before(self, task: Task, place: Path) -> dict[str, Detail] | None:
        """What this very job made before its process died; None where that is nothing whole.

        Raises Corrupt when it no longer holds.
        """
        try:
            backup = Backup.open(place)
        except (NotFound, Corrupt):
            return None  # whatever stands there, nothing is put over it
        if (backup.about.get("home"), backup.about.get("job")) != self._origin(task.job):
            return None
        backup.check(_checking(task))
        return told_of(backup.about)

    def _origin(self, job: Job) -> tuple[str, dict[str, str]]:
        """By what a backup is known as this job's: the home and, in it, the job."""
        asked_at = job.created_at.astimezone(UTC).isoformat(timespec="seconds")
        return str(self.home.folder), {"id": job.id, "asked_at": asked_at}

    def _make(self, task: Task, place: Path) -> dict[str, Detail]:
        with self.store.standing_still(), begin_backup(place, mark=f"job{task.job.id}") as backup:
            with self._moment() as moment:
                copied = _Copied(task, self.home, backup.folder, self._size(moment))
                backup.add("users.csv", [moment.users], done=copied)
                backup.add("admins.csv", [moment.admins], done=copied)
                for name, lines in table_texts(moment.connection).items():
                    with closing(lines):
                        backup.add(f"tables/{name}.jsonl", lines, done=copied.of_table(name))
            for name, source, length in self._files(moment):
                backup.copy(name, source, length=length, done=copied)
            tables = [shape.name for shape in kept_tables()]
            told = folder_fingerprint(backup.folder, self.home.zone, tables, _checking(task))
            home, job = self._origin(task.job)
            about = {
                "format": FORMAT,
                "made_at": moment.at.isoformat(timespec="milliseconds"),
                "home": home,
                "job": job,
                "database": LATEST_VERSION,
                "tables": tables,
                "bytes": copied.done,
                "state": told.state,
                "parts": told.as_json(),
            }
            backup.finish(about)
        return told_of(about)

    @contextmanager
    def _moment(self) -> Iterator[_Moment]:
        """All that changes, seen at one moment; the database stays so until this is left."""
        with ExitStack() as opened:
            seen: list[Connection] = []

            def look_at_database() -> None:
                connection = opened.enter_context(self.database.read())
                is_empty(connection, jobs.name)  # what is read first fixes what is seen
                seen.append(connection)

            accounts, staff = self.rooms.accounts, self.rooms.staff
            # Registries first: nobody asks them in the committer's turn, which is waited for.
            with accounts.held(), staff.held():
                length = self.store.log_length(look_at_database)
                users, admins = accounts.text(), staff.text()
            yield _Moment(self.clock(), length, users, admins, seen[0])

    def _files(self, moment: _Moment) -> Iterator[tuple[str, Path, int | None]]:
        """What is copied as it is, where it lies, and how much of it."""
        home = self.home
        for path in (home.private / "home.json", home.manifest, home.private / "demo.json"):
            if path.exists():
                yield path.name, path, None
        yield f"logs/{LOG_NAME}", home.logs / LOG_NAME, moment.log_bytes
        flushed = Manifest.load(home.manifest).flushed_generation
        for generation, path in sealed_logs(home.logs):
            if generation > flushed:
                yield f"logs/{path.name}", path, None
        for path in sorted(home.daily.iterdir()):
            if _DAILY.fullmatch(path.name):
                yield f"daily/{path.name}", path, None

    def _size(self, moment: _Moment) -> int:
        """Bytes of all but the tables: how long their lines are is seen when they are written."""
        files = sum(
            path.stat().st_size if length is None else length
            for _, path, length in self._files(moment)
        )
        return len(moment.users) + len(moment.admins) + files


def told_of(about: Mapping[str, object]) -> dict[str, Detail]:
    """What the job answers of a backup, from its description."""
    return {
        "made_at": datetime.fromisoformat(str(about["made_at"])).isoformat(timespec="seconds"),
        "readings": Fingerprint.of_json(about["parts"]).parts[READINGS].rows,
        "bytes": int(str(about["bytes"])),
        "state": str(about["state"]),
    }


def _is_told_of(lines: Iterable[Entry], done: Mapping[str, Detail]) -> bool:
    """Whether the audit has this backup already: its process died after that."""
    return any(line.details == done for line in lines)


class _Copied:
    """Counts bytes for the progress bar, looks for room, and lets the work be put down.

    Raises Unavailable at the beginning and with every MB that finds too little room.
    """

    def __init__(self, task: Task, home: Home, folder: Path, known: int) -> None:
        """`known` are the bytes of all that is no table."""
        self.total, self.done = known, 0
        self._task, self._home, self._folder = task, home, folder
        self._looked_at = 0
        self._require_room()

    def __call__(self, count: int) -> None:
        self._count(count, "copying files")

    def of_table(self, name: str) -> Callable[[int], None]:
        """Counts bytes of a table, by which the total grows: nobody knew of them."""

        def grown(count: int) -> None:
            self.total += count
            self._count(count, f"copying {name}")

        return grown

    def _count(self, count: int, what: str) -> None:
        self._task.pause_point()
        self.done += count
        if self.done - self._looked_at >= LOOK_EVERY_BYTES:
            self._require_room()
        self._task.progress(what, self.done, self.total)

    def _require_room(self) -> None:
        self._looked_at = self.done
        _require_room(self._folder, self.done, self.total - self.done, self._home)


def _checking(task: Task) -> Callable[[str, int, int], None]:
    def told(_what: str, done: int, of: int) -> None:
        task.pause_point()
        task.progress("checking the copy", done, of)

    return told


def _require_room(folder: Path, written: int, left: int, home: Home) -> None:
    """Refuse what cannot end, or would leave the home's log without room.

    What may be written until the next look counts as left.
    """
    free = shutil.disk_usage(folder).free + written
    same_disk = folder.stat().st_dev == home.folder.stat().st_dev
    needed = written + left + LOOK_EVERY_BYTES + (RESERVE_BYTES if same_disk else 0)
    if free < needed:
        reserve = f", {RESERVE_BYTES >> 20} MB of it in reserve for readings" if same_disk else ""
        raise Unavailable(
            f"No backup is made: it needs {-(-needed >> 20)} MB on the disk of {folder.parent}"
            f"{reserve}, and {free >> 20} MB are free."
        )
