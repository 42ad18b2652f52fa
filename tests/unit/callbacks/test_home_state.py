"""Durations, sizes and outcomes in the words of the operations page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callbacks.home_state import history, outcome, title
from callbacks.home_words import duration, size
from data_layer.clock import HomeZone
from data_layer.jobs.model import Job, JobState


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "under 1 s"), (59, "59 s"), (75, "1 min 15 s"), (3661, "1 h 1 min"), (3e5, "3 days")],
)
def test_durations_have_the_precision_people_care_for(seconds, said):
    assert duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ("0", "bytes")),
        (999, ("999", "bytes")),
        (1500, ("1.5", "kB")),
        (2 * 10**9, ("2.0", "GB")),
    ],
)
def test_sizes_have_a_unit_that_fits(count, said):
    assert size(count) == said


def job(kind, *, params=None, result=None):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Job(
        id="1",
        kind=kind,
        params=params or {},
        state=JobState.DONE,
        done=0,
        total=0,
        message="",
        result=result or {},
        error="",
        actor="admin@example.com",
        created_at=now,
        started_at=now,
        finished_at=now,
    )


def test_work_is_named_by_what_it_was_told_to_do():
    assert title(job("end_day")) == "End of day"
    assert title(job("end_day", params={"rebuild": True})) == "Rebuild of the index"
    assert title(job("import_readings", params={"dry_run": True})) == "Check of a file"


def test_an_outcome_counts_what_happened():
    ended = job("end_day", result={"readings_merged": 1234, "days_written": 2})
    imported = job(
        "import_readings", result={"name": "a.csv", "accepted": 9, "duplicates": 1, "rejected": 2}
    )

    assert outcome(ended) == "1,234 readings merged, 2 day files written"
    one = job("end_day", result={"readings_merged": 1, "days_written": 1})
    assert outcome(one) == "1 reading merged, 1 day file written"
    assert outcome(imported) == "9 accepted, 1 known, 2 refused"


def test_a_backup_says_how_much_it_holds_and_where_it_lies():
    result = {"backup": "/mnt/one", "readings": 1234, "bytes": 2_500_000, "state": "9f31"}

    assert title(job("back_up")) == "Backup"
    assert outcome(job("back_up", result=result)) == "1,234 readings, 2.5 MB in /mnt/one"


def test_a_rebuild_says_what_it_indexed():
    result = {"rebuild": True, "readings": 5000, "day_files": 3, "readings_merged": 7}

    assert outcome(job("end_day", result=result)) == (
        "5,000 readings of 3 day files indexed, 7 of them new"
    )


def test_work_on_a_file_leads_to_the_file():
    failed = job("import_readings", params={"file": "f1", "name": "a.csv"})

    row = str(history([failed], HomeZone("Asia/Singapore")))

    assert "Open a.csv" in row
    assert "/upload?job=1" in row


def test_bills_that_failed_are_a_warning_beside_those_that_were_made():
    result = {"month": "2026-10", "made": 0, "unchanged": 42, "failed": 0}
    zone = HomeZone("Asia/Singapore")
    assert "Span(children='done', className='state state-done')" in str(
        history([job("end_month", result=result)], zone)
    )
    row = str(history([job("end_month", result=result | {"failed": 1})], zone))
    assert "Span(children='done, 1 failed', className='state state-warning')" in row
    assert "state-done" not in row


def test_a_switch_of_receiving_says_which_way():
    assert outcome(job("switch_receiving", result={"receiving": False})) == "no readings are taken"
    assert outcome(job("switch_receiving", result={"receiving": True})) == "readings are taken"


def test_a_backup_says_how_many_before_it_were_removed():
    result = {"backup": "/b/new", "readings": 3, "bytes": 2000, "made_at": "", "state": ""}
    assert outcome(job("back_up", result=result)) == "3 readings, 2.0 kB in /b/new"
    result |= {"removed": ["/b/old"], "warnings": ["/b/x does not hold."]}
    told = outcome(job("back_up", result=result))
    assert told == "3 readings, 2.0 kB in /b/new. 1 older backup removed. /b/x does not hold."
