"""How time is taken: the same way for Meterbook and for every peer.

A question is asked with many different arguments, a round of ours and a round of the peer's in
turn, and the best round of each counts: noise only ever adds. The first call is never counted.
Work that is done once a run (a rebuild, a load) is repeated and the best counts too; durable
writes are told by their median, because a disk's best is a cache's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

ROUNDS = 5
SECONDS_A_ROUND = 0.2


@dataclass(frozen=True, slots=True)
class Asked:
    """A call with its arguments ready, as a prepared statement has them."""

    call: Callable[..., object]
    arguments: Sequence[tuple[Any, ...]]


def side_by_side(
    one: Sequence[Asked],
    other: Sequence[Asked],
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS_A_ROUND,
) -> tuple[float, float]:
    """Seconds of one call on either side, rounds taken in turn: whatever else the machine does
    falls on both."""
    found: tuple[list[float], list[float]] = ([], [])
    for asked in (*one, *other):
        asked.call(*asked.arguments[0])
    for _ in range(rounds):
        begun = perf_counter()
        for side, times in zip((one, other), found, strict=True):
            times.append(sum(_round(each, seconds / len(side)) for each in side) / len(side))
        if perf_counter() - begun > 6 * seconds:
            break
    return min(found[0]), min(found[1])


def seconds_a_call(asked: Sequence[Asked], *, rounds: int = ROUNDS) -> float:
    """Of one side alone."""
    return side_by_side(asked, asked[:1], rounds=rounds, seconds=SECONDS_A_ROUND / 2)[0]


def _round(asked: Asked, seconds: float) -> float:
    call, arguments = asked.call, asked.arguments
    begun, calls = perf_counter(), 0
    while True:
        for some in arguments:
            call(*some)
            calls += 1
            # Looking at the clock is as dear as a quick answer: look rarely.
            if calls & 63 == 0 and perf_counter() - begun > seconds:
                return (perf_counter() - begun) / calls
        if perf_counter() - begun > seconds:
            return (perf_counter() - begun) / calls


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds the quickest of some repeats took."""
    return min(once(work) for _ in range(times))


def once(work: Callable[..., object], *arguments: object) -> float:
    """Seconds of one call."""
    begun = perf_counter()
    work(*arguments)
    return perf_counter() - begun
