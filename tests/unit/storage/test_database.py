"""The database: whole transactions, durable, and of one version."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, select, text

import data_layer.accounts.tables
import data_layer.billing.tables
import data_layer.tariffs.tables  # noqa: F401 - declare their tables
from data_layer.jobs.tables import jobs
from data_layer.storage.database import (
    LATEST_VERSION,
    METADATA,
    MIGRATIONS,
    Database,
    NewerDatabase,
)


def job(name: str) -> dict[str, object]:
    return {
        "id": name,
        "kind": "end_day",
        "params": {},
        "state": "queued",
        "actor": "cli",
        "created_at": 1,
    }


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(jobs)).scalar_one()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "meterbook.sqlite3"


def test_migrations_end_at_the_tables_the_rooms_declare(file: Path) -> None:
    database = Database.open(file)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_latest_version_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == LATEST_VERSION


def test_a_commit_is_on_disk_before_it_returns(file: Path) -> None:
    database = Database.open(file)
    with database.read() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()


def test_a_transaction_that_raises_leaves_nothing(file: Path) -> None:
    database = Database.open(file)

    def interrupted() -> None:
        with database.write() as connection:
            connection.execute(insert(jobs).values(job("a")))
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert count(database) == 0
    database.close()


def test_many_writers_queue_and_none_is_lost(file: Path) -> None:
    database = Database.open(file)

    def count_up() -> None:
        for _ in range(25):
            with database.write() as connection:
                done = connection.execute(select(jobs.c.done)).scalar_one()
                connection.execute(jobs.update().values(done=done + 1))

    with database.write() as connection:
        connection.execute(insert(jobs).values(job("a")))
    threads = [Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        assert connection.execute(select(jobs.c.done)).scalar_one() == 200
    database.close()


def test_opening_again_changes_nothing(file: Path) -> None:
    first = Database.open(file)
    with first.write() as connection:
        connection.execute(insert(jobs).values(job("a")))
    first.close()

    again = Database.open(file)
    assert count(again) == 1
    again.close()


def test_a_newer_database_is_refused_in_one_sentence(file: Path) -> None:
    database = Database.open(file)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    with pytest.raises(NewerDatabase, match=r"newer Meterbook \(version 9999"):
        Database.open(file)
