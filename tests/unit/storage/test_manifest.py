"""The manifest says what the day files are, and readers notice when it moves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data_layer.errors import Corrupt
from data_layer.storage.day_files import DayFiles, entry_of
from data_layer.storage.manifest import DayEntry, Manifest

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
ENTRY = entry_of(b"a,b\n1,2\n", rows=1)


def test_a_home_without_a_manifest_has_no_day_files(tmp_path: Path) -> None:
    assert Manifest.load(tmp_path / "manifest.json") == Manifest()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    manifest = Manifest().flushed({MONDAY: ENTRY}, through=3).flushed({TUESDAY: ENTRY}, through=4)
    manifest.save(path)
    loaded = Manifest.load(path)
    assert loaded == manifest
    assert (loaded.generation, loaded.flushed_generation) == (2, 4)
    assert loaded.days[MONDAY] == DayEntry(ENTRY.rows, ENTRY.size, ENTRY.sha256, generation=1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_flushing_a_log_again_does_not_go_back() -> None:
    manifest = Manifest().flushed({MONDAY: ENTRY}, through=7)
    again = manifest.flushed({MONDAY: ENTRY}, through=6)
    assert again.flushed_generation == 7
    assert again.days.keys() == manifest.days.keys()


def test_days_written_since_a_generation_are_known() -> None:
    manifest = Manifest().flushed({MONDAY: ENTRY, TUESDAY: ENTRY}, through=1)
    later = manifest.flushed({MONDAY: ENTRY}, through=2)
    assert later.changed_since(0) == (MONDAY, TUESDAY)
    assert later.changed_since(manifest.generation) == (MONDAY,)
    assert later.changed_since(later.generation) == ()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 3, "generation": 1, "flushed_generation": 1, "days": {}}',
        b'{"format": 1, "generation": 1, "flushed_generation": 1, "days": {"2026-02-30": {}}}',
        b'{"format": 1, "generation": "x", "flushed_generation": 1, "days": {}}',
        b'{"format": 1, "generation": 1, "flushed_generation": 1, "days": []}',
        b"\xff",
    ],
)
def test_a_manifest_that_cannot_be_read_is_corrupt(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(text)
    with pytest.raises(Corrupt, match=r"manifest\.json"):
        Manifest.load(tmp_path / "manifest.json")


def test_no_flipped_bit_of_a_manifest_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    Manifest().flushed({MONDAY: ENTRY}, through=3).save(path)
    text = path.read_bytes()
    for place in range(len(text)):
        for bit in range(8):
            path.write_bytes(text[:place] + bytes([text[place] ^ 1 << bit]) + text[place + 1 :])
            with pytest.raises(Corrupt, match=r"manifest\.json"):
                Manifest.load(path)


def test_a_manifest_from_before_there_were_checksums_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(b'{"format": 1, "generation": 4, "flushed_generation": 3, "days": {}}')
    assert Manifest.load(path) == Manifest(generation=4, flushed_generation=3)


def test_day_files_are_named_after_their_day_and_others_are_passed_over(tmp_path: Path) -> None:
    files = DayFiles(tmp_path)
    files.write(TUESDAY, b"b", rows=0)
    files.write(MONDAY, b"a", rows=0)
    for name in ("monthly_2026-11.csv", "2026-11-18.csv.tmp", "notes.txt", "2026-11-18.CSV"):
        (tmp_path / name).write_bytes(b"x")
    assert files.days() == (MONDAY, TUESDAY)
    assert (tmp_path / "2026-11-16.csv").read_bytes() == files.read(MONDAY) == b"a"
    assert files.read(date(2026, 11, 18)) is None
    files.recover()
    assert not (tmp_path / "2026-11-18.csv.tmp").exists()


def test_a_day_that_does_not_exist_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "2026-02-30.csv").write_bytes(b"x")
    with pytest.raises(Corrupt, match="2026-02-30"):
        DayFiles(tmp_path).days()


def test_day_files_are_held_against_the_manifest(tmp_path: Path) -> None:
    files = DayFiles(tmp_path)
    days = [date(2026, 11, number) for number in range(1, 6)]
    entries = {day: files.write(day, b"content", rows=1) for day in days}
    manifest = Manifest().flushed(entries, through=1)
    assert files.check(manifest) == ()

    files.path(days[0]).unlink()
    files.path(days[1]).write_bytes(b"content and more")
    files.path(days[2]).write_bytes(b"CONTENT")
    files.write(MONDAY, b"new", rows=1)
    assert files.check(manifest) == (
        f"2026-11-01.csv is missing from {tmp_path}.",
        "2026-11-02.csv is not what the manifest says it is.",
        "2026-11-03.csv is not what the manifest says it is.",
        "2026-11-16.csv is not in the manifest.",
    )
    assert len(files.check(manifest, thorough=False)) == 3, "sizes alone do not show the third"
    assert files.check(manifest, unsettled=[*days, MONDAY]) == ()
