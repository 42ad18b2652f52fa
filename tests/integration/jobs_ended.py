"""Waits for long work in a book of this process."""

from __future__ import annotations

import time

from data_layer.book import Book
from data_layer.jobs.model import Job

PATIENCE_SECONDS = 30.0


def ended(book: Book, job_id: str) -> Job:
    """The job once it has ended."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (job := book.jobs.get(job_id)).finished:
        assert time.monotonic() < until, job
        time.sleep(0.01)
    return job
