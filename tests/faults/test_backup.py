"""Backups and restores that are killed, refused by the disk, cut from power or out of room.

METERBOOK_BACKUP_CALLS says how many system calls fail (10; 0 means every one),
METERBOOK_BACKUP_CUTS how often power is cut on each file system (3).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from data_layer.storage.write_ahead_log import RESERVE_BYTES
from tests.faults.power_cut_image import cannot_cut
from tests.faults.system_calls_tracer import cannot_trace

POINTS = os.environ.get("METERBOOK_BACKUP_CALLS", "10")
CUTS = os.environ.get("METERBOOK_BACKUP_CUTS", "3")
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
MANY_CUTS = 12
"""From here on a disk in a file is filled too: half a minute, for what memory shows as well."""
PROJECT = Path(__file__).parents[2]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 if POINTS != "0" else 7200)]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=PROJECT, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(cannot_trace() != "", reason=cannot_trace())
def test_a_backup_is_whole_or_none_and_a_restored_home_the_same_or_closed() -> None:
    done = run("-m", "tests.faults.backup_calls", "--points", POINTS, "--seed", SEED)

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["met"] > 0


@pytest.mark.parametrize("disk", ["tmpfs"] if int(CUTS) < MANY_CUTS else ["tmpfs", "ext4"])
def test_a_disk_without_room_leaves_no_backup_and_takes_one_when_it_has(disk: str) -> None:
    if why := cannot_cut("ext4"):
        pytest.skip(f"no disk can be filled here: {why}")
    done = run("-m", "tests.faults.backup_disk", disk)

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["refused"] > 0
    assert told["made"] > 0


def test_tables_larger_than_the_room_take_nothing_of_the_reserve_that_readings_need() -> None:
    if why := cannot_cut("ext4"):
        pytest.skip(f"no disk can be filled here: {why}")
    done = run("-m", "tests.faults.backup_disk", "reserve")

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["left"] >= RESERVE_BYTES


@pytest.mark.parametrize("file_system", ["ext4", "xfs"])
def test_a_power_cut_leaves_a_whole_backup_or_none(file_system: str) -> None:
    if why := cannot_cut(file_system):
        pytest.skip(f"power cannot be cut here: {why}")
    done = run(
        "-m", "tests.faults.backup_disk", f"{file_system}-cut", "--cuts", CUTS, "--seed", SEED
    )

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["cuts"] > 0


def test_a_backup_that_is_not_synced_is_found() -> None:
    if why := cannot_cut("ext4"):
        pytest.skip(f"power cannot be cut here: {why}")
    done = run("-m", "tests.faults.backup_disk", "ext4-cut", "--without", "fsync")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "is no backup" in done.stdout or "lost" in done.stdout
