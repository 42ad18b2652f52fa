"""A backup whose process dies once it bears its name is a backup, and its job is told as done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from data_layer.accounts.audit import Entry
from data_layer.book import Book
from data_layer.jobs.model import Job, JobState
from data_layer.jobs.queue import Jobs
from data_layer.journeys.back_up import BACK_UP, MADE
from data_layer.storage.backup_folder import BackupWriter
from tests.integration.backup.home import NOW
from tests.integration.operator_commands import answered

PATIENCE_SECONDS = 20.0


def until(place: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not place.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def taken_up(home: Path, job_id: str) -> tuple[Job, list[Entry]]:
    """The job as the next start leaves it, and what the audit says of backups."""
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (job := book.jobs.get(job_id)).finished:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return job, [line for line in book.audit.recent() if line.action.startswith("backup")]


def dies(*_: object, **__: object) -> None:
    """Ends the thread as a kill ends the process: nothing behind this line is done."""
    raise SystemExit


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("at", ["before the audit", "after the audit"])
def test_a_job_killed_after_the_rename_is_done_at_the_next_start(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    place = tmp_path / "one"
    finish = BackupWriter.finish

    def finishes_and_dies(writer: BackupWriter, about: Mapping[str, object]) -> None:
        finish(writer, about)
        raise SystemExit

    with monkeypatch.context() as killing:
        if at == "before the audit":
            killing.setattr(BackupWriter, "finish", finishes_and_dies)
        else:
            killing.setattr(Jobs, "finish", dies)
        with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
            job_id = book.jobs.start(BACK_UP, {"to": str(place)}, actor="cli")
            until(place)
    before = (place / "SHA256SUMS").read_bytes()

    job, told = taken_up(home, job_id)

    assert job.state is JobState.DONE, job.error
    assert job.result["backup"] == str(place)
    assert job.result["state"] == answered("verify", str(place))["state"]
    assert (place / "SHA256SUMS").read_bytes() == before
    assert [(line.action, line.subject) for line in told] == [(MADE, str(place))]


def test_what_another_job_made_is_not_taken_for_this_ones(home: Path, tmp_path: Path) -> None:
    answered("backup", str(tmp_path / "one"))

    refused = answered("backup", str(tmp_path / "one"), code=1)

    assert "is there already" in refused["error"]["sentence"]
