"""A file is all old or all new, and an unfinished one is never taken for a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.errors import Unavailable
from data_layer.storage.durable_files import sync_folder, write_atomically


def test_a_file_is_replaced_as_a_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old and long")
    write_atomically(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_reader_of_the_old_file_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"


def test_a_full_disk_leaves_the_old_file(small_disk: Path) -> None:
    path = small_disk / "file"
    write_atomically(path, b"old")
    with pytest.raises(Unavailable, match="file could not be written: No space left"):
        write_atomically(path, bytes(1 << 20))
    assert path.read_bytes() == b"old"
    assert [each.name for each in small_disk.iterdir()] == ["file"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        write_atomically(tmp_path / "nowhere" / "file", b"")


def test_recovery_drops_unfinished_files_only(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / "a.csv.tmp").write_bytes(b"half")
    (tmp_path / "folder").mkdir()
    sync_folder(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "folder"]
