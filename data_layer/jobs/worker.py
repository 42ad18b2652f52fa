"""Two threads: one does the long work of a home, one job after the other, the other meanwhile what
takes a moment and must not wait behind it."""

from __future__ import annotations

import logging
import threading
import time

from data_layer.errors import MeterbookError
from data_layer.jobs.memory import give_back_memory
from data_layer.jobs.model import Job, JobKind, Result, Stopped
from data_layer.jobs.queue import INTERRUPTED_BEFORE, Jobs

POLL_SECONDS = 1.0
PROGRESS_SECONDS = 0.25
log = logging.getLogger(__name__)


class Worker:
    """Takes jobs off the queue until closed. Looks once a second, or at once when one arrives."""

    def __init__(self, jobs: Jobs, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._jobs = jobs
        self._poll_seconds = poll_seconds
        self._closing = threading.Event()
        self._threads = (
            threading.Thread(target=self._work, name="jobs", daemon=True),
            threading.Thread(target=self._act, name="acts", daemon=True),
        )

    def sort_out(self) -> None:
        """Before anything else: what an earlier process left behind."""
        for job in self._jobs.sort_out_interrupted():
            log.warning("job %s (%s) had been interrupted", job.id, job.kind)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def do_first(self, kind: str, *, actor: str) -> Job:
        """Do a job of this kind here and now, ahead of all that waits; before `start`."""
        job_id = self._jobs.waiting(kind) or self._jobs.start(kind, {}, actor=actor)
        job = self._jobs.claim(job_id)
        if job is not None:
            self._do(job)
        return self._jobs.get(job_id)

    def close(self) -> None:
        """Stop after the running job, or at its next pause point. Waits for it."""
        self._closing.set()
        self._jobs.arrived.set()
        self._jobs.called.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _work(self) -> None:
        """The long work."""
        while not self._closing.is_set():
            if self._did_one(at_once=False):
                give_back_memory()
            else:
                self._jobs.arrived.wait(self._poll_seconds)
                self._jobs.arrived.clear()

    def _act(self) -> None:
        """What is done at once."""
        while not self._closing.is_set():
            if not self._did_one(at_once=True):
                self._jobs.called.wait(self._poll_seconds)
                self._jobs.called.clear()

    def _did_one(self, *, at_once: bool) -> bool:
        """Do the oldest that waits; False where none does or the table cannot be used."""
        try:
            job = self._jobs.claim(at_once=at_once)
            if job is not None:
                self._do(job)
        except Exception:
            # Nobody would notice that a thread had ended: the server answers on without it.
            log.exception("the jobs table cannot be used; trying again")
            return False
        return job is not None

    def _do(self, job: Job) -> None:
        log.info("job %s (%s) begins", job.id, job.kind)
        try:
            kind = self._jobs.kind(job)
            result = kind.handler(_RunningTask(self._jobs, job, kind, self._closing))
        except Stopped:
            self._jobs.put_back(job.id)
        except MeterbookError as error:
            log.warning("job %s (%s) failed: %s", job.id, job.kind, error.sentence)
            self._jobs.fail(job.id, error.sentence)
        except Exception as error:
            # Whatever a handler raises ends its job and not the worker; the log has the trace.
            log.exception("job %s (%s) failed", job.id, job.kind)
            self._jobs.fail(job.id, _unexpected(error))
        else:
            self._jobs.finish(job.id, _marked(result, job))
            log.info("job %s (%s) is done", job.id, job.kind)


def _unexpected(error: Exception) -> str:
    return f"failed unexpectedly ({type(error).__name__}: {error}); the server's log has the trace."


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
