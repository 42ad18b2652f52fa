"""Tries are counted by the minute and by subject."""

from __future__ import annotations

from security.rate_limits import Tries


def test_after_the_last_try_of_a_minute_there_is_none_until_it_has_ended() -> None:
    now = 130.0
    tries = Tries(2, now=lambda: now)

    assert [tries.take("a") for _ in range(4)] == [True, True, False, False]
    assert tries.take("b")
    now = 189.9
    assert not tries.take("a")
    now = 190.0
    assert tries.take("a")
