"""Let system calls of a day fail: METERBOOK_SYSTEM_CALLS says how many (30; 0 means every one)."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.system_calls_tracer import cannot_trace

POINTS = os.environ.get("METERBOOK_SYSTEM_CALLS", "30")
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
SWALLOWING = """
import os, sys
fdatasync = os.fdatasync
def swallowing(descriptor):
    try:
        fdatasync(descriptor)
    except OSError:
        pass
os.fdatasync = swallowing
from tests.faults.system_calls import main
sys.exit(main(sys.argv[1:]))
"""
pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(900 if POINTS != "0" else 3600),
    pytest.mark.skipif(cannot_trace() != "", reason=cannot_trace()),
]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_failing_call_breaks_a_promise_or_goes_untold() -> None:
    done = run("-m", "tests.faults.system_calls", "--points", POINTS, "--seed", SEED)

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["met"] > 0


def test_a_failed_sync_that_is_swallowed_is_found() -> None:
    done = run("-c", SWALLOWING, "--only", "fdatasync.3.EIO")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "nobody was told" in done.stdout
