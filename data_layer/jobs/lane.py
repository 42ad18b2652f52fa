"""What one thread of the worker does: a job, then the next, and how each ended is written down.

How a job ended is kept here until the jobs table has it. While the database is away (PostgreSQL
restarts, SQLite is full or busy) nothing else is begun in this lane: a row that stayed `running`
with nobody doing it would keep the next of its kind out until a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import exc

from data_layer.errors import MeterbookError
from data_layer.jobs.model import Job, JobKind, Result, Stopped
from data_layer.jobs.queue import INTERRUPTED_BEFORE, Jobs

PROGRESS_SECONDS = 0.25
_AWAY = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)
"""What passes; anything else a database says is about what it was given, and stays."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Ending:
    """How a job ended, as what writes it down: harmless to do again when its answer was lost."""

    job: Job
    write: Callable[[], None]
    tried: bool = False


class Lane:
    """Long work, or with `at_once` what must not wait behind it. For one thread."""

    def __init__(self, jobs: Jobs, closing: threading.Event, *, at_once: bool) -> None:
        self._jobs = jobs
        self._closing = closing
        self._at_once = at_once
        self._ending: _Ending | None = None
        self._may_have_claimed = False
        self.doing = ""
        """Kind of the job that is being done this moment; any thread may look."""

    def do_next(self) -> bool:
        """Do the oldest that waits; False where none does or the table cannot be used."""
        if not self.settle():
            return False
        try:
            job = self._jobs.claim(at_once=self._at_once)
        except Exception:
            # Nobody would notice that a thread had ended: the server answers on without it.
            log.exception("the jobs table cannot be used; trying again")
            self._may_have_claimed = True
            return False
        if job is not None:
            self.do(job)
        return job is not None

    def do(self, job: Job) -> None:
        """Do a claimed job, and write down how it ended, or keep that for `settle`."""
        self.doing = job.kind
        try:
            self._ending = _Ending(job, self._done(job))
            self.settle()
        finally:
            self.doing = ""

    def settle(self) -> bool:
        """Bring the table to what is so: nothing is being done. False while it cannot be used."""
        try:
            if self._ending is not None:
                self._write(self._ending)
                self._ending = None
            if self._may_have_claimed:
                self._jobs.put_back_claimed(at_once=self._at_once)
                self._may_have_claimed = False
        except Exception:
            if self._ending is None:
                log.exception("the jobs table cannot be used; trying again")
            return False
        return True

    def _write(self, ending: _Ending) -> None:
        job = ending.job
        try:
            ending.write()
        except _AWAY:
            if not ending.tried:
                log.exception(
                    "the end of job %s (%s) is kept until it can be written", job.id, job.kind
                )
            ending.tried = True
            raise
        except Exception as error:
            log.exception("the database does not take the end of job %s (%s)", job.id, job.kind)
            ending.write = partial(self._jobs.fail, job.id, _unwritable(error))
            raise
        if ending.tried:
            log.warning("the end of job %s (%s) is written now", job.id, job.kind)

    def _done(self, job: Job) -> Callable[[], None]:
        """Do it, and answer what writes down how it ended."""
        log.info("job %s (%s) begins", job.id, job.kind)
        try:
            kind = self._jobs.kind(job)
            result = _marked(kind.handler(_RunningTask(self._jobs, job, kind, self._closing)), job)
        except Stopped:
            return partial(self._jobs.put_back, job.id)
        except MeterbookError as error:
            log.warning("job %s (%s) failed: %s", job.id, job.kind, error.sentence)
            return partial(self._jobs.fail, job.id, error.sentence)
        except Exception as error:
            # Whatever a handler raises ends its job and not the worker; the log has the trace.
            log.exception("job %s (%s) failed", job.id, job.kind)
            return partial(self._jobs.fail, job.id, _unexpected(error))
        log.info("job %s (%s) is done", job.id, job.kind)
        return partial(self._jobs.finish, job.id, result)


def _unexpected(error: Exception) -> str:
    return f"failed unexpectedly ({type(error).__name__}: {error}); the server's log has the trace."


def _unwritable(error: Exception) -> str:
    return (
        f"ended, but the database does not take what came of it ({type(error).__name__}); the "
        "server's log has the trace."
    )


def _marked(result: Result, job: Job) -> Result:
    """Keep the mark of an interruption, so that the answer can say why rows are duplicates."""
    if job.result.get(INTERRUPTED_BEFORE):
        return {**result, INTERRUPTED_BEFORE: True}
    return result


class _RunningTask:
    """Writes progress at most a few times a second, however often it is told."""

    def __init__(self, jobs: Jobs, job: Job, kind: JobKind, closing: threading.Event) -> None:
        self._jobs = jobs
        self._job = job
        self._may_stop = kind.repeatable
        self._closing = closing
        self._written = 0.0
        self._message = ""

    @property
    def job(self) -> Job:
        return self._job

    def progress(self, message: str, done: int = 0, total: int = 0) -> None:
        now = time.monotonic()
        if now - self._written < PROGRESS_SECONDS and message == self._message:
            return
        self._written, self._message = now, message
        self._jobs.advance(self._job.id, message, done, total)

    def pause_point(self) -> None:
        if self._may_stop and self._closing.is_set():
            raise Stopped
