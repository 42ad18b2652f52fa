"""While the database is away: how a job ended is kept, and written once it is back.

Away is real: SQLite is kept busy by another writer, PostgreSQL ends every connection and takes no
new one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg
import pytest
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from data_layer.clock import system_clock
from data_layer.errors import RuleBroken
from data_layer.jobs.model import Handler, Job, JobKind, JobState, Result, Task
from data_layer.jobs.queue import Jobs
from data_layer.jobs.worker import Worker
from data_layer.storage import database as storage
from data_layer.storage.database import Database
from tests.unit.jobs.waiting import ended, wait_for

KEPT = "is kept until it can be written"


@pytest.fixture
def database(database_address: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """One that gives up on a busy SQLite soon."""
    monkeypatch.setattr(storage, "BUSY_SECONDS", 1.0)
    opened = Database.open(database_address)
    yield opened
    opened.close()


@contextmanager
def away(database: Database) -> Iterator[None]:
    """Nothing can be written meanwhile."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite":
        with closing(_elsewhere(str(url.database))) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    server = f"host={url.host} port={url.port} user={url.username} dbname=postgres"
    with psycopg.connect(server, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false".encode())
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [url.database],
        )
        try:
            yield
        finally:
            other.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true".encode())


def _elsewhere(file: str) -> sqlite3.Connection:
    """Another process's connection: an outage begins in the worker's thread and ends in another."""
    return sqlite3.connect(file, timeout=20, check_same_thread=False)


class Outage:
    """Begins in the middle of a job and lasts until `over`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lasting = ExitStack()

    def begin(self) -> None:
        self._lasting.enter_context(away(self._database))

    def over(self) -> None:
        self._lasting.close()


@pytest.fixture
def outage(database: Database) -> Iterator[Outage]:
    outage = Outage(database)
    yield outage
    outage.over()


def asked(database: Database, handler: Handler, *, at_once: bool = False) -> Jobs:
    kind = JobKind(handler, single=True, repeatable=True, at_once=at_once)
    return Jobs(database, system_clock, {"end_day": kind})


@contextmanager
def at_work(jobs: Jobs, *, poll_seconds: float = 0.05) -> Iterator[Worker]:
    worker = Worker(jobs, poll_seconds=poll_seconds)
    worker.sort_out()
    worker.start()
    try:
        yield worker
    finally:
        worker.close()


@pytest.mark.parametrize("at_once", [False, True], ids=["long", "at once"])
def test_a_job_that_ends_while_the_database_is_away_is_done_once_it_is_back(
    database: Database, outage: Outage, caplog: pytest.LogCaptureFixture, at_once: bool
) -> None:
    def end_day(task: Task) -> Result:
        if task.job.params:
            outage.begin()
        return {"days": 1}

    jobs = asked(database, end_day, at_once=at_once)
    with at_work(jobs):
        job_id = jobs.start("end_day", {"outage": True}, actor="midnight")
        wait_for(lambda: KEPT in caplog.text)
        outage.over()

        job = ended(jobs, job_id)
        assert (job.state, job.result) == (JobState.DONE, {"days": 1})
        assert ended(jobs, jobs.start("end_day", {}, actor="midnight")).state is JobState.DONE


def test_a_job_that_fails_while_the_database_is_away_keeps_its_sentence(
    database: Database, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    def end_day(_task: Task) -> Result:
        outage.begin()
        raise RuleBroken("the register goes backwards.")

    jobs = asked(database, end_day)
    with at_work(jobs):
        job_id = jobs.start("end_day", {}, actor="midnight")
        wait_for(lambda: KEPT in caplog.text)
        outage.over()

        assert ended(jobs, job_id).error == "the register goes backwards."


def test_a_job_whose_progress_cannot_be_written_ends(
    database: Database, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    def end_day(task: Task) -> Result:
        outage.begin()
        task.progress("merging", 1, 2)
        return {}

    jobs = asked(database, end_day)
    with at_work(jobs):
        job_id = jobs.start("end_day", {}, actor="midnight")
        wait_for(lambda: KEPT in caplog.text)
        outage.over()

        assert "OperationalError" in ended(jobs, job_id).error


def test_what_the_database_never_takes_fails_the_job_and_the_next_is_done(
    database: Database,
) -> None:
    def end_day(task: Task) -> Result:
        return {"answer": object() if task.job.params else "yes"}

    jobs = asked(database, end_day)
    with at_work(jobs):
        refused = ended(jobs, jobs.start("end_day", {"odd": True}, actor="cli"))
        assert refused.error.startswith("ended, but the database does not take what came of it")
        assert ended(jobs, jobs.start("end_day", {}, actor="cli")).result == {"answer": "yes"}


def test_a_job_claimed_by_a_call_whose_answer_was_lost_is_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, lost = Jobs.claim, threading.Event()

    def loses(jobs: Jobs, job_id: str | None = None, *, at_once: bool = False) -> Job | None:
        job = claim(jobs, job_id, at_once=at_once)
        if job is not None and not lost.is_set():
            lost.set()
            raise OperationalError("COMMIT", None, Exception("the connection is lost"))
        return job

    monkeypatch.setattr(Jobs, "claim", loses)
    jobs = asked(database, lambda _: {"days": 1})
    with at_work(jobs):
        job_id = jobs.start("end_day", {}, actor="midnight")
        assert lost.wait(20)
        assert ended(jobs, job_id).result == {"days": 1}


def test_what_runs_beside_is_left_alone_when_a_claim_was_lost(database: Database) -> None:
    kinds = {"work": JobKind(lambda _: {}), "turn": JobKind(lambda _: {}, at_once=True)}
    jobs = Jobs(database, system_clock, kinds)
    long, turn = jobs.start("work", {}, actor="cli"), jobs.start("turn", {}, actor="cli")
    assert jobs.claim()
    assert jobs.claim(at_once=True)

    jobs.put_back_claimed(at_once=True)

    assert jobs.get(turn).state is JobState.QUEUED
    assert jobs.get(long).state is JobState.RUNNING


def test_a_stop_soon_after_an_outage_writes_what_was_kept(
    database: Database, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    def end_day(_task: Task) -> Result:
        outage.begin()
        return {"days": 1}

    jobs = asked(database, end_day)
    job_id = jobs.start("end_day", {}, actor="midnight")
    with at_work(jobs, poll_seconds=600):
        wait_for(lambda: KEPT in caplog.text)
        outage.over()

    assert jobs.get(job_id).result == {"days": 1}


def test_a_stop_during_an_outage_leaves_the_job_to_the_next_start(
    database: Database, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    def end_day(_task: Task) -> Result:
        outage.begin()
        return {"days": 1}

    jobs = asked(database, end_day)
    job_id = jobs.start("end_day", {}, actor="midnight")
    with at_work(jobs):
        wait_for(lambda: KEPT in caplog.text)
    outage.over()

    after = asked(database, lambda _: {"days": 0})
    with at_work(after):
        assert ended(after, job_id).result == {"days": 0, "interrupted": True}
