"""DuckDB: tables sorted by the key they are asked by, so that its zone maps skip the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.benchmarks.peer_tables import Columns, PeerTables
from tests.benchmarks.peers.peer import Ints
from tests.benchmarks.peers.sql import METERS_AT_ONCE, SqlPeer, small_tables

_TYPES = {"meter": "INTEGER", "region": "INTEGER", "cell": "INTEGER", "estimated": "BIGINT"}
_ORDER = {"hourly": "region, read_at, cell"}


class DuckDb(SqlPeer):
    name = "DuckDB"

    def __init__(self, path: Path, *, threads: int = 2) -> None:
        self._path = path
        self._threads = threads
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def version(self) -> str:
        return duckdb.__version__

    def load(self, tables: PeerTables) -> None:
        if not self._path.exists():
            unfinished = self._path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            self._fill(unfinished, tables)
            unfinished.rename(self._path)
        self._connection = connect(self._path, threads=self._threads, read_only=True)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def ask(self, statement: str, values: Sequence[int | str]) -> list[tuple[int, ...]]:
        assert self._connection is not None
        return self._connection.execute(statement, list(values)).fetchall()

    def columns(self, statement: str, values: Sequence[int | str]) -> tuple[Ints, Ints]:
        assert self._connection is not None
        found = self._connection.execute(statement, list(values)).fetchnumpy()
        first, second = found.values()
        return first.astype("int64"), second.astype("int64")

    def _fill(self, path: Path, tables: PeerTables) -> None:
        connection = connect(path, threads=self._threads)
        for first in range(0, len(tables.meters), METERS_AT_ONCE):
            last = min(first + METERS_AT_ONCE, len(tables.meters))
            _insert(connection, "register", tables.register(first, last))
        for name, columns in small_tables(tables).items():
            _insert(connection, name, columns)
        meters = pa.table({"meter": range(len(tables.meters)), "meter_id": list(tables.meters)})
        connection.register("incoming", meters)
        connection.execute("CREATE TABLE meters AS SELECT * FROM incoming")
        connection.execute("CHECKPOINT")
        connection.close()


def connect(path: Path, *, threads: int, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET memory_limit = '6GB'")
    connection.execute("SET preserve_insertion_order = true")
    return connection


def _insert(connection: duckdb.DuckDBPyConnection, name: str, columns: Columns) -> None:
    """Append rows that come in the table's order; the first part makes the table."""
    connection.register("incoming", pa.table({key: pa.array(c) for key, c in columns.items()}))
    typed = ", ".join(f"CAST({key} AS {_TYPES.get(key, 'BIGINT')}) AS {key}" for key in columns)
    rows = f"SELECT {typed} FROM incoming"  # noqa: S608 - our names
    if name in _ORDER:
        rows += f" ORDER BY {_ORDER[name]}"
    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM ({rows}) LIMIT 0")  # noqa: S608 - our names
    connection.execute(f"INSERT INTO {name} {rows}")
    connection.unregister("incoming")
