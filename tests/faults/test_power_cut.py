"""Cut the power of a home under load: METERBOOK_CUTS says how often (12), METERBOOK_SEED repeats.

Two file systems, because they lose different things; and the same with calls left out that make
data or names durable, because a method that finds no fault must be able to find one.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.power_cut_image import MAKE, cannot_cut

CUTS = int(os.environ.get("METERBOOK_CUTS", "12"))
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
ENOUGH_TO_FIND = 150
pytestmark = [pytest.mark.faults, pytest.mark.timeout(180 + 5 * max(CUTS, ENOUGH_TO_FIND))]


def power_cut(file_system: str, *words: str) -> subprocess.CompletedProcess[str]:
    if why := cannot_cut(file_system):
        pytest.skip(f"power cannot be cut here: {why}")
    command = [sys.executable, "-m", "tests.faults.power_cut", file_system, "--seed", SEED, *words]
    root = Path(__file__).parents[2]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("file_system", sorted(MAKE))
def test_a_power_cut_breaks_no_promise(file_system: str) -> None:
    done = power_cut(file_system, "--cuts", str(CUTS))

    assert done.returncode == 0, done.stdout + done.stderr
    tally = json.loads(done.stdout)
    assert tally["cuts"] >= CUTS
    assert tally["readings"] > 0


@pytest.mark.parametrize(
    ("left_out", "work"), [("fdatasync", "all"), ("fsync", "all"), ("folders", "files")]
)
@pytest.mark.parametrize("file_system", sorted(MAKE))
def test_what_is_not_made_durable_is_found_lost(file_system: str, left_out: str, work: str) -> None:
    cuts = str(ENOUGH_TO_FIND)

    done = power_cut(file_system, "--cuts", cuts, "--without", left_out, "--work", work)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"cuts; again: python -m tests.faults.power_cut {file_system}" in done.stdout, (
        "the failure tells how to repeat it"
    )
