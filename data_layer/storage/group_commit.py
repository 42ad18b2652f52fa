"""One write and one fsync for all who wait: whoever comes first commits for those who join.

    submit A ──┐  A leads                     D ──┐  D leads
    submit B ──┼─ group ─> prepare ─> commit      ├─ group ─> prepare ─> commit
    submit C ──┘                      while A commits, D and E gather; a group that is large
                                      enough is prepared meanwhile, behind what is being committed

The leader works in its own thread: who is alone hands nothing over. Nothing is prepared twice at a
time, and nothing committed twice at a time, always in order of arrival. An exception reaches every
waiter of that group, and of the group that was prepared on the strength of it; the next starts
afresh. Who is interrupted while waiting leaves at once: those behind wait for what was ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from data_layer.errors import Unavailable
from data_layer.storage.closing import Closing

Request = TypeVar("Request")
Prepared = TypeVar("Prepared")
Result = TypeVar("Result")
Answer = TypeVar("Answer")


class _Group(Generic[Request, Prepared, Result]):
    """Requests that are committed together. Both gates are shut until their stage is over."""

    __slots__ = (
        "before",
        "error",
        "finished",
        "is_ready",
        "over",
        "prepared",
        "ready",
        "requests",
        "results",
    )

    def __init__(self, before: _Group[Request, Prepared, Result] | None) -> None:
        self.requests: list[Request] = []
        self.before = before
        """The group ahead of this one, until that is over. Who was interrupted while waiting for
        it leaves it here, for those behind to wait for."""
        self.prepared: Prepared | None = None
        self.results: Sequence[Result | Exception] = ()
        self.error: BaseException | None = None
        self.is_ready = False
        self.finished = False
        self.ready, self.over = Lock(), Lock()
        self.ready.acquire()
        self.over.acquire()

    def open_ready(self) -> None:
        if not self.is_ready:
            self.is_ready = True
            self.ready.release()

    def finish(self) -> None:
        self.open_ready()
        self.finished = True
        self.over.release()


class GroupCommit(Closing, Generic[Request, Prepared, Result]):
    """Commits requests of many threads in groups.

    `prepare(requests, pending)` makes ready what `commit(prepared)` then makes final; `pending` is
    what was prepared before and is not yet final, None mostly. `commit` returns one result a
    request, in order. A result that is an exception is raised to that waiter alone.
    """

    def __init__(
        self,
        prepare: Callable[[list[Request], Prepared | None], Prepared],
        commit: Callable[[Prepared], Sequence[Result | Exception]],
        *,
        abandoned: Callable[[], None] = lambda: None,
        large: Callable[[Request], bool] = lambda _: False,
        most: int = 10_000,
    ) -> None:
        """A group that a `large` request opens is prepared while the one ahead is committed.

        `abandoned` is called after what was or would have been prepared will not be committed.
        """
        self._abandoned = abandoned
        self._prepare = prepare
        self._commit = commit
        self._large = large
        self._most = most
        self._lock = Lock()
        self._open: _Group[Request, Prepared, Result] | None = None
        self._last: _Group[Request, Prepared, Result] | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def waiting(self) -> int:
        """Requests in the group that is gathering now."""
        with self._lock:
            return 0 if self._open is None else len(self._open.requests)

    def submit(self, request: Request) -> Result:
        """Wait until the request is committed; its own result, or the exception.

        Raises Unavailable when closed; then the request was not and will not be committed.
        """
        with self._lock:
            group = self._open
            if group is None or len(group.requests) >= self._most:
                group = self._open = self._behind_all()
            elif self._closed:
                raise _closing()
            place = len(group.requests)
            group.requests.append(request)
        if place:
            _wait(group.over)
        else:
            self._lead(group, early=self._large(request))
        if group.error is not None:
            raise group.error
        result = group.results[place]
        if isinstance(result, Exception):
            raise result
        return result

    def between(self, action: Callable[[], Answer]) -> Answer:
        """Run an action while nothing is being prepared or committed."""
        with self._lock:
            group = self._behind_all()
            # What comes after this call must not join a group that stands before the action.
            self._open = None
        try:
            _wait_for(group.before)
            group.before = None
            return action()
        finally:
            group.finish()

    def close(self) -> None:
        """Refuse newcomers and wait until all who already wait are answered. May be repeated."""
        with self._lock:
            self._closed = True
            last = self._last
        _wait_for(last)

    def _behind_all(self) -> _Group[Request, Prepared, Result]:
        """A new group; the lock is held."""
        if self._closed:
            raise _closing()
        last = self._last
        is_over = last is None or (last.finished and last.before is None)
        self._last = group = _Group(None if is_over else last)
        return group

    def _lead(self, group: _Group[Request, Prepared, Result], *, early: bool) -> None:
        try:
            group.results = self._results(group, early=early)
        except BaseException as error:
            group.error = error
            self._abandoned()
            if not isinstance(error, Exception):
                raise
        finally:
            self._end(group)

    def _results(
        self, group: _Group[Request, Prepared, Result], *, early: bool
    ) -> Sequence[Result | Exception]:
        pending = self._turn(group, early=early)
        with self._lock:
            if self._open is group:
                self._open = None
        group.prepared = self._prepare(group.requests, pending.prepared if pending else None)
        group.open_ready()
        if pending is not None:
            _wait_for(pending)
            if pending.error is not None:
                raise pending.error
        group.before = None
        results = self._commit(group.prepared)
        if len(results) != len(group.requests):
            raise AssertionError("commit must return one result a request")
        return results

    def _turn(
        self, group: _Group[Request, Prepared, Result], *, early: bool
    ) -> _Group[Request, Prepared, Result] | None:
        """Wait until the group may be prepared; gives the group that is not yet final then."""
        before = group.before
        if before is None:
            return None
        if early:
            _wait(before.ready)
            ahead = before.before
            _wait_for(ahead)
            if not before.finished and before.error is None and not (ahead and ahead.error):
                return before
        _wait_for(before)
        group.before = None
        return None

    def _end(self, group: _Group[Request, Prepared, Result]) -> None:
        with self._lock:
            if self._open is group:
                self._open = None
        group.prepared = None
        group.finish()


def _wait(gate: Lock) -> None:
    """Pass a gate once it opens; each who passes lets the next one through."""
    with gate:
        return


def _wait_for(group: _Group[Request, Prepared, Result] | None) -> None:
    """Wait until a group is over, and whatever was ahead of it when it was left."""
    while group is not None:
        _wait(group.over)
        group = group.before


def _closing() -> Unavailable:
    return Unavailable("Meterbook is closing and takes no more readings.")
