"""How much one subject may still ask: a bucket that refills evenly, one number a subject.

Kept is the moment at which the subject's bucket is full again; each request moves it on by one
share of a minute. More than a minute ahead means too many (the generic cell rate algorithm).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from threading import Lock

MINUTE = 60.0
SUBJECTS = 10_000
"""Subjects remembered before those with full buckets are forgotten."""


class Allowance:
    """So many requests a minute for each subject, in a burst or evenly."""

    def __init__(self, per_minute: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._share = MINUTE / per_minute
        self._now = now
        self._full_at: dict[str, float] = {}
        self._lock = Lock()

    def take(self, subject: str) -> int:
        """Take one. Returns 0, or the seconds to wait when there is none; then nothing is taken."""
        now = self._now()
        with self._lock:
            full_at = max(self._full_at.get(subject, now), now) + self._share
            if full_at - now > MINUTE + self._share / 2:
                return ceil(full_at - now - MINUTE) or 1
            if len(self._full_at) >= SUBJECTS:
                self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            self._full_at[subject] = full_at
        return 0
