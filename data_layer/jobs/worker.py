"""Two threads: one does the long work of a home, one job after the other, the other meanwhile what
takes a moment and must not wait behind it."""

from __future__ import annotations

import logging
import threading

from data_layer.jobs.lane import Lane
from data_layer.jobs.memory import give_back_memory
from data_layer.jobs.model import Job
from data_layer.jobs.queue import Jobs

POLL_SECONDS = 1.0
log = logging.getLogger(__name__)


class Worker:
    """Takes jobs off the queue until closed. Looks once a second, or at once when one arrives."""

    def __init__(self, jobs: Jobs, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._jobs = jobs
        self._poll_seconds = poll_seconds
        self._closing = threading.Event()
        self._long = Lane(jobs, self._closing, at_once=False)
        self._prompt = Lane(jobs, self._closing, at_once=True)
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
            self._long.do(job)
        return self._jobs.get(job_id)

    def does(self, kind: str) -> bool:
        """Whether a job of this kind is being done this moment, whatever the table says."""
        return kind in (self._long.doing, self._prompt.doing)

    def close(self) -> None:
        """Stop after the running job, or at its next pause point. Waits for it.

        How it ended is written, or left to `sort_out` of the next start when the database is away.
        """
        self._closing.set()
        self._jobs.arrived.set()
        self._jobs.called.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _work(self) -> None:
        """The long work."""
        while not self._closing.is_set():
            if self._long.do_next():
                give_back_memory()
            else:
                self._jobs.arrived.wait(self._poll_seconds)
                self._jobs.arrived.clear()
        self._long.settle()

    def _act(self) -> None:
        """What is done at once."""
        while not self._closing.is_set():
            if not self._prompt.do_next():
                self._jobs.called.wait(self._poll_seconds)
                self._jobs.called.clear()
        self._prompt.settle()
