"""A backup is whole or refused: every byte of it, every file of it, and the list that says so."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_layer.errors import Conflict, Corrupt, NotFound
from data_layer.storage.backup_folder import ABOUT, LIST, Backup, begin_backup, is_free

DAY = "daily/2026-11-20.csv"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    log = tmp_path / "log.txt"
    log.write_bytes(b"durable\nnot yet")
    place = tmp_path / "backups" / "one"
    with begin_backup(place, mark="job1") as backup:
        backup.add("users.csv", [b"meter_id\n", b"m-1\n"])
        backup.add(DAY, [b"a day\n"])
        backup.copy("logs/log.txt", log, length=8)
        backup.finish({"format": 1})
    return place


def checked(folder: Path) -> Backup:
    backup = Backup.open(folder)
    backup.check(lambda _what, _done, _of: None)
    return backup


def test_what_was_written_is_read_again(made: Path) -> None:
    backup = checked(made)

    assert b"".join(backup.chunks("logs/log.txt")) == b"durable\n"
    assert backup.about == {"format": 1, "files": 3}
    assert backup.names("daily") == [DAY]
    assert [path.name for path in made.parent.iterdir()] == ["one"]


def test_only_its_owner_may_look_at_a_backup(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    files = [path for path in made.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_the_list_can_be_checked_without_us(made: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", LIST]
    assert subprocess.run(command, cwd=made, check=False).returncode == 0


@pytest.mark.parametrize("name", [DAY, "users.csv", ABOUT, LIST])
def test_every_byte_counts(made: Path, name: str) -> None:
    whole = (made / name).read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        (made / name).write_bytes(flipped)
        with pytest.raises(Corrupt):
            checked(made)
    (made / name).write_bytes(whole)
    checked(made)


@pytest.mark.parametrize("name", [DAY, "users.csv", ABOUT, LIST])
def test_a_file_that_was_cut_is_noticed(made: Path, name: str) -> None:
    whole = (made / name).read_bytes()
    for length in range(len(whole)):
        (made / name).write_bytes(whole[:length])
        with pytest.raises(Corrupt):
            checked(made)


@pytest.mark.parametrize("name", [DAY, "users.csv", ABOUT])
def test_a_missing_file_is_named(made: Path, name: str) -> None:
    (made / name).unlink()

    with pytest.raises(Corrupt, match=f"{name} is missing"):
        Backup.open(made)


def test_a_file_that_went_with_its_line_is_noticed(made: Path) -> None:
    (made / DAY).unlink()
    lines = (made / LIST).read_text().splitlines(keepends=True)
    (made / LIST).write_text("".join(line for line in lines if DAY not in line))

    with pytest.raises(Corrupt, match="names 2 files where 3 were written"):
        Backup.open(made)


def test_a_file_that_nobody_wrote_is_noticed(made: Path) -> None:
    (made / "daily" / "2026-11-21.csv").write_bytes(b"another day\n")

    with pytest.raises(Corrupt, match="is not in SHA256SUMS"):
        Backup.open(made)


def test_a_list_cannot_name_what_lies_elsewhere(made: Path) -> None:
    line = f"{'0' * 64}  ../users.csv\n"
    (made / LIST).write_text((made / LIST).read_text() + line)

    with pytest.raises(Corrupt, match="line 5 is not a checksum and a name"):
        Backup.open(made)


def test_without_its_list_it_is_no_backup(made: Path) -> None:
    (made / LIST).unlink()

    with pytest.raises(NotFound, match="was cut short"):
        Backup.open(made)


def test_nothing_stays_of_a_backup_that_failed(tmp_path: Path) -> None:
    place = tmp_path / "one"

    def chunks() -> Iterator[bytes]:
        yield b"a day\n"
        raise RuntimeError

    with pytest.raises(RuntimeError), begin_backup(place, mark="job1") as backup:
        backup.add(DAY, chunks())

    assert not list(tmp_path.iterdir())


def test_what_a_killed_attempt_left_is_no_backup_and_goes_with_the_next(tmp_path: Path) -> None:
    place = tmp_path / "one"
    with begin_backup(place, mark="job1") as backup:
        backup.add(DAY, [b"a day\n"])
        left = backup.folder
        shutil.copytree(left, tmp_path / "kept")
    (tmp_path / "kept").rename(left)
    with pytest.raises(NotFound, match="was cut short"):
        Backup.open(left)

    with begin_backup(place, mark="job1") as backup:
        backup.finish({"format": 1})

    assert checked(place).about["files"] == 0
    assert not left.exists()


def test_no_backup_replaces_another(made: Path) -> None:
    with pytest.raises(Conflict, match="is there already"), begin_backup(made, mark="job2"):
        raise AssertionError("it must not begin")
    checked(made)


def test_a_log_that_lost_its_end_is_no_log_to_copy(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"short")

    with (
        pytest.raises(Corrupt, match="3 bytes are missing"),
        begin_backup(tmp_path / "one", mark="job1") as backup,
    ):
        backup.copy("logs/log.txt", log, length=8)


def test_a_new_disk_is_free_and_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "disk" / "lost+found").mkdir(parents=True)
    (tmp_path / "full" / "x").mkdir(parents=True)
    (tmp_path / "file").touch()

    assert is_free(tmp_path / "disk")
    assert is_free(tmp_path / "nowhere")
    assert not is_free(tmp_path / "full")
    assert not is_free(tmp_path / "file")
