"""A backup whose disk fails in the middle of a table leaves the home's database free."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest

from data_layer.book import Book
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.back_up import BACK_UP
from data_layer.storage import backup_folder
from data_layer.storage.table_lines import ROWS_AT_ONCE
from tests.integration.backup.home import NOW

PATIENCE_SECONDS = 20.0


def ended(book: Book, job_id: str) -> Job:
    """The job once it has ended; it does soon, or never while the database is locked."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (job := book.jobs.get(job_id)).finished:
        assert time.monotonic() < deadline, f"the job is {job.state} still: {job.message}"
        time.sleep(0.02)
    return job


def test_a_table_whose_copy_fails_half_way_is_no_longer_read(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all = backup_folder.write_all
    written: list[bytes] = []

    def breaks(descriptor: int, chunk: bytes) -> None:
        if b'"looked"' in chunk:  # a row of the audit, with more to be read behind it
            written.append(chunk)
            raise OSError(errno.EIO, "Input/output error")
        write_all(descriptor, chunk)

    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        # More rows than are read at once, so that the read is not over when the copy fails.
        with book.database.write() as connection:
            for number in range(ROWS_AT_ONCE + 1):
                book.audit.record_in(connection, "cli", "looked", str(number))
        with monkeypatch.context() as failing:
            failing.setattr(backup_folder, "write_all", breaks)
            job = ended(book, book.jobs.start(BACK_UP, {"to": str(tmp_path / "a")}, actor="cli"))
        assert written
        assert job.state is JobState.FAILED
        assert "Input/output error" in job.error
        assert book.audit.recent(1)[0].action == "backup failed"
        again = ended(book, book.jobs.start(BACK_UP, {"to": str(tmp_path / "b")}, actor="cli"))
        assert again.state is JobState.DONE
