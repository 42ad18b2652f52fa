"""A table of the database as lines of text: the same from SQLite and PostgreSQL, and into either.

    {"table": "tariffs", "columns": {"code": "text", "name": "text"}, "key": ["code"]}
    ["HOME-2026","Home 2026"]
    ["OFFICE","Office hours"]

One JSON array a row, in the order of the key, texts by their bytes; so equal tables have equal
lines. The first line says all that is needed to load them, whatever the tables look like by then.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Integer,
    String,
    Table,
    TableClause,
    column,
    func,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.types import TypeEngine

from data_layer.errors import Corrupt

TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": String(),
    "integer": BigInteger(),
    "json": JSON(),
}
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table looks like, in words of no database."""

    name: str
    columns: Mapping[str, str]
    """Of each column what it holds: a key of TYPES."""
    key: tuple[str, ...]

    @classmethod
    def of(cls, declared: Table) -> Shape:
        """The shape of a declared table. Raises TypeError for a type that has no word here."""
        columns = {str(one.name): _word(one.type) for one in declared.columns}
        key = tuple(str(one.name) for one in declared.primary_key.columns)
        return cls(str(declared.name), columns, key)

    @classmethod
    def parse(cls, line: bytes) -> Shape:
        """The shape a file's first line states. Raises Corrupt."""
        try:
            stated = json.loads(line)
            columns = {str(name): str(word) for name, word in stated["columns"].items()}
            shape = cls(str(stated["table"]), columns, tuple(map(str, stated["key"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Corrupt(f"the first line of a table's file does not state it: {error!r}.") from (
                error
            )
        unknown = set(columns.values()) - TYPES.keys()
        if unknown or not set(shape.key) <= columns.keys():
            raise Corrupt(f"the file of table {shape.name} states what is not known: {unknown}.")
        return shape

    def line(self) -> bytes:
        stated = {"table": self.name, "columns": dict(self.columns), "key": list(self.key)}
        return json.dumps(stated).encode() + b"\n"

    def clause(self) -> TableClause:
        """The table, to ask and to fill."""
        return table(self.name, *(column(name, TYPES[word]) for name, word in self.columns.items()))


def table_lines(connection: Connection, shape: Shape) -> Generator[bytes]:
    """A table's lines, read a thousand rows at a time. Who stops before the last closes it.

    SQLite would keep the connection at what it saw, and it could never write again.
    """
    yield shape.line()
    asked = shape.clause()
    by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
    order = [
        asked.c[name].collate(by_bytes) if shape.columns[name] == "text" else asked.c[name]
        for name in shape.key
    ]
    with connection.execute(
        select(asked).order_by(*order), execution_options={"yield_per": ROWS_AT_ONCE}
    ) as rows:
        for row in rows:
            yield json.dumps(list(row), separators=(",", ":"), allow_nan=False).encode() + b"\n"


def is_empty(connection: Connection, name: str) -> bool:
    return connection.scalar(select(literal(1)).select_from(table(name)).limit(1)) is None


def load_table(connection: Connection, shape: Shape, lines: Iterable[bytes]) -> int:
    """Put rows into an empty table; how many. Raises Corrupt for a line that is no row of it."""
    names, count = tuple(shape.columns), 0
    filled = insert(shape.clause())
    rows = (_row(line, names, shape.name) for line in lines)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        connection.execute(filled, some)
        count += len(some)
    _number_on(connection, shape)
    return count


def _row(line: bytes, names: tuple[str, ...], name: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise Corrupt(f"the file of table {name} holds a line that is no row: {error}.") from error
    if not isinstance(values, list) or len(values) != len(names):
        raise Corrupt(f"the file of table {name} holds a row that is not as wide as the table.")
    return dict(zip(names, values, strict=True))


def _number_on(connection: Connection, shape: Shape) -> None:
    """PostgreSQL gives numbers from a counter of its own, which has to know those that are taken.

    SQLite goes on from the highest.
    """
    if connection.dialect.name != "postgresql" or shape.columns[shape.key[0]] != "integer":
        return
    asked = shape.clause()
    highest = connection.scalar(select(func.max(asked.c[shape.key[0]])))
    counter = connection.scalar(
        text("SELECT pg_get_serial_sequence(:name, :key)"),
        {"name": shape.name, "key": shape.key[0]},
    )
    if counter is not None and highest is not None:
        connection.execute(
            text("SELECT setval(CAST(:counter AS regclass), :highest)"),
            {"counter": counter, "highest": highest},
        )


def _word(kind: TypeEngine[Any]) -> str:
    match kind:
        case JSON():
            return "json"
        case String():
            return "text"
        case Integer():
            return "integer"
    raise TypeError(f"a column of type {kind!r} has no word in a backup: add one to TYPES.")
