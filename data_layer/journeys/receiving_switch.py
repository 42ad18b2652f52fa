"""Stop and resume receiving: an admin's switch that a restart obeys, and pauses for work.

    stop, resume    an admin's; in the audit, then marked on disk: what was done was written down
    pause           while work needs the log to itself; afterwards receiving is as the admin left it

Readings that come meanwhile are answered 503 with the reason; pages and queries go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from data_layer.accounts.audit import AuditTrail
from data_layer.clock import Clock, HomeZone, epoch_of
from data_layer.errors import Conflict, Unavailable
from data_layer.jobs.model import Result, Task
from data_layer.readings.local_store import LocalStore
from data_layer.storage.stopped_mark import Stopped, read_mark, remove_mark, set_mark

SWITCH_RECEIVING = "switch_receiving"


class ReceivingSwitch:
    """The one switch of a home. A book that only looks can ask what it says, and no more."""

    def __init__(
        self,
        store: Callable[[], LocalStore],
        mark: Path,
        *,
        audit: AuditTrail,
        zone: HomeZone,
        clock: Clock,
    ) -> None:
        self._store = store
        self._mark = mark
        self._audit = audit
        self._zone = zone
        self._clock = clock
        self._lock = Lock()
        self._paused = ""

    @property
    def stopped(self) -> Stopped | None:
        """Who stopped receiving, and since when; None while nobody did."""
        return read_mark(self._mark)

    @property
    def paused(self) -> str:
        """What work keeps receiving closed just now; empty while none does."""
        return self._paused

    def stop(self, *, actor: str) -> None:
        """Take no readings until told to. Raises Conflict when that is so, or work is under way."""
        with self._lock:
            self._refuse_beside_work()
            if self.stopped is not None:
                raise Conflict("receiving is stopped already.")
            self._audit.record(actor, "receiving stopped")
            stopped = Stopped(at=epoch_of(self._clock()), actor=actor)
            set_mark(self._mark, stopped)
            self._store().stop_receiving(self._reason(stopped))

    def resume(self, *, actor: str) -> None:
        """Take readings again. Raises Conflict when they are taken, or work is under way,
        Unavailable when something else keeps them out."""
        with self._lock:
            self._refuse_beside_work()
            if self.stopped is None:
                self._refuse_when_open()
            self._audit.record(actor, "receiving resumed")
            remove_mark(self._mark)
            self._store().resume()

    @contextmanager
    def pause(self, why: str) -> Iterator[None]:
        """No reading is taken while this is entered; then receiving is as it was left."""
        with self._lock:
            self._paused = why
            self._store().stop_receiving(why)
        try:
            yield
        finally:
            with self._lock:
                self._paused = ""
                self._as_marked()

    def obey(self) -> None:
        """At start: stay stopped when that is what the mark says."""
        with self._lock:
            if self.stopped is not None:
                self._as_marked()

    def __call__(self, task: Task) -> Result:
        """The handler of a job that turns it, for commands beside a server."""
        if task.job.params.get("receive"):
            self.resume(actor=task.job.actor)
        else:
            self.stop(actor=task.job.actor)
        return {"receiving": self.stopped is None}

    def _as_marked(self) -> None:
        stopped = self.stopped
        if stopped is None:
            self._store().resume()
        else:
            self._store().stop_receiving(self._reason(stopped))

    def _refuse_beside_work(self) -> None:
        if self._paused:
            raise Conflict(f"{self._paused} Ask again when that has ended.")

    def _refuse_when_open(self) -> None:
        store = self._store()
        if store.receiving:
            raise Conflict("readings are being received already.")
        raise Unavailable(store.state().reason)

    def _reason(self, stopped: Stopped) -> str:
        return f"receiving was stopped at {self._zone.said(stopped.at)}, {self._zone.name} time."
