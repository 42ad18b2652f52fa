"""Make threads take turns, so that what they do together can be repeated."""

from __future__ import annotations

import sys
import time
from threading import Thread

PAUSE_SECONDS = 0.0003
STEADY = 4
LONGEST_SECONDS = 5.0


def wait_until_blocked(thread: Thread) -> None:
    """Until the thread ended or waits for something: it stands at one instruction for a while."""
    until, before, steady = time.monotonic() + LONGEST_SECONDS, None, 0
    while thread.is_alive() and steady < STEADY and time.monotonic() < until:
        time.sleep(PAUSE_SECONDS)
        frame = None if thread.ident is None else sys._current_frames().get(thread.ident)
        now = None if frame is None else (id(frame), frame.f_lasti)
        steady = steady + 1 if now is not None and now == before else 0
        before = now
