"""The relational store of a home: one engine, whole transactions, tables that migrate themselves.

SQLite in the home by default: WAL, `synchronous=FULL` (a commit is on disk when it returns),
foreign keys on, and every write begins with BEGIN IMMEDIATE, so that two writers queue instead
of failing halfway. PostgreSQL comes by URL and means the same: every write takes one advisory
lock before it reads, so that two writers queue, and nothing has to be tried again; every read is
one snapshot (REPEATABLE READ).

The rooms declare their tables on `METADATA`, each in its own `tables.py`; how a database gets
from one shape to the next stands in `migrations/versions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    MetaData,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import OperationalError

from data_layer.errors import Unavailable

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
MIGRATIONS = Path(__file__).with_name("migrations")
LATEST_VERSION = "0004"
"""The revision of the newest file in migrations/versions."""
BUSY_SECONDS = 30.0
_WRITING = "meterbook_writing"
_WRITERS_QUEUE = 0x4D455445
"""Number of the advisory lock of Meterbook's writers, one a PostgreSQL database."""


class NewerDatabase(Unavailable):
    """The database has been changed by a later version of Meterbook than this one."""


def sqlite_url(file: Path) -> URL:
    return URL.create("sqlite", database=str(file))


@dataclass(frozen=True, slots=True)
class Database:
    """An engine whose tables are of this version."""

    engine: Engine

    @classmethod
    def open(cls, address: str | URL | Path, *, version: str = LATEST_VERSION) -> Database:
        """Open (a path means a SQLite file), and bring the tables to this version, or an older.

        Raises NewerDatabase when a later version has been at work there, Unavailable when it is
        neither SQLite nor PostgreSQL or does not answer.
        """
        database = cls.untouched(address)
        try:
            database.migrate(version)
        except OperationalError as error:
            database.close()
            raise Unavailable(f"the database does not answer: {error.orig}") from error
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def untouched(cls, address: str | URL | Path) -> Database:
        """The database with its tables as they are, if there are any."""
        url = sqlite_url(address) if isinstance(address, Path) else make_url(address)
        return cls(_engine(url))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing is kept of what is done in it."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is durable when the block ends, nothing if it raises."""
        with (
            self.engine.connect().execution_options(**{_WRITING: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def migrate(self, to: str = LATEST_VERSION) -> None:
        """Bring the tables to a version. Raises NewerDatabase when they are of a later one."""
        version = self._version()
        if version == to:
            return
        if version is not None and version > to:
            raise NewerDatabase(
                f"the database is of a newer Meterbook (version {version}; this one knows "
                f"versions up to {to}): start the newer Meterbook."
            )
        # Only a start that has to migrate pays for loading Alembic.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)

    def _version(self) -> str | None:
        """The revision of the tables, None in an empty database."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _engine(url: URL) -> Engine:
    match url.get_backend_name():
        case "sqlite":
            return _sqlite(url)
        case "postgresql":
            return _postgresql(url)
        case other:
            raise Unavailable(
                f"METERBOOK_DATABASE_URL names {other[:20]!r}: use sqlite or postgresql."
            )


# Parameters are hidden from what errors say: a trace in a log must not hold a key's or a session's
# hash, nor whose e-mail was looked for.
def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITING, False):
            # Each statement after this one sees what the writer before has committed.
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITERS_QUEUE}
            )
        else:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))

    return engine


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: `_begin` does
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
