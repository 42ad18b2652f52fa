"""Gives every home a database of one PostgreSQL, where it would have its SQLite file.

`Database.open` with a path, which is how a home names its own file, opens a database of the server
instead; the file holds its name, so that a home that is moved keeps it and one that is made anew
gets another. Nothing else of the product is changed, and tests that name a database themselves get
the one they name.
"""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

from data_layer.storage.database import Database

SERVER = "METERBOOK_TEST_POSTGRESQL"
"""Address of the server, for the processes that tests start."""
TEMPLATE, NOTHING = "meterbook_template", "template0"


def prepare(server: URL) -> None:
    """Make the template that homes' databases are copies of."""
    _create(server, TEMPLATE, NOTHING)
    Database.open(server.set(database=TEMPLATE)).close()


def install() -> None:
    """Have this process open databases of the server instead of files."""
    server = make_url(os.environ[SERVER])
    given = Database.open

    def opened(address: str | URL | Path, **more: Any) -> Database:
        if isinstance(address, Path):
            return given(_database(server, address, NOTHING if more else TEMPLATE), **more)
        return given(address, **more)

    Database.open = opened  # type: ignore[assignment, method-assign]


def _database(server: URL, file: Path, template: str) -> URL:
    if not file.exists():
        name = f"home_{token_hex(12)}"
        _create(server, name, template)
        unfinished = file.with_name(f"{name}.tmp")
        unfinished.write_text(name)
        try:
            os.link(unfinished, file)  # when two processes make it at once, the first one's stands
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return server.set(database=file.read_text())


def _create(server: URL, name: str, template: str) -> None:
    address = server.render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
