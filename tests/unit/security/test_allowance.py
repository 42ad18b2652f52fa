"""A subject's allowance: a whole minute's share at once, then evenly."""

from __future__ import annotations

import pytest

from security import allowance
from security.allowance import Allowance


class Hand:
    """A clock the test moves."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_minutes_share_may_be_taken_at_once_and_then_comes_back_evenly() -> None:
    now = Hand()
    taking = Allowance(60, now=now)

    assert [taking.take("a") for _ in range(60)] == [0] * 60
    assert taking.take("a") == 1
    assert taking.take("b") == 0
    now.at += 1
    assert (taking.take("a"), taking.take("a")) == (0, 1)
    now.at += 3600
    assert [taking.take("a") for _ in range(60)] == [0] * 60
    assert taking.take("a") == 1


def test_the_wait_is_long_enough_and_refusals_do_not_lengthen_it() -> None:
    now = Hand()
    taking = Allowance(2, now=now)
    assert (taking.take("a"), taking.take("a")) == (0, 0)

    waits = [taking.take("a") for _ in range(5)]
    assert waits == [30] * 5
    now.at += waits[0]
    assert taking.take("a") == 0


def test_subjects_whose_share_is_whole_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "SUBJECTS", 10)
    now = Hand()
    taking = Allowance(60, now=now)
    for n in range(100):
        taking.take(str(n))
        now.at += 1

    assert len(taking._full_at) <= 10
