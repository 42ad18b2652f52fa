"""So many backups are kept: the oldest whole ones of this home go, and nothing else ever does."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from data_layer.accounts.audit import AuditTrail, Detail, Entry
from data_layer.book import Book
from data_layer.jobs.model import Job, JobState
from data_layer.journeys import prune_backups
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.prune_backups import REMOVED
from data_layer.storage.backup_folder import remove_backup
from tests.integration.backup.home import NOW, furnish, worked
from tests.integration.operator_commands import answered, flask


def made(home: Path, place: Path | None, *, day: int, kept: int = 0, keep: int = 0) -> Job:
    """A backup on a day of its own; without a place in the usual folder, where `kept` counts."""
    params: dict[str, object] = {} if place is None else {"to": str(place)}
    if keep:
        params["keep"] = keep
    with Book.open(
        home, clock=lambda: NOW + timedelta(days=day), scheduled=False, backups_kept=kept
    ) as book:
        job = worked(book, BACK_UP, **params)
    assert job.state is JobState.DONE, job.error
    return job


def acts(home: Path) -> list[str]:
    """What the audit tells, the latest first, as another process sees it."""
    with Book.open(home, writable=False) as book:
        return [line.action for line in book.audit.recent()]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_oldest_go_once_the_new_one_is_there(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    for day in range(3):
        made(home, disk / f"z{9 - day}", day=day)  # their names say nothing of their age
    job = made(home, disk / "new", day=3, keep=2)

    assert names(disk) == {"z7", "new"}
    assert job.result["removed"] == [str(disk / "z8"), str(disk / "z9")]
    assert job.result["warnings"] == []
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        told = [line.subject for line in book.audit.recent() if line.action == REMOVED]
    assert told == [str(disk / "z9"), str(disk / "z8")]
    answered("verify", str(disk / "z7"))


def test_all_are_kept_unless_one_is_told(home: Path) -> None:
    for day in range(3):
        made(home, None, day=day)
    assert len(names(home / "backups")) == 3
    made(home, None, day=3, kept=2)
    assert len(names(home / "backups")) == 2
    made(home, home / "backups" / "named", day=4, kept=2)
    assert len(names(home / "backups")) == 3


def test_nothing_else_in_the_folder_is_touched(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with Book.open(tmp_path / "other", clock=lambda: NOW, scheduled=False) as other:
        furnish(other)
        worked(other, BACK_UP, to=str(disk / "anothers"))
    for day, name in enumerate(("old", "moved", "swapped")):
        made(home, disk / name, day=day)
    (disk / "moved").rename(disk / "moved-away")
    shutil.rmtree(disk / "swapped")
    shutil.copytree(disk / "old", disk / "swapped")  # another state than was made there
    shutil.copytree(disk / "old", tmp_path / "linked")
    shutil.rmtree(disk / "old")
    (disk / "old").symlink_to(tmp_path / "linked")
    (disk / "x.job1.unfinished").mkdir()
    (disk / "letters").mkdir()
    (disk / "letters" / "mine.txt").write_text("mine")
    (disk / "notes.txt").write_text("mine")
    before = names(disk)

    job = made(home, disk / "new", day=5, keep=1)

    assert names(disk) == before | {"new"}
    assert job.result["removed"] == []


def test_those_of_before_a_restore_stay(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    made(home, disk / "a", day=0)
    made(home, disk / "b", day=1)
    shutil.rmtree(home)
    answered("restore", str(disk / "b"))  # into the same path, with an audit that knows of a

    made(home, disk / "new", day=2, keep=1)
    assert names(disk) == {"a", "b", "new"}
    made(home, disk / "newer", day=3, keep=1)
    assert names(disk) == {"a", "b", "newer"}


def test_one_that_does_not_hold_counts_for_nothing_and_stays(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    for day, name in enumerate(("first", "whole", "rotten")):
        made(home, disk / name, day=day)
    users = disk / "rotten" / "users.csv"
    users.write_bytes(users.read_bytes().replace(b"Tan", b"Ten"))

    job = made(home, disk / "new", day=4, keep=2)

    assert names(disk) == {"new", "whole", "rotten"}
    assert job.result["removed"] == [str(disk / "first")]
    assert "users.csv does not carry its checksum" in str(job.result["warnings"])


def test_a_removal_that_is_cut_leaves_nothing_that_looks_whole(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    made(home, disk / "old", day=0)
    rmtree = shutil.rmtree

    def cut(path: Path, *, ignore_errors: bool = False) -> None:
        if not str(path).endswith(".removed.unfinished"):
            return rmtree(path, ignore_errors=ignore_errors)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "rmtree", cut)
    job = made(home, disk / "new", day=1, keep=1)

    assert names(disk) == {"new", "old.removed.unfinished"}
    assert "could not be removed" in str(job.result["warnings"])
    assert acts(home)[:2] == ["backup removal failed", REMOVED]


def test_a_removal_whose_process_dies_is_in_the_audit(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    made(home, disk / "old", day=0)
    seen: list[str] = []

    def looked_at(place: Path) -> None:
        seen.extend(acts(home))  # what is on disk at the last moment before it goes
        remove_backup(place)

    monkeypatch.setattr(prune_backups, "remove_backup", looked_at)
    made(home, disk / "new", day=1, keep=1)

    assert names(disk) == {"new"}
    assert seen[0] == REMOVED


def test_what_the_audit_does_not_take_is_not_removed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    made(home, disk / "old", day=0)
    record = AuditTrail.record

    def refused(trail: AuditTrail, actor: str, act: str, *words: str, **details: Detail) -> Entry:
        if act != REMOVED:
            return record(trail, actor, act, *words, **details)
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(AuditTrail, "record", refused)
    job = made(home, disk / "new", day=1, keep=1)

    assert names(disk) == {"new", "old"}
    assert job.result["removed"] == []
    assert "the database refused: disk I/O error" in str(job.result["warnings"])


def test_a_path_longer_than_the_audit_keeps_is_no_hindrance(home: Path, tmp_path: Path) -> None:
    disk = tmp_path / ("d" * 200) / ("e" * 200)
    made(home, disk / "old", day=0)
    job = made(home, disk / "new", day=1, keep=1)

    assert names(disk) == {"new"}
    assert job.result["removed"] == [str(disk / "old")]


def test_the_command_says_what_it_removed(home: Path, tmp_path: Path) -> None:
    answered("backup", str(tmp_path / "disk" / "one"))
    told = answered("backup", "--keep", "1", str(tmp_path / "disk" / "two"))
    assert told["removed"] == [str(tmp_path / "disk" / "one")]
    assert f"removed: {tmp_path / 'disk' / 'two'}" in (
        flask("backup", "--keep", "1", str(tmp_path / "disk" / "three")).stdout
    )
    assert flask("backup", "--keep", "0", str(tmp_path / "x")).exit_code == 2
