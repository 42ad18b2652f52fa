"""Everyone who waits is committed once, in a group, and hears of their own outcome."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import pytest

from data_layer.errors import Conflict, Unavailable
from data_layer.storage.group_commit import GroupCommit

Item = TypeVar("Item")


def as_it_is(requests: list[Item], pending: list[Item] | None) -> list[Item]:
    return requests


def test_everybody_gets_their_own_result() -> None:
    groups: list[list[int]] = []

    def commit(requests: list[int]) -> list[int]:
        groups.append(list(requests))
        return [request * 2 for request in requests]

    with GroupCommit(as_it_is, commit) as committer, ThreadPoolExecutor(32) as pool:
        results = list(pool.map(committer.submit, range(2_000)))
    assert results == [2 * number for number in range(2_000)]
    assert sorted(number for group in groups for number in group) == list(range(2_000))


def test_those_who_wait_while_a_group_is_written_share_the_next() -> None:
    entered, go_on = threading.Event(), threading.Event()
    groups: list[list[str]] = []

    def commit(requests: list[str]) -> list[str]:
        groups.append(list(requests))
        entered.set()
        assert go_on.wait(10)
        return requests

    with GroupCommit(as_it_is, commit) as committer, ThreadPoolExecutor(8) as pool:
        first = pool.submit(committer.submit, "first")
        assert entered.wait(10)
        others = [pool.submit(committer.submit, f"other {n}") for n in range(5)]
        while committer.waiting < 5:
            threading.Event().wait(0.001)
        go_on.set()
        assert first.result(10) == "first"
        assert [each.result(10) for each in others] == [f"other {n}" for n in range(5)]
    assert [len(group) for group in groups] == [1, 5]


def test_a_group_has_a_largest_size() -> None:
    entered, go_on = threading.Event(), threading.Event()
    sizes: list[int] = []

    def commit(requests: list[int]) -> list[int]:
        sizes.append(len(requests))
        entered.set()
        assert go_on.wait(10)
        return requests

    with GroupCommit(as_it_is, commit, most=2) as committer, ThreadPoolExecutor(8) as pool:
        first = pool.submit(committer.submit, 0)
        assert entered.wait(10)
        others = [pool.submit(committer.submit, n) for n in range(1, 6)]
        while committer.waiting < 1 or sum(not each.running() for each in others):
            threading.Event().wait(0.001)
        go_on.set()
        assert [first.result(10), *(each.result(10) for each in others)] == list(range(6))
    assert max(sizes) <= 2


def test_an_exception_reaches_every_waiter_of_its_group_and_no_other() -> None:
    def commit(requests: list[str]) -> list[str]:
        if "bad" in requests:
            raise Unavailable("the disk is full.")
        return requests

    with GroupCommit(as_it_is, commit) as committer:
        with pytest.raises(Unavailable, match="the disk is full"):
            committer.submit("bad")
        assert committer.submit("good") == "good"


def test_an_exception_as_a_result_reaches_its_waiter_alone() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def commit(requests: list[str]) -> list[str | Exception]:
        entered.set()
        assert go_on.wait(10)
        return [Conflict("no.") if request == "bad" else request for request in requests]

    with GroupCommit(as_it_is, commit) as committer, ThreadPoolExecutor(4) as pool:
        opener = pool.submit(committer.submit, "opener")
        assert entered.wait(10)
        good, bad = pool.submit(committer.submit, "good"), pool.submit(committer.submit, "bad")
        while committer.waiting < 2:
            threading.Event().wait(0.001)
        go_on.set()
        assert (opener.result(10), good.result(10)) == ("opener", "good")
        with pytest.raises(Conflict):
            bad.result(10)


def test_closing_commits_who_waits_and_refuses_who_comes() -> None:
    entered, go_on = threading.Event(), threading.Event()
    done: list[int] = []

    def commit(requests: list[int]) -> list[int]:
        entered.set()
        assert go_on.wait(10)
        done.extend(requests)
        return requests

    committer = GroupCommit(as_it_is, commit)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(committer.submit, 0)
        assert entered.wait(10)
        others = [pool.submit(committer.submit, n) for n in range(1, 4)]
        while committer.waiting < 3:
            threading.Event().wait(0.001)
        closing = pool.submit(committer.close)
        while not committer.closed:
            threading.Event().wait(0.001)
        with pytest.raises(Unavailable, match="closing"):
            committer.submit(9)
        go_on.set()
        assert sorted(each.result(10) for each in [first, *others]) == [0, 1, 2, 3]
        closing.result(10)
    assert sorted(done) == [0, 1, 2, 3]
    committer.close()


def test_an_action_between_groups_sees_no_commit_under_way() -> None:
    inside = 0

    def commit(requests: list[int]) -> list[int]:
        nonlocal inside
        inside += 1
        threading.Event().wait(0.0005)
        inside -= 1
        return requests

    with GroupCommit(as_it_is, commit) as committer, ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(committer.submit, n) for n in range(200)]
        assert [committer.between(lambda: inside) for _ in range(20)] == [0] * 20
        assert [each.result(10) for each in waiting] == list(range(200))


def test_what_is_submitted_after_an_action_is_committed_after_it() -> None:
    order: list[str] = []
    entered, go_on = threading.Event(), threading.Event()

    def commit(requests: list[str]) -> list[str]:
        order.extend(requests)
        entered.set()
        assert go_on.wait(10)
        return requests

    with GroupCommit(as_it_is, commit) as committer, ThreadPoolExecutor(8) as pool:
        pool.submit(committer.submit, "first")
        assert entered.wait(10)
        second = pool.submit(committer.submit, "second")
        while committer.waiting < 1:
            threading.Event().wait(0.001)
        action = pool.submit(committer.between, lambda: order.append("action"))
        while committer.waiting:
            threading.Event().wait(0.001)
        third = pool.submit(committer.submit, "third")
        while committer.waiting < 1:
            threading.Event().wait(0.001)
        go_on.set()
        for each in (second, action, third):
            each.result(10)
    assert order == ["first", "second", "action", "third"]


class Slow:
    """Commits numbers as the sum they are prepared to, holding each commit until told."""

    def __init__(self) -> None:
        self.prepared: list[tuple[int, int | None]] = []
        self.abandoned = 0
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.fails = False

    def prepare(self, requests: list[int], pending: int | None) -> int:
        self.prepared.append((sum(requests), pending))
        return sum(requests)

    def commit(self, prepared: int) -> list[int]:
        self.entered.release()
        assert self.go_on.acquire(timeout=10)
        if self.fails:
            self.fails = False
            raise Unavailable("the disk is full.")
        return [prepared]

    def abandon(self) -> None:
        self.abandoned += 1

    def committer(self) -> GroupCommit[int, int, int]:
        return GroupCommit(
            self.prepare, self.commit, abandoned=self.abandon, large=lambda number: number >= 100
        )

    def wait_for_prepared(self, count: int) -> None:
        while len(self.prepared) < count:
            threading.Event().wait(0.001)


def test_a_large_group_is_prepared_while_the_one_ahead_is_committed() -> None:
    slow = Slow()
    with slow.committer() as committer, ThreadPoolExecutor(4) as pool:
        first = pool.submit(committer.submit, 100)
        assert slow.entered.acquire(timeout=10)
        second = pool.submit(committer.submit, 200)
        slow.wait_for_prepared(2)
        assert slow.prepared == [(100, None), (200, 100)]
        assert not second.done()
        assert not slow.entered.acquire(timeout=0.05), "commits never overlap"
        slow.go_on.release(2)
        assert (first.result(10), second.result(10)) == (100, 200)
    assert slow.abandoned == 0


def test_what_was_prepared_on_the_strength_of_a_failed_group_is_refused_too() -> None:
    slow = Slow()
    with slow.committer() as committer, ThreadPoolExecutor(4) as pool:
        slow.fails = True
        first = pool.submit(committer.submit, 100)
        assert slow.entered.acquire(timeout=10)
        second = pool.submit(committer.submit, 200)
        slow.wait_for_prepared(2)
        slow.go_on.release(2)
        for refused in (first, second):
            with pytest.raises(Unavailable, match="the disk is full"):
                refused.result(10)
        assert slow.abandoned == 2
        assert committer.submit(300) == 300
    assert slow.prepared == [(100, None), (200, 100), (300, None)]


def test_who_is_alone_commits_in_their_own_thread() -> None:
    threads: list[int] = []

    def commit(requests: list[int]) -> list[int]:
        threads.append(threading.get_ident())
        return requests

    with GroupCommit(as_it_is, commit) as committer:
        committer.submit(1)
    assert threads == [threading.get_ident()]


@contextmanager
def interrupted() -> Iterator[None]:
    """Ctrl-C for this thread a moment after it began to wait."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGALRM, before)


WAITS: tuple[Callable[[GroupCommit[int, int, int]], object], ...] = (
    lambda committer: committer.between(lambda: "never"),
    lambda committer: committer.submit(1),
    lambda committer: committer.submit(400),
)


@pytest.mark.parametrize("next_one", [2, 200], ids=["small", "large"])
@pytest.mark.parametrize("wait", WAITS, ids=["an action", "a group", "a group already prepared"])
def test_who_comes_after_an_interrupted_wait_stands_behind_what_it_waited_for(
    wait: Callable[[GroupCommit[int, int, int]], object], next_one: int
) -> None:
    slow = Slow()
    with slow.committer() as committer, ThreadPoolExecutor(4) as pool:
        first = pool.submit(committer.submit, 100)
        assert slow.entered.acquire(timeout=10)
        with interrupted():
            wait(committer)
        prepared = len(slow.prepared)
        behind = pool.submit(committer.submit, next_one)
        action = pool.submit(committer.between, lambda: first.done())
        assert not slow.entered.acquire(timeout=0.1), "commits never overlap"
        assert len(slow.prepared) == prepared, "nothing is prepared on a state about to change"
        slow.go_on.release(2)
        assert (first.result(10), behind.result(10)) == (100, next_one)
        assert action.result(10)
    assert slow.prepared[-1] == (next_one, None)
