"""The jobs table: what is asked is written down, one at a time where it must be, and ends known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data_layer.errors import BadInput, Conflict, NotFound
from data_layer.jobs.model import JobKind, JobState, Result, Task
from data_layer.jobs.queue import INTERRUPTED, Jobs
from data_layer.storage.database import Database

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def nothing(task: Task) -> Result:
    return {}


KINDS = {
    "end_day": JobKind(nothing, single=True, repeatable=True),
    "import_readings": JobKind(nothing, repeatable=True),
    "once_only": JobKind(nothing),
}


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database, lambda: NOW, KINDS)


def test_a_started_job_waits_with_all_it_was_told(jobs: Jobs) -> None:
    job = jobs.get(jobs.start("import_readings", {"staged": "abc"}, actor="ada@example.com"))

    assert job.state is JobState.QUEUED
    assert job.params == {"staged": "abc"}
    assert job.actor == "ada@example.com"
    assert job.created_at == NOW
    assert job.started_at is None
    assert not job.finished


def test_an_unknown_kind_is_refused(jobs: Jobs) -> None:
    with pytest.raises(BadInput, match="'format_disk' is unknown"):
        jobs.start("format_disk", {}, actor="cli")


def test_an_unknown_job_is_not_found(jobs: Jobs) -> None:
    with pytest.raises(NotFound, match="'99'"):
        jobs.get("99")


def test_jobs_are_claimed_in_the_order_they_came(jobs: Jobs) -> None:
    asked = [jobs.start("import_readings", {"n": n}, actor="cli") for n in range(12)]

    claimed = [job.id for job in iter(jobs.claim, None)]

    assert claimed == asked
    assert jobs.claim() is None


def test_a_second_end_of_day_is_refused_while_one_waits_or_runs(jobs: Jobs) -> None:
    first = jobs.start("end_day", {}, actor="cli")
    with pytest.raises(Conflict, match=rf"end day is already running \(job {first}\)"):
        jobs.start("end_day", {}, actor="cli")
    jobs.claim()
    with pytest.raises(Conflict):
        jobs.start("end_day", {}, actor="cli")

    jobs.finish(first, {"days": 1})

    assert jobs.start("end_day", {}, actor="cli") != first


def test_what_can_be_repeated_goes_back_into_the_queue_after_an_interruption(jobs: Jobs) -> None:
    job_id = jobs.start("import_readings", {}, actor="cli")
    jobs.claim()

    jobs.sort_out_interrupted()

    assert jobs.get(job_id).state is JobState.QUEUED


def test_a_job_that_is_interrupted_twice_is_marked_failed(jobs: Jobs) -> None:
    job_id = jobs.start("import_readings", {}, actor="cli")
    for _ in range(2):
        jobs.claim()
        jobs.sort_out_interrupted()

    job = jobs.get(job_id)
    assert job.state is JobState.FAILED
    assert job.error == INTERRUPTED
    assert job.finished_at == NOW


def test_what_cannot_be_repeated_fails_after_an_interruption(jobs: Jobs) -> None:
    job_id = jobs.start("once_only", {}, actor="cli")
    jobs.claim()

    jobs.sort_out_interrupted()

    assert jobs.get(job_id).error == INTERRUPTED


def test_waiting_and_ended_jobs_are_left_alone_at_start(jobs: Jobs) -> None:
    ended = jobs.start("import_readings", {}, actor="cli")
    jobs.claim()
    jobs.finish(ended, {"accepted": 3})
    waiting = jobs.start("import_readings", {}, actor="cli")

    assert jobs.sort_out_interrupted() == []

    assert jobs.get(ended).result == {"accepted": 3}
    assert jobs.get(waiting).state is JobState.QUEUED


def test_history_shows_the_newest_first(jobs: Jobs) -> None:
    asked = [jobs.start("import_readings", {}, actor="cli") for _ in range(11)]

    assert [job.id for job in jobs.recent(3)] == asked[:-4:-1]


def test_the_last_that_ended_well_is_found_behind_a_failed_one(jobs: Jobs) -> None:
    assert jobs.last_done("end_day") is None
    good = jobs.start("end_day", {}, actor="cli")
    jobs.claim()
    jobs.finish(good, {"days": 2})
    bad = jobs.start("end_day", {}, actor="cli")
    jobs.claim()
    jobs.fail(bad, "the disk is full.")

    last = jobs.last_done("end_day")

    assert last is not None
    assert last.id == good
