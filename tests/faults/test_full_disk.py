"""A disk that is really full: everything is refused with 503 or done, and goes on with room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.power_cut_image import cannot_cut

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("disk", "left"),
    [
        ("tmpfs", ("0", "32", "64")),
        ("ext4", ("0", "48", "96")),
        ("xfs", ("0", "64")),
        ("reserve", ()),
    ],
)
def test_a_full_disk_loses_nothing(disk: str, left: tuple[str, ...]) -> None:
    if why := cannot_cut("xfs" if disk == "xfs" else "ext4"):
        pytest.skip(f"no disk can be filled here: {why}")
    words = ["--kilobytes", *left] if left else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.full_disk", disk, *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 steps refused" not in done.stdout, "the disk was not full"
