"""The worker: does what is queued, tells how far it is, and survives whatever the work raises."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from data_layer.clock import system_clock
from data_layer.errors import RuleBroken
from data_layer.jobs.model import Handler, Job, JobKind, JobState, Result, Task
from data_layer.jobs.queue import Jobs
from data_layer.jobs.worker import Worker
from data_layer.storage.database import Database
from tests.unit.jobs.waiting import ended, wait_for


@contextmanager
def working(database: Database, handler: Handler, *, repeatable: bool = True) -> Iterator[Jobs]:
    jobs = Jobs(database, system_clock, {"work": JobKind(handler, repeatable=repeatable)})
    worker = Worker(jobs, poll_seconds=0.05)
    worker.sort_out()
    worker.start()
    try:
        yield jobs
    finally:
        worker.close()


def test_the_answer_of_the_work_is_kept(database: Database) -> None:
    def double(task: Task) -> Result:
        return {"twice": int(str(task.job.params["n"])) * 2}

    with working(database, double) as jobs:
        job = ended(jobs, jobs.start("work", {"n": 21}, actor="cli"))

    assert job.state is JobState.DONE
    assert job.result == {"twice": 42}
    assert job.started_at is not None
    assert job.finished_at is not None


def test_a_broken_rule_fails_the_job_with_its_sentence(database: Database) -> None:
    def refuse(task: Task) -> Result:
        raise RuleBroken("the register goes backwards.")

    with working(database, refuse) as jobs:
        job = ended(jobs, jobs.start("work", {}, actor="cli"))

    assert job.state is JobState.FAILED
    assert job.error == "the register goes backwards."


def test_the_worker_outlives_an_unexpected_failure(database: Database) -> None:
    def stumble(task: Task) -> Result:
        if task.job.params:
            raise ZeroDivisionError("by nought")
        return {}

    with working(database, stumble) as jobs:
        bad = jobs.start("work", {"stumble": True}, actor="cli")
        good = jobs.start("work", {}, actor="cli")

        assert ended(jobs, good).state is JobState.DONE
        assert "ZeroDivisionError: by nought" in ended(jobs, bad).error


def test_a_job_of_an_unknown_kind_fails_with_what_to_do_and_the_next_is_done(
    database: Database,
) -> None:
    newer = Jobs(database, system_clock, {"settle_month": JobKind(lambda _: {})})
    unknown = newer.start("settle_month", {}, actor="cli")

    with working(database, lambda _: {"done": "yes"}) as jobs:
        known = jobs.start("work", {}, actor="cli")

        assert ended(jobs, known).result == {"done": "yes"}
        assert ended(jobs, unknown).state is JobState.FAILED

    assert newer.get(unknown).error == (
        "this server does not know how to do 'settle month': it may run since before an upgrade. "
        "Restart it, then start the job again."
    )


def test_the_worker_outlives_what_nobody_foresaw_in_the_table(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claim, raised = Jobs.claim, threading.Event()

    def stumble(jobs: Jobs, job_id: str | None = None, *, at_once: bool = False) -> Job | None:
        if not at_once and not raised.is_set():
            raised.set()
            raise ZeroDivisionError("by nought")
        return claim(jobs, job_id, at_once=at_once)

    monkeypatch.setattr(Jobs, "claim", stumble)
    with working(database, lambda _: {"done": "yes"}) as jobs:
        assert raised.wait(20)
        assert ended(jobs, jobs.start("work", {}, actor="cli")).result == {"done": "yes"}

    assert "by nought" in caplog.text


def test_progress_is_seen_while_the_work_goes_on(database: Database) -> None:
    go_on = threading.Event()

    def wait(task: Task) -> Result:
        task.progress("reading", 3, 10)
        go_on.wait(20)
        return {}

    with working(database, wait) as jobs:
        job_id = jobs.start("work", {}, actor="cli")
        wait_for(lambda: jobs.get(job_id).message == "reading")
        job = jobs.get(job_id)
        go_on.set()
        assert (job.done, job.total, job.state) == (3, 10, JobState.RUNNING)
        assert ended(jobs, job_id).message == ""


def test_progress_is_written_only_a_few_times_a_second(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(
        Jobs, "advance", lambda _jobs, _id, _text, done, _total: written.append(done)
    )

    def chatter(task: Task) -> Result:
        for done in range(100_000):
            task.progress("counting", done, 100_000)
        return {}

    with working(database, chatter) as jobs:
        ended(jobs, jobs.start("work", {}, actor="cli"))

    assert 1 <= len(written) < 20


def test_repeatable_work_is_put_down_when_the_process_closes(database: Database) -> None:
    begun = threading.Event()

    def long(task: Task) -> Result:
        begun.set()
        while True:
            task.pause_point()
            time.sleep(0.01)

    with working(database, long) as jobs:
        job_id = jobs.start("work", {}, actor="cli")
        assert begun.wait(20)

    assert jobs.get(job_id).state is JobState.QUEUED


def test_work_that_cannot_be_repeated_is_finished_before_closing(database: Database) -> None:
    begun = threading.Event()

    def short(task: Task) -> Result:
        begun.set()
        for _ in range(20):
            task.pause_point()
            time.sleep(0.01)
        return {"finished": True}

    with working(database, short, repeatable=False) as jobs:
        job_id = jobs.start("work", {}, actor="cli")
        assert begun.wait(20)

    assert jobs.get(job_id).result == {"finished": True}


def test_a_job_another_process_queued_is_found_by_looking(database: Database) -> None:
    with working(database, lambda _: {"done": "yes"}) as jobs:
        elsewhere = Jobs(database, system_clock, {"work": JobKind(lambda _: {})})
        job_id = elsewhere.start("work", {}, actor="cli")

        assert ended(jobs, job_id).result == {"done": "yes"}


def test_work_interrupted_by_a_crash_is_done_again_and_says_so(database: Database) -> None:
    before = Jobs(database, system_clock, {"work": JobKind(lambda _: {})})
    job_id = before.start("work", {}, actor="cli")
    before.claim()

    with working(database, lambda _: {"accepted": 0}) as jobs:
        job = ended(jobs, job_id)

    assert job.result == {"accepted": 0, "interrupted": True}


def test_what_must_come_first_is_done_ahead_of_what_waits(database: Database) -> None:
    done: list[str] = []

    def note(task: Task) -> Result:
        done.append(task.job.kind)
        return {}

    kinds = {"end_day": JobKind(note, single=True, repeatable=True), "work": JobKind(note)}
    jobs = Jobs(database, system_clock, kinds)
    jobs.start("work", {}, actor="cli")

    job = Worker(jobs).do_first("end_day", actor="start")

    assert job.state is JobState.DONE
    assert job.actor == "start"
    assert done == ["end_day"]


def test_what_must_come_first_and_waits_already_is_not_asked_for_twice(database: Database) -> None:
    jobs = Jobs(database, system_clock, {"end_day": JobKind(lambda _: {}, single=True)})
    waiting = jobs.start("end_day", {}, actor="ada@example.com")

    job = Worker(jobs).do_first("end_day", actor="start")

    assert (job.id, job.actor, job.state) == (waiting, "ada@example.com", JobState.DONE)


def test_what_is_done_at_once_waits_neither_behind_long_work_nor_behind_what_is_queued(
    database: Database,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def long(_task: Task) -> Result:
        begun.set()
        go_on.wait(20)
        return {}

    def turn(_task: Task) -> Result:
        return {"turned": True}

    kinds = {"work": JobKind(long), "turn": JobKind(turn, at_once=True)}
    jobs = Jobs(database, system_clock, kinds)
    worker = Worker(jobs, poll_seconds=0.05)
    worker.start()
    try:
        running = jobs.start("work", {}, actor="cli")
        assert begun.wait(20)
        queued = jobs.start("work", {}, actor="cli")
        turned = ended(jobs, jobs.start("turn", {}, actor="cli"))
        assert turned.result == {"turned": True}
        assert jobs.get(running).state is JobState.RUNNING
        assert jobs.get(queued).state is JobState.QUEUED
    finally:
        go_on.set()
        worker.close()
