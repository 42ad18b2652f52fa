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
from itertools import count
from pathlib import Path

import pytest

from data_layer.book import Book
from data_layer.readings.model import ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage.log_names import sealed_logs
from tests.faults import power_cut_check
from tests.faults.power_cut_image import MAKE, cannot_cut
from tests.faults.power_cut_life import MAY_SUBMIT, NOW, create
from tests.faults.power_cut_truth import Truth, reading_of

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


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_what_an_end_of_day_moves_meanwhile_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The log is sealed and merged just after it was looked for where it no longer is."""
    create(tmp_path)
    with Book.open(tmp_path, clock=lambda: NOW, scheduled=False) as book:
        batch = ReadingBatch.from_readings([reading_of(0, slot) for slot in range(60)])
        submit(book.readings, MAY_SUBMIT, batch, rules=UPLOAD_PAGE)
        looks = count(1)

        def looked(folder: Path) -> list[tuple[int, Path]]:
            found = sealed_logs(folder)
            if next(looks) == moment:
                book.readings.store.seal()
            return found

        monkeypatch.setattr(power_cut_check, "sealed_logs", looked)
        truth = Truth(asked={f"reading 0 {slot} 0" for slot in range(60)})
        assert power_cut_check.check(book, truth).wrong == []
