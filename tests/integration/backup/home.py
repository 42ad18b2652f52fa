"""A home with people, readings and keys, and what is done to it in tests of backups."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from data_layer.accounts.model import Account, Role, StaffMember
from data_layer.book import Book
from data_layer.errors import Unavailable
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.end_day import END_DAY
from data_layer.readings.model import Action, Reading, ReadingBatch, RowFilter, Scope
from data_layer.readings.operations import submit
from data_layer.readings.rules import UPLOAD_PAGE

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
START = 1_795_046_400
"""2026-11-19 at 08:00 in Singapore."""
METERS = ("531-000-001", "531-000-002")
SCOPE = Scope("boss@example.org", Action.SUBMIT_READINGS, None)


def furnish(book: Book) -> None:
    """People, a day file, a log that follows it, a key, a session and a link."""
    for meter in METERS:
        account = Account(meter, "Tan Wei Ling", "12 Bedok North Rd", email="tan@example.org")
        book.accounts.register(account, actor="cli")
    book.staff.register(StaffMember("boss@example.org", "Ada", Role.ADMIN), actor="cli")
    book.api_keys.issue(Role.ADMIN, name="head-end", meter_ids=(), actor="cli")
    send(book, 0, 20)
    assert worked(book, END_DAY).state is JobState.DONE
    send(book, 20, 18)
    book.sessions.begin(email="boss@example.org", role=Role.ADMIN, stamp="x")
    book.sign_in.issue_link("boss@example.org", actor="cli")


def send(book: Book, first: int, count: int) -> None:
    """So many half hours of both meters."""
    rows = [Reading(meter, "S", START + slot * 1800, slot * 100, source="api:k1")
            for meter in METERS for slot in range(first, first + count)]  # fmt: skip
    receipt = submit(book.readings, SCOPE, ReadingBatch.from_readings(rows), rules=UPLOAD_PAGE)
    assert receipt.accepted == len(rows)


def worked(book: Book, kind: str, **params: object) -> Job:
    """A job of this kind, done."""
    job_id = book.jobs.start(kind, params, actor="boss@example.org")
    while not (job := book.jobs.get(job_id)).finished:
        time.sleep(0.01)
    return job


def rows(folder: Path) -> set[object]:
    with Book.open(folder, writable=False, clock=lambda: NOW) as book:
        page = book.readings.store.rows(RowFilter(limit=1000))
        return set(page.batch.rows())


def refused(*_: object) -> None:
    raise Unavailable("the disk is full")
