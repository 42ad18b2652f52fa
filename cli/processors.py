"""Which processors threads run on."""

from __future__ import annotations

import os
import random
from contextlib import suppress


def one_processor() -> int | None:
    """Any of those this process may have, so that two servers beside each other need not take the
    same; None where the system does not let threads choose."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return random.choice(sorted(os.sched_getaffinity(0)))  # noqa: S311 - no secret


def stay_on(processor: int | None) -> None:
    """Keep the calling thread, and what threads it starts, on a processor while there is that."""
    if processor is not None:
        with suppress(OSError):
            os.sched_setaffinity(0, {processor})
