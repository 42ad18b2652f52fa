"""Staged uploads: complete or not there, under our own id, and gone after a while."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_layer.errors import NotFound, Unavailable
from data_layer.journeys.upload_staging import KEPT, UploadStaging, UploadTooLarge, file_chunks

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.fixture
def staging(tmp_path: Path) -> UploadStaging:
    return UploadStaging(tmp_path / "staged", lambda: NOW, maximum_bytes=1000)


def test_a_staged_file_is_found_again_as_it_came(staging: UploadStaging) -> None:
    staged = staging.stage("readings.csv", [b"meter_id,", b"timestamp,reading\n"])

    found = staging.find(staged.id)

    assert found == staged
    assert found.path.read_bytes() == b"meter_id,timestamp,reading\n"
    assert found.name == "readings.csv"
    assert found.bytes == 27
    assert found.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\may.csv", "may.csv"),
        ("a\x00b\nc.csv", "abc.csv"),
        ("", "unnamed"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_file_name_is_only_text_to_show(staging: UploadStaging, name: str, shown: str) -> None:
    staged = staging.stage(name, [b"1"])

    assert staged.name == shown
    assert staged.path.name == f"{staged.id}.data"


def test_a_file_over_the_limit_leaves_nothing_behind(staging: UploadStaging) -> None:
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield b"x" * 400

    with pytest.raises(UploadTooLarge, match="larger than 1,000 bytes"):
        staging.stage("big.csv", endless())

    assert len(taken) == 3
    assert list((staging._folder).iterdir()) == []


def test_a_broken_upload_leaves_nothing_behind(staging: UploadStaging) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        staging.stage("readings.csv", breaks_off())

    assert list((staging._folder).iterdir()) == []


@pytest.mark.parametrize("staged_id", ["", "../manifest", "0" * 32, "A" * 32])
def test_an_unknown_or_strange_id_is_not_found(staging: UploadStaging, staged_id: str) -> None:
    with pytest.raises(NotFound):
        staging.find(staged_id)


def test_discarding_takes_the_list_of_refused_rows_along(staging: UploadStaging) -> None:
    kept = staging.stage("kept.csv", [b"1"])
    staged = staging.stage("gone.csv", [b"1"])
    staged.rejected_path.write_text("line,verdict,reason\n")

    staging.discard(staged.id)
    staging.discard(staged.id)

    assert not staged.rejected_path.exists()
    with pytest.raises(NotFound):
        staging.find(staged.id)
    assert staging.find(kept.id) == kept


def test_a_sweep_removes_old_and_never_completed_files(staging: UploadStaging) -> None:
    fresh = staging.stage("fresh.csv", [b"1"])
    old = staging.stage("old.csv", [b"1"])
    for path in staging._folder.glob(f"{old.id}.*"):
        _age(path, KEPT + timedelta(hours=1))
    torn = staging._folder / f"{'0' * 32}.data"
    torn.write_bytes(b"half")
    _age(torn, timedelta(days=2))
    _age(fresh.path, timedelta(days=2))
    note = staging._folder / f"{fresh.id}.json"
    _age(note, timedelta(days=2))

    assert staging.sweep() == 3

    assert staging.find(fresh.id) == fresh
    assert not torn.exists()
    with pytest.raises(NotFound):
        staging.find(old.id)


def test_a_local_file_comes_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcdefg")

    assert list(file_chunks(path, size=3)) == [b"abc", b"def", b"g"]


def _age(path: Path, age: timedelta) -> None:
    stamp = (NOW - age).timestamp()
    os.utime(path, (stamp, stamp))


def test_a_file_never_takes_the_space_that_readings_need(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    staging = UploadStaging(tmp_path / "staged", lambda: NOW, reserve_bytes=2 * free)

    with pytest.raises(Unavailable, match="kept in reserve"):
        staging.stage("file.csv", [b"bytes"])

    assert list((tmp_path / "staged").iterdir()) == []
