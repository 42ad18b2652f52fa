"""Tables as text: equal from SQLite and PostgreSQL, and from either into the other."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, inspect

from data_layer.accounts.tables import api_keys, audit, meters
from data_layer.billing.tables import bills
from data_layer.errors import Corrupt
from data_layer.journeys.fingerprint import ENDS_WITH_THE_HOME, kept_tables
from data_layer.storage.database import Database, sqlite_url
from data_layer.storage.table_lines import Shape, load_table, table_lines
from tests.conftest import Address

METERS = [  # texts that collations order in other ways than their bytes do
    {"meter_id": "b-1", "mpan": "", "serial_number": "Zähler \N{SNOWMAN}"},
    {"meter_id": "B-1", "mpan": "12", "serial_number": 'with "quotes"\nand a line'},
    {"meter_id": "a_1", "mpan": "", "serial_number": ""},
    {"meter_id": "a-2", "mpan": "", "serial_number": "é"},
    {"meter_id": "10", "mpan": "", "serial_number": ""},
    {"meter_id": "9", "mpan": "", "serial_number": ""},
]
KEY = {"key_hash": "0" * 64, "role": "admin", "name": "n", "created_at": 1 << 40}
BILL = {
    "meter_id": "9", "month": "2026-10", "version": 1, "made_at": 5, "made_by": "cli",
    "gross": -(1 << 52), "consumption_wh": 0, "document": {"z": [1, None, "é"], "a": {"b": "0.10"}},
}  # fmt: skip


def lines_of(database: Database, shape: Shape) -> list[bytes]:
    with database.read() as connection:
        return list(table_lines(connection, shape))


def filled(address: Address) -> Database:
    database = Database.open(address)
    with database.write() as connection:
        connection.execute(insert(meters), METERS)
        connection.execute(insert(bills), [BILL])
        for number in (3, 7):
            key = {**KEY, "number": number, "key_hash": f"{number:064x}", "created_by": "cli"}
            connection.execute(insert(api_keys).values(key))
    return database


def test_lines_are_in_the_order_of_bytes_and_hold_every_value(database_address: Address) -> None:
    database = filled(database_address)

    first, *rows = lines_of(database, Shape.of(meters))
    bill = lines_of(database, Shape.of(bills))[1]
    database.close()

    assert Shape.parse(first) == Shape.of(meters)
    assert [row.split(b'"')[1] for row in rows] == [b"10", b"9", b"B-1", b"a-2", b"a_1", b"b-1"]
    assert bill == (
        b'["9","2026-10",1,5,"cli",-4503599627370496,0,{"z":[1,null,"\\u00e9"],"a":{"b":"0.10"}}]\n'
    )


@pytest.mark.parametrize("back", [False, True])
def test_what_goes_from_one_engine_into_the_other_is_the_same(
    database_address: Address, tmp_path, back: bool
) -> None:
    other = sqlite_url(tmp_path / "other.sqlite3")
    source = filled(other if back else database_address)
    target = Database.open(database_address if back else other)
    for shape in map(Shape.of, (meters, bills, api_keys)):
        first, *rows = lines_of(source, shape)
        with target.write() as connection:
            assert load_table(connection, Shape.parse(first), rows) == len(rows)

        assert lines_of(target, shape) == [first, *rows]

    with target.write() as connection:
        key = {**KEY, "key_hash": "f" * 64, "created_by": "cli"}
        made = connection.execute(insert(api_keys).values(key))
    assert made.inserted_primary_key == (8,)
    source.close()
    target.close()


def test_every_table_is_in_a_backup_or_left_out_by_name(database: Database) -> None:
    found = set(inspect(database.engine).get_table_names()) - {"alembic_version"}

    assert found == {shape.name for shape in kept_tables()} | ENDS_WITH_THE_HOME


def test_a_table_comes_after_those_it_refers_to() -> None:
    names = [shape.name for shape in kept_tables()]

    assert names.index("tariffs") < names.index("tariff_versions")
    assert names.index("api_keys") < names.index("api_key_meters")


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"not json", b'["a"]', b'{"a": 1}', b'["a", "b", "c", "d"]']
)
def test_a_line_that_is_no_row_is_refused(tmp_path, line: bytes) -> None:
    database = Database.open(sqlite_url(tmp_path / "one.sqlite3"))

    with pytest.raises(Corrupt), database.write() as connection:
        load_table(connection, Shape.of(meters), [line])
    database.close()


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"{}", b'{"table": "a", "columns": [], "key": []}',
     b'{"table": "a", "columns": {"b": "blob"}, "key": ["b"]}',
     b'{"table": "a", "columns": {"b": "text"}, "key": ["c"]}'],
)  # fmt: skip
def test_a_first_line_that_states_no_table_is_refused(line: bytes) -> None:
    with pytest.raises(Corrupt):
        Shape.parse(line)


def test_the_order_of_an_audit_is_that_of_its_numbers(database: Database) -> None:
    rows = [{"number": n, "at": 1, "actor": "a", "action": "x", "previous_hash": "0", "hash": "1"}
            for n in (10, 9, 1)]  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(audit), rows)

    numbers = [int(line[1:].split(b",")[0]) for line in lines_of(database, Shape.of(audit))[1:]]
    assert numbers == [1, 9, 10]
