"""What serves stays on one processor; what works beside it has all of them."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from cli.serving import THREADS
from tests.integration.test_application_logs import app_server

PATIENCE = 20.0


def threads_on(process: int) -> Counter[frozenset[int]]:
    """How many threads of a process may run on which processors."""
    found: Counter[frozenset[int]] = Counter()
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended since
            found[frozenset(os.sched_getaffinity(int(task.name)))] += 1
    return found


@pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="this machine lets us have one processor only"
)
def test_threads_that_serve_share_a_processor_and_jobs_have_all(tmp_path: Path) -> None:
    every = frozenset(os.sched_getaffinity(0))
    with app_server(tmp_path / "home") as server:
        deadline = time.monotonic() + PATIENCE
        # The first thread joins the others last of all, after it has said where it serves.
        while (found := threads_on(server.pid)).total() - found[every] <= THREADS:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    one = [processors for processors in found if len(processors) == 1]
    assert len(one) == 1
    assert found[one[0]] == THREADS + 1
    assert found[every] >= 2  # of the two lanes of jobs
    assert set(found) == {every, one[0]}
