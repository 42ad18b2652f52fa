"""Give memory back after large work: the C library keeps what was freed unless it is told."""

from __future__ import annotations

import ctypes


def give_back_memory() -> None:
    """Return freed memory to the system. Does nothing where the C library has no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
