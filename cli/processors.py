"""Which processors threads run on."""

from __future__ import annotations

import os
from contextlib import suppress


def one_processor() -> int | None:
    """One of those this process may have, seldom that of another server beside it; None where
    the system does not let threads choose."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[os.getpid() % len(allowed)]


def stay_on(processor: int | None) -> None:
    """Keep the calling thread, and what threads it starts, on a processor while there is that."""
    if processor is not None:
        with suppress(OSError):
            os.sched_setaffinity(0, {processor})
