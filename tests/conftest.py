"""A database for tests of what is relational: SQLite in a file, and a real PostgreSQL beside it.

A test that takes `database_address` runs once with each. PostgreSQL is Debian's package, started
once a test process on a free port, in a folder of its own; where it is not installed its half of
the tests is skipped with that reason.

With METERBOOK_TEST_DATABASE=postgresql every home of every test has its database there too
(`tests/on_postgresql`); tests marked `sqlite` are about the file in a home and left out then.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL

from data_layer.storage.database import Database, sqlite_url
from tests.on_postgresql import home_databases
from tests.postgresql import Postgres, why_not

Address = URL

# No test is about time: on a busy machine a slow example is not a wrong one.
settings.register_profile("meterbook", deadline=None)
settings.load_profile("meterbook")


ON_POSTGRESQL = os.environ.get("METERBOOK_TEST_DATABASE") == "postgresql"
MANY = 600
"""Connections of all processes of a test run."""
_running = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if not ON_POSTGRESQL:
        return
    if not hasattr(config, "workerinput"):  # one server for all processes of the run
        reason = why_not()
        if reason:
            raise pytest.UsageError(reason)
        server = _running.enter_context(Postgres.started(connections=MANY))
        home_databases.prepare(server.address)
        os.environ[home_databases.SERVER] = server.address.render_as_string()
        folder = str(Path(home_databases.__file__).parent)
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = folder if not known else f"{folder}{os.pathsep}{known}"
    home_databases.install()


def pytest_unconfigure() -> None:
    _running.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ON_POSTGRESQL and item.get_closest_marker("sqlite") is not None:
            item.add_marker(pytest.mark.skip(reason="about the SQLite file in a home"))


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
