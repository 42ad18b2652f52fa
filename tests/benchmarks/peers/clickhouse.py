"""ClickHouse inside this process (`chdb`): MergeTree tables in the order they are asked in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import chdb
import pyarrow as pa
from chdb import session
from pyarrow import parquet

from tests.benchmarks.peer_tables import Columns, PeerTables
from tests.benchmarks.peers.peer import Ints
from tests.benchmarks.peers.sql import METERS_AT_ONCE, SqlPeer, small_tables

_KEYS = {
    "register": "meter, read_at",
    "daily": "day, meter",
    "midnight": "day, meter",
    "hourly": "region, read_at, cell",
    "rows_of_days": "read_at, meter",
}


class ClickHouse(SqlPeer):
    name = "ClickHouse"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session: session.Session | None = None

    @property
    def version(self) -> str:
        return str(chdb.engine_version)

    def load(self, tables: PeerTables) -> None:
        complete = self._folder / "complete"
        if not complete.exists():
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._session = session.Session(str(self._folder / "data"))
        if not complete.exists():
            self._fill(tables)
            complete.touch()
        self._session.query("SET max_threads = 2")

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def ask(self, statement: str, values: Sequence[int | str]) -> list[tuple[int, ...]]:
        found = self._asked(statement, values)
        return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def columns(self, statement: str, values: Sequence[int | str]) -> tuple[Ints, Ints]:
        first, second = self._asked(statement, values).columns
        return first.to_numpy().astype("int64"), second.to_numpy().astype("int64")

    def _asked(self, statement: str, values: Sequence[int | str]) -> pa.Table:
        """chdb takes no parameters beside the text: numbers are written into it."""
        assert self._session is not None
        for value in values:
            text = f"'{value}'" if isinstance(value, str) else str(value)
            statement = statement.replace("?", text, 1)
        answer = self._session.query(f"SELECT * FROM ({statement})", "Arrow").bytes()  # noqa: S608 - our names
        return pa.ipc.open_file(pa.py_buffer(answer)).read_all()

    def _fill(self, tables: PeerTables) -> None:
        for first in range(0, len(tables.meters), METERS_AT_ONCE):
            last = min(first + METERS_AT_ONCE, len(tables.meters))
            self._insert("register", tables.register(first, last))
        for name, columns in small_tables(tables).items():
            self._insert(name, columns)
        self._insert_table(
            "meters",
            pa.table({"meter": range(len(tables.meters)), "meter_id": list(tables.meters)}),
            "meter",
        )
        assert self._session is not None
        self._session.query("OPTIMIZE TABLE register FINAL")

    def _insert(self, name: str, columns: Columns) -> None:
        arrays = {key: pa.array(column) for key, column in columns.items()}
        self._insert_table(name, pa.table(arrays), _KEYS.get(name, "region, read_at"))

    def _insert_table(self, name: str, table: pa.Table, key: str) -> None:
        assert self._session is not None
        incoming = self._folder / "incoming.parquet"
        parquet.write_table(table, incoming)
        source = f"file('{incoming}', Parquet)"
        engine = f"ENGINE = MergeTree ORDER BY ({key}) SETTINGS allow_nullable_key = 1"
        empty = f"SELECT * FROM {source} LIMIT 0"  # noqa: S608 - our names
        self._session.query(f"CREATE TABLE IF NOT EXISTS {name} {engine} AS {empty}")
        self._session.query(f"INSERT INTO {name} SELECT * FROM {source}")  # noqa: S608 - our names
        incoming.unlink()
