"""SQLite of the standard library: every table clustered on the key it is asked by."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.peer_tables import Columns, PeerTables
from tests.benchmarks.peers.sql import METERS_AT_ONCE, SqlPeer, small_tables

_SCHEMA = """
CREATE TABLE register (meter INT, read_at INT, wh INT, estimated INT, PRIMARY KEY (meter, read_at)) WITHOUT ROWID;
CREATE TABLE daily (day INT, meter INT, wh INT, PRIMARY KEY (day, meter)) WITHOUT ROWID;
CREATE TABLE midnight (day INT, meter INT, wh INT, PRIMARY KEY (day, meter)) WITHOUT ROWID;
CREATE TABLE hourly (region INT, cell INT, read_at INT, day INT, month INT, wh INT, estimated INT,
  PRIMARY KEY (region, read_at, cell)) WITHOUT ROWID;
CREATE TABLE prefix_hour (region INT, read_at INT, wh INT, estimated INT, PRIMARY KEY (region, read_at)) WITHOUT ROWID;
CREATE TABLE prefix_day (region INT, read_at INT, wh INT, estimated INT, PRIMARY KEY (region, read_at)) WITHOUT ROWID;
CREATE TABLE prefix_month (region INT, read_at INT, wh INT, estimated INT, PRIMARY KEY (region, read_at)) WITHOUT ROWID;
CREATE TABLE rows_of_days (read_at INT, meter INT, wh INT, PRIMARY KEY (read_at, meter)) WITHOUT ROWID;
CREATE TABLE meters (meter INTEGER PRIMARY KEY, meter_id TEXT);
"""  # noqa: E501 - one table a line
_TOP_BY_DAY = (
    "SELECT meter, (SELECT sum(wh) FROM daily WHERE meter = m.meter AND day >= ? AND day < ?)"
    " AS used FROM meters m ORDER BY used DESC, meter LIMIT ?"
)
"""Twice as quick as GROUP BY, which sorts all rows of the period first."""
FOR_QUESTIONS = (
    "PRAGMA query_only = 1",
    "PRAGMA mmap_size = 8589934592",
    "PRAGMA cache_size = -262144",
    "PRAGMA temp_store = MEMORY",
)


class Sqlite(SqlPeer):
    name = "SQLite"
    top_statement = _TOP_BY_DAY

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    @property
    def version(self) -> str:
        return sqlite3.sqlite_version

    def load(self, tables: PeerTables) -> None:
        if not self._path.exists():
            unfinished = self._path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            _fill(unfinished, tables)
            unfinished.rename(self._path)
        self._connection = sqlite3.connect(self._path, cached_statements=256)
        for setting in FOR_QUESTIONS:
            self._connection.execute(setting)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def ask(self, statement: str, values: Sequence[int | str]) -> list[tuple[int, ...]]:
        assert self._connection is not None
        return self._connection.execute(statement, values).fetchall()


def _fill(path: Path, tables: PeerTables) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    connection.executescript(_SCHEMA)
    connection.execute("BEGIN")
    for first in range(0, len(tables.meters), METERS_AT_ONCE):
        last = min(first + METERS_AT_ONCE, len(tables.meters))
        _insert(connection, "register", tables.register(first, last))
    for name, columns in small_tables(tables).items():
        _insert(connection, name, columns)
    connection.executemany("INSERT INTO meters VALUES (?, ?)", enumerate(tables.meters))
    connection.execute("CREATE INDEX daily_of_meter ON daily (meter, day, wh)")
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def _insert(connection: sqlite3.Connection, name: str, columns: Columns) -> None:
    marks = ", ".join("?" * len(columns))
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    connection.executemany(
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - our names
        rows,
    )
