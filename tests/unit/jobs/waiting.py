"""Waits for what the worker does in its threads."""

from __future__ import annotations

import time
from collections.abc import Callable

from data_layer.jobs.model import Job
from data_layer.jobs.queue import Jobs


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def ended(jobs: Jobs, job_id: str) -> Job:
    wait_for(lambda: jobs.get(job_id).finished)
    return jobs.get(job_id)
