"""The state of a home as one number: equal homes have equal ones, wherever their readings lie.

    timezone        the zone its days are cut in
    readings        every day as it will be once its logs are merged (readings/settled_days.py)
    users, admins   accounts and staff in force, as their files are written
    tariffs ...     each table of the database, as lines of text (storage/table_lines.py)

The audit and the jobs have their part too and are left out of the state: they say what was done to
a home, a backup among it, and not what it holds. Sessions, one-time links and failed sign-ins have
none: they end with the home.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import Connection

from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.staff_registry import StaffRegistry
from data_layer.accounts.tables import attempts, audit, one_time_links, sessions
from data_layer.billing.tables import bills
from data_layer.clock import HomeZone
from data_layer.errors import Corrupt, Unavailable
from data_layer.jobs.tables import jobs
from data_layer.readings.opening import ATTEMPTS, BEING_REWRITTEN, PAUSE_SECONDS
from data_layer.readings.settled_days import ReadingFiles, digest_of
from data_layer.readings.store import Progress
from data_layer.storage.backup_folder import file_bytes
from data_layer.storage.database import METADATA, Database
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.seal_state import SealState
from data_layer.storage.table_lines import Shape, table_lines
from data_layer.tariffs.tables import tariffs

ENDS_WITH_THE_HOME = frozenset({sessions.name, one_time_links.name, attempts.name})
"""Tables that go into no backup."""
TRACES = frozenset({jobs.name, audit.name})
"""Parts that say what was done."""
TIMEZONE, READINGS, USERS, ADMINS = "timezone", "readings", "users", "admins"
_ALL_ARE_DECLARED = (bills, tariffs)
"""Importing a room's tables declares them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind, and the SHA-256 of what they say."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Fingerprint:
    """A home's parts by name."""

    parts: Mapping[str, Part]

    @property
    def state(self) -> str:
        """One SHA-256 over every part that is no trace."""
        told = [f"{name} {part.rows} {part.sha256}\n" for name, part in sorted(self.parts.items())
                if name not in TRACES]  # fmt: skip
        return hashlib.sha256("".join(told).encode()).hexdigest()

    def differing(self, other: Fingerprint) -> list[str]:
        """Names of parts that are not the same in both."""
        names = self.parts.keys() | other.parts.keys()
        return sorted(name for name in names if self.parts.get(name) != other.parts.get(name))

    def as_json(self) -> dict[str, dict[str, object]]:
        return {name: {"rows": part.rows, "sha256": part.sha256}
                for name, part in sorted(self.parts.items())}  # fmt: skip

    @classmethod
    def of_json(cls, told: Any) -> Fingerprint:
        """Raises Corrupt."""
        try:
            return cls({
                str(name): Part(int(part["rows"]), str(part["sha256"]))
                for name, part in told.items()
            })  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Corrupt(f"the backup does not say what state it is of: {error!r}.") from error


def kept_tables() -> list[Shape]:
    """Every table that belongs to a home's state or traces, none before one it refers to."""
    declared = METADATA.sorted_tables
    return [Shape.of(table) for table in declared if table.name not in ENDS_WITH_THE_HOME]


def fingerprint_of(
    readings: ReadingFiles, lines: Mapping[str, Iterable[bytes]], progress: Progress
) -> Fingerprint:
    """Put together from files of readings and, for each other part, the lines of its text."""
    zone = readings.zone.name.encode()
    days = readings.settled(progress)
    held = Part(sum(entry.rows for entry in days.values()), digest_of(days))
    parts = {name: part_of(chunks) for name, chunks in lines.items()}
    return Fingerprint(
        {TIMEZONE: Part(1, hashlib.sha256(zone).hexdigest()), READINGS: held, **parts}
    )


def part_of(chunks: Iterable[bytes]) -> Part:
    """The part of a text with a header line and one line a row."""
    lines, read = 0, hashlib.sha256()
    for chunk in chunks:
        lines += chunk.count(b"\n")
        read.update(chunk)
    return Part(lines - 1, read.hexdigest())


def files_of(home: Home) -> ReadingFiles:
    return ReadingFiles(DayFiles(home.daily), home.logs, home.manifest, home.zone)


def folder_fingerprint(
    folder: Path, zone: HomeZone, tables: Iterable[str], progress: Progress
) -> Fingerprint:
    """What the files of a backup amount to. Raises Corrupt where they contradict each other."""
    files = ReadingFiles(
        DayFiles(folder / "daily"), folder / "logs", folder / "manifest.json", zone
    )
    lines = {name: file_bytes(folder / "tables" / f"{name}.jsonl") for name in tables}
    lines |= {name: file_bytes(folder / f"{name}.csv") for name in (USERS, ADMINS)}
    return fingerprint_of(files, lines, progress)


def home_fingerprint(
    home: Home,
    database: Database,
    accounts: AccountRegistry,
    staff: StaffRegistry,
    progress: Progress,
) -> Fingerprint:
    """Of a home, also beside a server: looked at again where an end of day moved its files.

    Raises Corrupt where files contradict each other that did not move, Unavailable where they move
    whenever they are looked at.
    """
    for _ in range(ATTEMPTS):
        before = SealState.of(home.logs, home.manifest)
        try:
            with database.read() as connection:
                lines = {**table_texts(connection), USERS: [accounts.text()],
                         ADMINS: [staff.text()]}  # fmt: skip
                return fingerprint_of(files_of(home), lines, progress)
        except (FileNotFoundError, Corrupt):
            if SealState.of(home.logs, home.manifest) == before:
                raise
        sleep(PAUSE_SECONDS)
    raise Unavailable(BEING_REWRITTEN)


def table_texts(connection: Connection) -> dict[str, Generator[bytes]]:
    """Each kept table's lines, read when they are asked for."""
    return {shape.name: table_lines(connection, shape) for shape in kept_tables()}
