"""One write and one fsync for all who wait: a single committer thread in front of the log.

    submit A ──┐
    submit B ──┼─ open group ──> commit([A, B, C]) ──> each waiter: its own result
    submit C ──┘        while this runs, D and E gather in the next group

The commit function runs in one thread only and never twice at a time. An exception it raises
reaches every waiter of that group; the next group starts afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from data_layer.errors import Unavailable
from data_layer.storage.closing import Closing

Request = TypeVar("Request")
Result = TypeVar("Result")
Answer = TypeVar("Answer")


class _Group(Generic[Request, Result]):
    """Requests that will be committed together; `outcome` holds one result a request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.outcome: Future[Sequence[Result]] = Future()


class GroupCommit(Closing, Generic[Request, Result]):
    """Commits requests of many threads in groups.

    `commit(requests)` returns one result a request, in order. A result that is an exception is
    raised to that waiter alone; an exception that `commit` raises goes to the whole group.
    """

    def __init__(
        self,
        commit: Callable[[list[Request]], Sequence[Result | Exception]],
        *,
        name: str = "committer",
        most: int = 10_000,
    ) -> None:
        self._commit = commit
        self._most = most
        self._lock = Lock()
        self._open: _Group[Request, Result | Exception] | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

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
            self._refuse_when_closed()
            group = self._open
            if group is None or len(group.requests) >= self._most:
                group = self._open = _Group()
                group.outcome = self._thread.submit(self._run, group)
            place = len(group.requests)
            group.requests.append(request)
        result = group.outcome.result()[place]
        if isinstance(result, Exception):
            raise result
        return result

    def between(self, action: Callable[[], Answer]) -> Answer:
        """Run an action in the committer thread while nothing is being committed."""
        with self._lock:
            self._refuse_when_closed()
            # What comes after this call must not join a group that stands before the action.
            self._open = None
            answer = self._thread.submit(action)
        return answer.result()

    def close(self) -> None:
        """Refuse newcomers, commit all who already wait, end the thread. May be repeated."""
        with self._lock:
            self._closed = True
        self._thread.shutdown(wait=True)

    def _run(self, group: _Group[Request, Result | Exception]) -> Sequence[Result | Exception]:
        with self._lock:
            if self._open is group:
                self._open = None
        results = self._commit(group.requests)
        if len(results) != len(group.requests):
            raise AssertionError("commit must return one result a request")
        return results

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unavailable("Meterbook is closing and takes no more readings.")
