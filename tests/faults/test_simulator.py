"""The storage code survives every crash of a fixed few lives; `make faults` leads many more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.faults.disk_model import ROOT, Data, Disk, Name, Sync

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.faults


@pytest.mark.timeout(900)
def test_short_form_survives_everything() -> None:
    run = [sys.executable, "-m", "tests.faults.simulate", "--short"]
    done = subprocess.run(run, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def created(disk: Disk, name: str, file: int) -> None:
    disk.apply(Name(file, None, (ROOT, name)))


def chances(disk: Disk, *, holes: bool = False) -> list[dict[str, bytes | None]]:
    return [disk.survived(Random(n), holes=holes) for n in range(300)]


def test_synced_file_survives_under_a_synced_name_only() -> None:
    disk = Disk()
    created(disk, "a", 1)
    disk.apply(Data(1, 0, b"whole"))
    disk.apply(Sync(1))
    assert disk.safe() == {}
    assert {} in chances(disk)
    disk.apply(Sync(ROOT))
    assert all(found == {"a": b"whole"} for found in chances(disk))


def test_what_is_not_synced_is_found_torn_at_any_byte() -> None:
    disk = Disk.of({"a": b"old"})
    disk.apply(Data(1, 3, b"new"))
    found = {image["a"] for image in chances(disk)}
    assert found == {b"old", b"oldn", b"oldne", b"oldnew"}


def test_size_without_bytes_is_found_with_holes_only() -> None:
    disk = Disk.of({"a": b""})
    disk.apply(Data(1, 0, b"x" * 600))
    zeros = [b"\0" in (image["a"] or b"") for image in chances(disk, holes=True)]
    assert any(zeros)
    assert not any(b"\0" in (image["a"] or b"") for image in chances(disk))


def test_replacement_is_old_or_new_and_changes_of_one_name_keep_their_order() -> None:
    disk = Disk.of({"log": b"1"})
    created(disk, "log.tmp", 2)
    disk.apply(Data(2, 0, b"2"))
    disk.apply(Sync(2))
    disk.apply(Name(1, (ROOT, "log"), (ROOT, "sealed")))
    disk.apply(Name(2, (ROOT, "log.tmp"), (ROOT, "log")))
    for image in chances(disk):
        assert b"1" in image.values()
        if image.get("log") == b"2":
            assert image["sealed"] == b"1"


def test_what_a_failed_sync_dropped_is_never_safe_again() -> None:
    disk = Disk.of({"a": b""})
    disk.apply(Data(1, 0, b"x"))
    disk.apply(Sync(1, failed=True))
    disk.apply(Sync(1))
    assert disk.everything() == {"a": b"x"}
    assert {"a": b""} in chances(disk)
