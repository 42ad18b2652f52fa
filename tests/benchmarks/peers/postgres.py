"""PostgreSQL 15: covering indexes, vacuumed, so that single meters are index-only scans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psycopg

from tests.benchmarks.peer_tables import Columns, PeerTables
from tests.benchmarks.peers.postgres_server import PostgresServer
from tests.benchmarks.peers.sql import METERS_AT_ONCE, SqlPeer, small_tables

_TYPES = {
    "meter": ("int4", ">i4"),
    "region": ("int4", ">i4"),
    "cell": ("int4", ">i4"),
    "estimated": ("int4", ">i4"),
}
_USUAL = ("int8", ">i8")
_INDEXES = {
    "register": "UNIQUE INDEX ON {} (meter, read_at) INCLUDE (wh, estimated)",
    "daily": "UNIQUE INDEX ON {} (day, meter) INCLUDE (wh)",
    "midnight": "UNIQUE INDEX ON {} (day, meter) INCLUDE (wh)",
    "hourly": "UNIQUE INDEX ON {} (region, read_at, cell) INCLUDE (day, month, wh, estimated)",
    "rows_of_days": "UNIQUE INDEX ON {} (read_at, meter) INCLUDE (wh)",
}
_FOR_TOTALS = "UNIQUE INDEX ON {} (region, read_at) INCLUDE (wh, estimated)"


class Postgres(SqlPeer):
    name = "PostgreSQL"

    def __init__(self, server: PostgresServer, schema: str) -> None:
        self._server = server
        self._schema = schema
        self._connection: psycopg.Connection | None = None

    @property
    def version(self) -> str:
        return self._server.version

    def load(self, tables: PeerTables) -> None:
        connection = psycopg.connect(self._server.address, autocommit=True, prepare_threshold=0)
        self._connection = connection
        found = connection.execute("SELECT to_regnamespace(%s)", (self._schema,)).fetchone()
        if found is None or found[0] is None:
            unfinished = f"{self._schema}_unfinished"
            connection.execute(f"DROP SCHEMA IF EXISTS {unfinished} CASCADE")
            connection.execute(f"CREATE SCHEMA {unfinished}")
            connection.execute(f"SET search_path = {unfinished}")
            _fill(connection, tables)
            connection.execute(f"ALTER SCHEMA {unfinished} RENAME TO {self._schema}")
        connection.execute(f"SET search_path = {self._schema}")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def ask(self, statement: str, values: Sequence[int | str]) -> list[tuple[int, ...]]:
        assert self._connection is not None
        asked = _dialect(statement)
        return self._connection.execute(asked, values, binary=True).fetchall()


_DIALECT: dict[str, str] = {}


def _dialect(statement: str) -> str:
    """With psycopg's marks; sums as int8, which are quicker to read than numeric."""
    found = _DIALECT.get(statement)
    if found is None:
        found = statement.replace("?", "%s")
        for name in ("wh", "estimated"):
            found = found.replace(f"sum({name})", f"sum({name})::int8")
        _DIALECT[statement] = found
    return found


def _fill(connection: psycopg.Connection, tables: PeerTables) -> None:
    parts = [
        (first, min(first + METERS_AT_ONCE, len(tables.meters)))
        for first in range(0, len(tables.meters), METERS_AT_ONCE)
    ]
    for first, last in parts:
        _copy(connection, "register", tables.register(first, last))
    for name, columns in small_tables(tables).items():
        _copy(connection, name, columns)
    connection.execute("CREATE TABLE meters (meter int4 PRIMARY KEY, meter_id text)")
    with connection.cursor().copy("COPY meters FROM STDIN") as copy:
        for row in enumerate(tables.meters):
            copy.write_row(row)
    for name in ("register", *small_tables_names()):
        connection.execute("CREATE " + _INDEXES.get(name, _FOR_TOTALS).format(name))
    connection.execute("VACUUM (ANALYZE)")


def small_tables_names() -> tuple[str, ...]:
    return ("daily", "midnight", "hourly", "rows_of_days", "prefix_hour", "prefix_day",
            "prefix_month")  # fmt: skip


def _copy(connection: psycopg.Connection, name: str, columns: Columns) -> None:
    """COPY in PostgreSQL's binary form, laid out by numpy."""
    kinds = {key: _TYPES.get(key, _USUAL) for key in columns}
    described = ", ".join(f"{key} {kind}" for key, (kind, _) in kinds.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({described})")
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for key, (_, form) in kinds.items():
        layout += [(f"{key}_size", ">i4"), (key, form)]
    rows = np.empty(len(next(iter(columns.values()))), dtype=np.dtype(layout))
    rows["fields"] = len(columns)
    for key, (_, form) in kinds.items():
        rows[f"{key}_size"] = int(form[-1])
        rows[key] = columns[key]
    statement = f"COPY {name} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
    with connection.cursor().copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        data = memoryview(rows.tobytes())
        for at in range(0, len(data), 8 << 20):
            copy.write(data[at : at + (8 << 20)])
        copy.write(b"\xff\xff")
