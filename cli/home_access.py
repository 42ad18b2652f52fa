"""How a command gets at the home: for work, or only to look and to edit the registries.

Readings are written by one process. Where a server runs, work goes to it through the jobs table
and is followed from here; where none runs, this process owns the home until the work is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from cli.console import Advance, load_settings, progress_bar
from data_layer.book import Book
from data_layer.errors import MeterbookError, NotFound, Unavailable
from data_layer.jobs.model import Job, JobState, Params
from data_layer.storage.home import Home, HomeInUse
from settings import Settings

FIRST_LOOK_SECONDS, LOOK_SECONDS = 0.05, 0.4
PATIENCE_SECONDS = 5.0


class JobFailed(MeterbookError):
    """The work was begun and ended in a failure; the sentence is the job's own."""

    status, problem = 500, "job-failed"


def open_home(settings: Settings, *, writable: bool, create: bool = False) -> Book:
    """Open the home. Raises NotFound where there is none and none is to be created."""
    if not create:
        _require_home(settings)
    url = settings.database_url
    return Book.open(
        settings.home,
        timezone=settings.timezone,
        database_url=None if url is None else url.get_secret_value(),
        backups=settings.backups,
        backups_kept=settings.backups_kept,
        min_group=settings.min_group,
        writable=writable,
        scheduled=False,
    )


def _require_home(settings: Settings) -> None:
    if not Home.stands_in(settings.home):
        raise NotFound(
            f"{settings.home} is not a Meterbook home: METERBOOK_HOME names another folder, or "
            "nothing was started there yet.",
            field="METERBOOK_HOME",
        )


@contextmanager
def beside_the_server(*, create: bool = False) -> Iterator[Book]:
    """Look at readings, edit registries: possible whether a server runs or not.

    `create` is for what may come first in the life of a home: adding people to it.
    """
    with open_home(load_settings(), writable=False, create=create) as book:
        yield book


@contextmanager
def owning_the_home() -> Iterator[Book]:
    """Write to the home directly. Raises HomeInUse beside a server."""
    with open_home(load_settings(), writable=True) as book:
        yield book


@contextmanager
def owning_the_files() -> Iterator[Home]:
    """The home's files alone, nothing in them opened: for what mends them. Raises HomeInUse."""
    settings = load_settings()
    _require_home(settings)
    with Home.existing(settings.home) as home:
        home.lock()
        yield home


@contextmanager
def for_work() -> Iterator[Book]:
    """Own the home where nobody does, else stand beside the server that does."""
    settings = load_settings()
    try:
        book = open_home(settings, writable=True)
    except HomeInUse:
        book = open_home(settings, writable=False)
    with book:
        yield book


def done(book: Book, kind: str, params: Params, *, actor: str, title: str) -> Job:
    """Start a job, follow it to its end with a progress bar. Raises JobFailed with its sentence."""
    return followed(book, book.jobs.start(kind, params, actor=actor), title=title)


def followed(book: Book, job_id: str, *, title: str) -> Job:
    """Follow a job to its end with a progress bar. Raises JobFailed with its sentence."""
    with progress_bar(title) as advance:
        job = _follow(book, job_id, advance)
        if job.state is JobState.FAILED:
            raise JobFailed(job.error)
    return job


def _follow(book: Book, job_id: str, advance: Advance) -> Job:
    pause = FIRST_LOOK_SECONDS
    deserted_at: float | None = None
    while True:
        job = book.jobs.get(job_id)
        advance(job.message, job.done, job.total)
        if job.finished:
            return job
        if book.owner_process() is not None:
            deserted_at = None
        elif deserted_at is None:
            deserted_at = time.monotonic()
        elif time.monotonic() - deserted_at > PATIENCE_SECONDS:
            raise Unavailable(
                f"the server stopped before job {job_id} ended; it is taken up again when the "
                "server starts."
            )
        time.sleep(pause)
        pause = min(pause * 1.5, LOOK_SECONDS)
