"""What a batch used does not stay with the process."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from data_layer.readings.freed_memory import give_back

MB = 1 << 20


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_freed_memory_is_given_back() -> None:
    give_back()
    before = resident()
    held = [np.ones(50_000, dtype=np.uint8) for _ in range(2_000)]
    kept = held[-1]
    del held
    give_back()
    assert resident() < before + 20 * MB
    assert kept[0] == 1
