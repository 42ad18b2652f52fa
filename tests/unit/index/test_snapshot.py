"""A snapshot is whole or refused: nothing in between is ever answered from."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.assembly import is_closed
from index.day_block import NO_LINE
from index.day_readings import DayReadings
from index.snapshot import SnapshotDamaged
from index.sorted_index import SortedIndex
from tests.unit.index.oracle import change, random_home


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot") / "index.snapshot"
    home = random_home(5)
    SortedIndex.build(home.days(), home.places, grid_phase=home.phase).save(path, generation=7)
    return path


@given(st.integers(0, 10**9))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_snapshot_answers_like_the_version_it_was_saved_from(tmp_path: Path, seed: int) -> None:
    home, rng = random_home(seed), Random(seed)
    index = SortedIndex.build(home.days(), home.places, grid_phase=home.phase)
    index = index.updated([home.day(n) for n in change(home, rng)], home.places)
    index.save(tmp_path / "index.snapshot", generation=3)
    again = SortedIndex.load(tmp_path / "index.snapshot")
    again._check()
    assert again.generation == 3
    assert again.keys == index.keys
    assert again.cells == index.cells
    edges = home.midnights[:40]
    for row in range(len(index.keys)):
        one, other = index.series(row, edges), again.series(row, edges)
        assert one.table.tolist() == other.table.tolist()
        whole = home.midnights[0], home.midnights[-1]
        assert index.history(row, *whole).values.tolist() == (
            again.history(row, *whole).values.tolist()
        )
    for cell in index.cells:
        one, other = (which.group([cell]).totals(np.array(edges)) for which in (index, again))
        assert one.table.tolist() == other.table.tolist()
    later = again.updated([home.day(n) for n in change(home, rng)], home.places)
    later._check()


def test_saving_leaves_no_temporary_file(saved: Path) -> None:
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    assert SortedIndex.load(saved).generation == 7


def test_saving_over_an_attached_snapshot_does_not_disturb_its_reader(saved: Path) -> None:
    index = SortedIndex.load(saved)
    ever = np.array([0, 2_000_000_000])
    before = index.group(index.cells).totals(ever).consumption.tolist()
    other = random_home(9)
    SortedIndex.build(other.days(), other.places, grid_phase=other.phase).save(saved)
    assert index.group(index.cells).totals(ever).consumption.tolist() == before
    index.save(saved, generation=7)


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_snapshot_is_refused(saved: Path, tmp_path: Path, part: float) -> None:
    data = saved.read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(SnapshotDamaged, match="cut is not a whole snapshot"):
        SortedIndex.load(cut, verify=False)


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_flipped_bit_is_refused_or_stands_in_the_padding(
    saved: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(saved.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    was = content[place]
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / "flipped").write_bytes(content)
    try:
        SortedIndex.load(tmp_path / "flipped")._check()
    except SnapshotDamaged:
        return
    assert was == 0, "only padding may change unnoticed"


@pytest.mark.parametrize("content", [b"", b"meter_id,register_id\n" * 40, bytes(range(256)) * 20])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "foreign").write_bytes(content)
    with pytest.raises(SnapshotDamaged):
        SortedIndex.load(tmp_path / "foreign")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotDamaged):
        SortedIndex.load(tmp_path / "nowhere")


def test_what_is_attached_cannot_be_written_to(saved: Path) -> None:
    index = SortedIndex.load(saved)
    with pytest.raises(ValueError, match="read-only"):
        index.leaves.lines.words.given[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        index.leaves.base[0, 0] = 1


def nightly(tmp_path: Path) -> tuple[SortedIndex, Path]:
    """A snapshot of forty days, and one more day saved beside it."""
    days = [full_day(n) for n in range(41)]
    whole = tmp_path / "1.index"
    SortedIndex.build(days[:40], {}).save(whole)
    later = SortedIndex.load(whole).updated(days[40:], {})
    later.save(tmp_path / "2.index")
    return later, tmp_path / "2.index"


def test_a_night_is_saved_without_the_lines_of_the_days_before(tmp_path: Path) -> None:
    later, path = nightly(tmp_path)
    assert path.stat().st_size < (tmp_path / "1.index").stat().st_size / 2
    again = SortedIndex.load(path)
    again._check()
    assert again.lies_in == {"1.index"}
    edges = full_day(0).start + np.arange(0, 41 * 86_400, 1800)
    for row in range(len(again.keys)):
        one, other = later.series(row, edges), again.series(row, edges)
        assert one.table.tolist() == other.table.tolist()
    again.updated([full_day(41)], {})._check()


def test_a_snapshot_whose_earlier_file_is_missing_or_another_is_refused(tmp_path: Path) -> None:
    _, path = nightly(tmp_path)
    SortedIndex.build([full_day(n) for n in range(39)], {}).save(tmp_path / "1.index")
    with pytest.raises(SnapshotDamaged, match="not the snapshot it goes on from"):
        SortedIndex.load(path)
    (tmp_path / "1.index").unlink()
    with pytest.raises(SnapshotDamaged):
        SortedIndex.load(path)


def test_what_is_over_is_closed_when_it_is_saved(tmp_path: Path) -> None:
    index = SortedIndex.build([full_day(0)], {})
    for n in range(1, 41):
        index = index.updated([full_day(n)], {})
    index.save(tmp_path / "index")
    again = SortedIndex.load(tmp_path / "index")
    again._check()
    numbers = again.leaves.directory.numbers(np.arange(41), np.arange(len(again.keys)))
    over = is_closed(again.leaves.blocks)
    assert over.sum() == 28
    assert (numbers[over] < NO_LINE).all()
    assert (numbers[~over] > NO_LINE).all()


def full_day(number: int) -> DayReadings:
    """Ten meters, a reading every half hour."""
    start = (28 * 700 + number) * 86_400
    code, slot = np.divmod(np.arange(480), 48)
    series = tuple((f"531-000-{n:03d}", "S") for n in range(10))
    values = (number * 48 + slot) * (code + 1) * 100
    kinds = np.zeros(480, np.uint8)
    return DayReadings(
        start // 86_400, start, start + 86_400, series, code, start + slot * 1800, values, kinds
    )
