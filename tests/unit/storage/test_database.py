"""The database: whole transactions, durable, and of one version."""

from __future__ import annotations

from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, func, insert, select, text

import data_layer.accounts.tables
import data_layer.billing.tables
import data_layer.tariffs.tables  # noqa: F401 - declare their tables
from data_layer.errors import Unavailable
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


def test_migrations_end_at_the_tables_the_rooms_declare(database_address: URL) -> None:
    database = Database.open(database_address)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_latest_version_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == LATEST_VERSION


def test_a_commit_is_on_disk_before_it_returns(database: Database) -> None:
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        else:
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_transaction_that_raises_leaves_nothing(database_address: URL) -> None:
    database = Database.open(database_address)

    def interrupted() -> None:
        with database.write() as connection:
            connection.execute(insert(jobs).values(job("a")))
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert count(database) == 0
    database.close()


def test_many_writers_queue_and_none_is_lost(database_address: URL) -> None:
    database = Database.open(database_address)

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


def test_opening_again_changes_nothing(database_address: URL) -> None:
    first = Database.open(database_address)
    with first.write() as connection:
        connection.execute(insert(jobs).values(job("a")))
    first.close()

    again = Database.open(database_address)
    assert count(again) == 1
    again.close()


def test_a_newer_database_is_refused_in_one_sentence(database_address: URL) -> None:
    database = Database.open(database_address)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    with pytest.raises(NewerDatabase, match=r"newer Meterbook \(version 9999"):
        Database.open(database_address)


def test_a_database_that_does_not_answer_or_is_unknown_is_one_sentence() -> None:
    with pytest.raises(Unavailable, match="does not answer") as refused:
        Database.open("postgresql://someone:secret@127.0.0.1:1/nothing")
    assert "secret" not in refused.value.sentence
    with pytest.raises(Unavailable, match="'mysql': use sqlite or postgresql"):
        Database.open("mysql://localhost/x")
