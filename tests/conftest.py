"""A database for tests of what is relational: SQLite in a file, and a real PostgreSQL beside it.

A test that takes `database_address` runs once with each. PostgreSQL is Debian's package, started
once a test process on a free port, in a folder of its own; where it is not installed its half of
the tests is skipped with that reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL

from data_layer.storage.database import Database, sqlite_url
from tests.postgresql import Postgres, why_not

Address = URL

# No test is about time: on a busy machine a slow example is not a wrong one.
settings.register_profile("meterbook", deadline=None)
settings.load_profile("meterbook")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with Postgres.started() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """Where an empty database is, or can be made."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "meterbook.sqlite3")
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def database(database_address: Address) -> Iterator[Database]:
    """An open database whose tables are of this version."""
    opened = Database.open(database_address)
    yield opened
    opened.close()
