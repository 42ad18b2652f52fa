"""Restore a backup into a new home, and believe it only when the home proves to be the same.

    check      every byte of the backup against its list, then its state
    refuse     a folder that is not empty, a database that is not
    build      .meterbook/being-restored: nobody opens the home from here on
               files, tables in one transaction, index rebuilt from the day files
    compare    every part of the state with what the backup says
    open       the mark goes

Cut short anywhere, it leaves a folder that no server opens and that says what to do. Work that was
waiting or running when the backup was made is not taken up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from sqlalchemy import Connection, inspect, update
from sqlalchemy.exc import DBAPIError

from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.model import OPERATOR
from data_layer.clock import Clock, epoch_of
from data_layer.errors import Conflict, Corrupt, Unavailable
from data_layer.jobs.model import JobState
from data_layer.jobs.tables import jobs
from data_layer.journeys.check_backup import CheckedBackup, checked_backup
from data_layer.journeys.fingerprint import (
    ADMINS,
    USERS,
    Fingerprint,
    files_of,
    fingerprint_of,
    part_of,
)
from data_layer.readings.opening import Opening
from data_layer.readings.places import Places
from data_layer.readings.room import only_default_register
from data_layer.readings.snapshots import Snapshots
from data_layer.readings.store import Progress
from data_layer.storage.backup_folder import Backup, file_bytes, is_free, write_checked
from data_layer.storage.database import LATEST_VERSION, Database, NewerDatabase
from data_layer.storage.durable_files import disk_trouble
from data_layer.storage.home import Home
from data_layer.storage.table_lines import Shape, is_empty, load_table, table_lines

RESTORED = "home restored"
"""The act in the audit."""
NOT_TAKEN_UP = "was not finished when the backup was made that this home was restored from."


@dataclass(frozen=True, slots=True)
class Restored:
    """A home that is the one the backup was made of."""

    home: Path
    made_at: str
    told: Fingerprint
    day_files: int
    in_log: int
    """Readings that are in no day file yet."""
    series: int
    """Series of the index that was rebuilt."""


def restore_home(
    folder: Path, target: Path, *, database_url: str | None, clock: Clock, progress: Progress
) -> Restored:
    """Build the home of a backup in a folder that is empty or not there.

    Raises NotFound for what is no backup, Corrupt for one that does not hold, Conflict where
    something is already, Unavailable when the disk or the database refuses.
    """
    target = target.resolve()
    _require_free(folder, target)
    checked = checked_backup(folder, progress)
    if checked.database > LATEST_VERSION:
        raise NewerDatabase(
            f"The backup {folder} is of a newer Meterbook (database version {checked.database}; "
            f"this one knows versions up to {LATEST_VERSION}): restore it with the newer one."
        )
    with _database_trouble():
        if database_url is not None:
            _require_empty(database_url, checked.tables)
        with Home.begin_restore(target, checked.home) as home:
            home.lock()
            _copy(checked.backup, home, progress)
            database = Database.open(database_url or home.database, version=checked.database)
            try:
                return _completed(checked, home, database, clock, progress)
            finally:
                database.close()


@contextmanager
def _database_trouble() -> Iterator[None]:
    """Say in one sentence that the database refused; of its address nothing is said."""
    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"the database refused the backup's tables: {error.orig}") from error


def _completed(
    checked: CheckedBackup, home: Home, database: Database, clock: Clock, progress: Progress
) -> Restored:
    found = _loaded(checked, database, clock, progress)
    day_files, in_log, series = _reindexed(home, progress)
    registries = {USERS: file_bytes(home.users), ADMINS: file_bytes(home.admins)}
    whole = fingerprint_of(files_of(home), registries, progress)
    for part in Fingerprint({**whole.parts, **found.parts}).differing(checked.told):
        raise Corrupt(f"{part} in {home.folder} is not what it is in {checked.backup.folder}.")
    database.migrate()
    AuditTrail(database, clock).record(
        OPERATOR.name, RESTORED, checked.backup.folder.name, made_at=checked.made_at
    )
    home.end_restore()
    return Restored(home.folder, checked.made_at, checked.told, day_files, in_log, series)


def _copy(backup: Backup, home: Home, progress: Progress) -> None:
    """Put every file in its place; it is held against its checksum once more on the way."""
    places = {
        "home.json": home.private / "home.json",
        "manifest.json": home.manifest,
        "demo.json": home.private / "demo.json",
        "users.csv": home.users,
        "admins.csv": home.admins,
    }
    for name in (*backup.names("daily"), *backup.names("logs")):
        places[name] = home.folder / name
    total, done = backup.size(), 0

    def copied(count: int) -> None:
        nonlocal done
        done += count
        progress("Copying files", done, total)

    for name, place in places.items():
        if name not in backup.sums:
            continue
        mode = 0o644 if "/" in name else 0o600  # readings as their writers make them
        with disk_trouble(f"{place} could not be written"):
            write_checked(place, backup.chunks(name), mode=mode, done=copied)


def _loaded(
    checked: CheckedBackup, database: Database, clock: Clock, progress: Progress
) -> Fingerprint:
    """Fill the tables; what they amount to, read back from the database."""
    parts = {}
    with database.write() as connection:
        for number, name in enumerate(checked.tables, start=1):
            progress("Filling tables", number, len(checked.tables))
            lines = _lines(checked.backup.chunks(f"tables/{name}.jsonl"))
            shape = Shape.parse(next(lines, b""))
            load_table(connection, shape, lines)
            parts[name] = part_of(table_lines(connection, shape))
        _let_rest(connection, epoch_of(clock()))
    return Fingerprint(parts)


def _let_rest(connection: Connection, now: int) -> None:
    """Mark as failed what waited or ran: the files it was about are not in the backup."""
    connection.execute(
        update(jobs)
        .where(jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING)))
        .values(state=JobState.FAILED, error=NOT_TAKEN_UP, message="", finished_at=now)
    )


def _reindexed(home: Home, progress: Progress) -> tuple[int, int, int]:
    """Open the readings, build their index from nothing and keep it; what was counted."""
    opened = Opening(home, Places(only_default_register), progress).for_writing()
    if opened.damage:
        raise Corrupt(" ".join(opened.damage))
    view = opened.view
    if not opened.unsettled:
        amended = view.amended.batch(view.words)
        Snapshots(home.snapshot, home.zone).save(view.index, amended, view.manifest)
    in_log = sum(len(tail) for tail in view.tails)
    return len(view.manifest.days), in_log, len(view.index.keys)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines without their line feeds."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _require_free(folder: Path, target: Path) -> None:
    if is_free(target):
        return
    Home.refuse_half_restored(target)
    elsewhere = target.with_name(f"{target.name}-restored")
    raise Conflict(
        f"A backup is restored into an empty folder, and {target} is not: METERBOOK_HOME="
        f"{quote(str(elsewhere))} .venv/bin/flask restore {quote(str(folder))}"
    )


def _require_empty(database_url: str, tables: Iterable[str]) -> None:
    """Refuse a database that anybody has put a row into."""
    database = Database.untouched(database_url)
    try:
        with database.read() as connection:
            there = set(inspect(connection).get_table_names())
            for name in sorted(there & set(tables)):
                if not is_empty(connection, name):
                    raise Conflict(
                        f"A backup is restored into an empty database, and table {name} of "
                        "METERBOOK_DATABASE_URL has rows: name another database."
                    )
    finally:
        database.close()
