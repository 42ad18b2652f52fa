"""The queue of long work, kept in a table, so that page, command and midnight start it alike.

A job is written down before it is done, its progress and its end are written down too; the
`Worker` of the one process that owns the home does the work, any process may ask and follow.

    queued -> running -> done | failed
       ^---------'        (put down while closing, or once after an interruption)
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Row, cast, func, insert, select, update

from data_layer.clock import Clock, epoch_of
from data_layer.errors import BadInput, Conflict, NotFound, Unavailable
from data_layer.jobs.model import Job, JobKind, JobState, Params, Result
from data_layer.jobs.tables import jobs
from data_layer.storage.database import Database

_NUMBER = cast(jobs.c.id, Integer)
_OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)
INTERRUPTED = "interrupted: the server stopped while this was being done."
INTERRUPTED_BEFORE = "interrupted"
"""Key in the result of a job that was taken up again after its process died."""


class Jobs:
    """Reads and writes the jobs table; all its state is there, but for the bell of the worker."""

    def __init__(self, database: Database, clock: Clock, kinds: Mapping[str, JobKind]) -> None:
        self._database = database
        self._clock = clock
        self._kinds = kinds
        self.arrived = threading.Event()
        """Set when this process has put long work into the queue."""
        self.called = threading.Event()
        """Set when it has put something there that is done at once."""

    def start(self, kind: str, params: Params, *, actor: str) -> str:
        """Put work into the queue and give its id; the worker takes it up within a second.

        Raises Conflict when there may be only one of its kind and one waits or runs.
        """
        if kind not in self._kinds:
            raise BadInput(f"kind of job {kind[:40]!r} is unknown.", field="kind")
        with self._database.write() as connection:
            if self._kinds[kind].single:
                self._refuse_second(connection, kind)
            latest = connection.scalar(select(func.max(_NUMBER)))
            job_id = str(int(latest or 0) + 1)
            connection.execute(
                insert(jobs).values(
                    id=job_id,
                    kind=kind,
                    params=dict(params),
                    state=JobState.QUEUED,
                    actor=actor,
                    created_at=self._now(),
                )
            )
        (self.called if self._kinds[kind].at_once else self.arrived).set()
        return job_id

    def _refuse_second(self, connection: Connection, kind: str) -> None:
        found = connection.scalar(
            select(jobs.c.id).where(jobs.c.kind == kind, jobs.c.state.in_(_OPEN_STATES)).limit(1)
        )
        if found is not None:
            raise Conflict(f"{kind.replace('_', ' ')} is already running (job {found}).")

    def get(self, job_id: str) -> Job:
        """The job as it is now. Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise NotFound(f"job {job_id[:40]!r} is not known.", field="job")
        return _job(row)

    def recent(self, limit: int = 50) -> list[Job]:
        """The newest jobs first."""
        with self._database.read() as connection:
            rows = connection.execute(select(jobs).order_by(_NUMBER.desc()).limit(limit)).all()
        return [_job(row) for row in rows]

    def latest(self, *kinds: str) -> Job | None:
        """The newest job of these kinds, however it stands."""
        wanted = select(jobs).where(jobs.c.kind.in_(kinds)).order_by(_NUMBER.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _job(row)

    def last_done(self, kind: str) -> Job | None:
        """The newest job of this kind that ended well."""
        with self._database.read() as connection:
            row = connection.execute(
                select(jobs)
                .where(jobs.c.kind == kind, jobs.c.state == JobState.DONE)
                .order_by(_NUMBER.desc())
                .limit(1)
            ).one_or_none()
        return None if row is None else _job(row)

    def unfinished(self, kinds: Sequence[str]) -> list[Job]:
        """Jobs of these kinds that wait or run, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(jobs)
                .where(jobs.c.kind.in_(kinds), jobs.c.state.in_(_OPEN_STATES))
                .order_by(_NUMBER)
            ).all()
        return [_job(row) for row in rows]

    # --- for the worker ------------------------------------------------------------------

    def kind(self, job: Job) -> JobKind:
        """How this job is done. Raises Unavailable when this process does not know its kind."""
        known = self._kinds.get(job.kind)
        if known is None:
            raise Unavailable(
                f"this server does not know how to do {job.kind.replace('_', ' ')!r}: it may run "
                "since before an upgrade. Restart it, then start the job again."
            )
        return known

    def waiting(self, kind: str) -> str | None:
        """Id of the oldest waiting job of this kind."""
        with self._database.read() as connection:
            return connection.scalar(
                select(jobs.c.id)
                .where(jobs.c.state == JobState.QUEUED, jobs.c.kind == kind)
                .order_by(_NUMBER)
                .limit(1)
            )

    def claim(self, job_id: str | None = None, *, at_once: bool = False) -> Job | None:
        """Take this waiting job, or the oldest, and mark it running; None when there is none.

        The oldest is one of long work, or with `at_once` one of what must not wait behind it.
        """
        waiting = select(jobs.c.id).where(jobs.c.state == JobState.QUEUED)
        if job_id is not None:
            waiting = waiting.where(jobs.c.id == job_id)
        else:
            waiting = waiting.where(self._share(at_once=at_once))
        with self._database.read() as connection:
            if connection.scalar(waiting.limit(1)) is None:
                return None
        with self._database.write() as connection:
            taken = connection.scalar(waiting.order_by(_NUMBER).limit(1))
            if taken is None:
                return None
            now = self._now()
            connection.execute(
                update(jobs)
                .where(jobs.c.id == taken)
                .values(state=JobState.RUNNING, started_at=now, heartbeat=now)
            )
        return self.get(taken)

    def put_back_claimed(self, *, at_once: bool) -> None:
        """Back into the queue what runs in this share, of which its thread does nothing.

        A claim whose answer was lost on the way may have been written all the same.
        """
        with self._database.write() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.state == JobState.RUNNING, self._share(at_once=at_once))
                .values(state=JobState.QUEUED)
            )

    def _share(self, *, at_once: bool) -> ColumnElement[bool]:
        """Rows of what is done at once, or of all other work, of unknown kinds too."""
        prompt = jobs.c.kind.in_([name for name, kind in self._kinds.items() if kind.at_once])
        return prompt if at_once else ~prompt

    def advance(self, job_id: str, message: str, done: int, total: int) -> None:
        self._write(job_id, message=message, done=done, total=total, heartbeat=self._now())

    def finish(self, job_id: str, result: Result) -> None:
        self._write(
            job_id,
            state=JobState.DONE,
            result=result,
            message="",
            done=jobs.c.total,
            finished_at=self._now(),
        )

    def fail(self, job_id: str, sentence: str) -> None:
        self._write(
            job_id, state=JobState.FAILED, error=sentence, message="", finished_at=self._now()
        )

    def put_back(self, job_id: str) -> None:
        """Back into the queue, because the process doing it is closing."""
        self._write(job_id, state=JobState.QUEUED, message="waits for the next start", done=0)

    def sort_out_interrupted(self) -> list[Job]:
        """At start, before the worker: no job can be running, so those that are were interrupted.

        What is harmless to repeat goes back into the queue, once, so that work which kills its
        process does not do so for ever; all else is marked failed. Returns them as they were.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                select(jobs).where(jobs.c.state == JobState.RUNNING).order_by(_NUMBER)
            ).all()
        interrupted = [_job(row) for row in rows]
        for job in interrupted:
            known = self._kinds.get(job.kind)
            if known is None or not known.repeatable or job.result.get(INTERRUPTED_BEFORE):
                self.fail(job.id, INTERRUPTED)
            else:
                self._write(job.id, state=JobState.QUEUED, result={INTERRUPTED_BEFORE: True})
        return interrupted

    def _write(self, job_id: str, **values: Any) -> None:
        with self._database.write() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))

    def _now(self) -> int:
        return epoch_of(self._clock())


def _moment(epoch: int | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        params=row.params,
        state=JobState(row.state),
        done=row.done,
        total=row.total,
        message=row.message,
        result=row.result,
        error=row.error,
        actor=row.actor,
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        started_at=_moment(row.started_at),
        finished_at=_moment(row.finished_at),
    )
