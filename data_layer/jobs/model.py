"""What a job is: long work with progress, written down so that it outlives the process doing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Params = Mapping[str, object]
"""What a job is told, as JSON. Never a secret: the table is read by every admin and kept."""
Result = dict[str, object]
"""What a job answers, as JSON."""


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the jobs table. `done` of `total` is progress; `total` 0 means not known."""

    id: str
    kind: str
    params: Params
    state: JobState
    done: int
    total: int
    message: str
    """What is being done right now, for the progress bar."""
    result: Result
    error: str
    """One sentence for a person, empty unless failed."""
    actor: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED)


class Stopped(Exception):
    """The process is closing: the work was put down at a safe place and is taken up again later.

    Raised by `Task.pause_point`, passed on by the handler, never shown to anybody.
    """


class Task(Protocol):
    """What a handler gets to speak through while it works."""

    @property
    def job(self) -> Job: ...

    def progress(self, message: str, done: int = 0, total: int = 0) -> None:
        """Tell how far the work is; cheap to call often, written a few times a second."""

    def pause_point(self) -> None:
        """Say that the work may be put down here. Raises Stopped when the process is closing."""


Handler = Callable[[Task], Result]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How one kind of job is done.

    `single`: a second one is refused while one waits or runs. `repeatable`: doing it again after
    an interruption is harmless, so an interrupted one goes back into the queue, once. `at_once`: a
    moment's act that must not wait behind long work; it is done beside the job that runs.
    """

    handler: Handler
    single: bool = False
    repeatable: bool = False
    at_once: bool = False
