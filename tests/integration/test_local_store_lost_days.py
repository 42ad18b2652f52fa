"""A day file that does not hold, and no snapshot: the rest is shown, and nothing guessed across."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from data_layer.errors import Unavailable
from data_layer.readings import operations
from data_layer.readings.model import Flag, GroupPath, Kind, Reading, ReadingBatch, RowFilter
from data_layer.readings.model import SeriesKey as Series
from data_layer.readings.rules import ADMIN_MANUAL
from tests.integration.store_home import (
    DAY,
    EDGES,
    START,
    UPLOADER,
    StoreHome,
    key_of,
    reading,
    same,
)
from tests.integration.test_local_store_oracle import METERS, PATHS, counting, readings

DAYS = [date(2026, 6, 17), date(2026, 6, 18), date(2026, 6, 19)]


def rotten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"\xff\n")


def another(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def of_another_day(path: Path) -> None:
    path.write_bytes(path.with_name("2026-06-17.csv").read_bytes())


DAMAGES: list[Callable[[Path], None]] = [rotten, another, of_another_day, Path.unlink]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StoreHome]:
    """Three days in day files, the beginning of a fourth in the log."""
    opened = StoreHome(tmp_path / "a home")
    opened.place({"m-1": GroupPath("East", "Bedok", "3-room")})
    opened.submit(*(reading(n, 10 * n) for n in range(3 * 48)))
    opened.store.seal()
    opened.submit(*(reading(n, 10 * n) for n in range(3 * 48, 3 * 48 + 5)))
    yield opened
    opened.close()


def lose(home: StoreHome, day: date, damage: Callable[[Path], None]) -> None:
    """Damage a day file and take the snapshot away, then open again."""
    home.close()
    damage(home.home.daily / f"{day}.csv")
    home.forget_snapshot()
    home.open()


def opened(rows: list[Reading], start: int) -> list[Reading]:
    """Readings in order; where part of the day lies between two neighbors, the later one opens a
    segment."""
    result: dict[tuple[str, str, int, Kind], Reading] = {}
    for before, row in pairwise([*rows[:1], *rows]):
        same_series = (before.meter_id, before.register_id) == (row.meter_id, row.register_id)
        if same_series and before.read_at < start + DAY and row.read_at > start:
            row = replace(row, kind=Kind.INITIAL)
        result[row.meter_id, row.register_id, row.read_at, row.kind] = row
    return list(result.values())


def known_around(home: StoreHome, lost: date) -> list[Reading]:
    """What is told without the lost day's file."""
    start, in_log = home.zone.day_start(lost), set(home.log_rows())
    every = home.oracle.effective()
    filed = [row for row in every if row not in in_log and home.zone.day_of(row.read_at) != lost]
    told = {key_of(row): row for row in [*opened(filed, start), *in_log]}
    return opened([told[key] for key in sorted(told)], start)


def check_around(home: StoreHome, lost: date) -> None:
    """Every figure is that of the readings that hold."""
    slow = home.slow()
    slow.readings = known_around(home, lost)
    edges = np.arange(START - DAY, START + 5 * DAY, DAY // 8)
    keys = sorted({Series(meter, register) for meter, register, *_ in home.oracle.stored})
    same(home.store.series(keys, edges), slow.series(keys, edges))
    np.testing.assert_array_equal(
        home.store.registers_at(keys, edges), slow.registers_at(keys, edges)
    )
    groups = [[path] for path in home.places.values() if path is not None]
    same(home.store.totals(groups, edges), slow.totals(groups, edges))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("day", DAYS[1:], ids=str)
def test_the_home_opens_for_reading_only_and_shows_the_other_days(
    home: StoreHome, damage: Callable[[Path], None], day: date
) -> None:
    lose(home, day, damage)
    assert not home.store.receiving
    said = home.store.state().reason
    assert f"{day}.csv" in said
    assert str(home.home.manifest) in said
    with pytest.raises(Unavailable, match=f"{day}.csv"):
        operations.submit(
            home.room,
            UPLOADER,
            ReadingBatch.from_readings([reading(999, 9999)]),
            rules=ADMIN_MANUAL,
        )
    with pytest.raises(Unavailable, match=f"{day}.csv"):
        home.store.seal()
    check_around(home, day)
    shown = home.store.rows(RowFilter(limit=1_000, descending=False))
    expected = [r for r in home.oracle.effective() if home.zone.day_of(r.read_at) != day]
    assert shown.batch.rows() == expected
    assert shown.total == len(expected)


def test_a_meter_exchanged_on_a_lost_day_is_not_billed_backwards(tmp_path: Path) -> None:
    home = StoreHome(tmp_path)
    home.submit(reading(0, 500_000), reading(47, 500_900))
    home.submit(replace(reading(60, 0), kind=Kind.INITIAL), reading(61, 10))
    home.submit(reading(100, 300))
    home.store.seal()
    home.submit(reading(150, 800))
    lose(home, DAYS[1], rotten)
    buckets = home.store.series([Series("m-1")], np.array(EDGES))
    assert buckets.consumption_wh.tolist() == [[0, 900, 0, 440]]
    assert buckets.missing_half_hours[0, 2] == 48
    home.close()


def test_a_file_that_cannot_be_read_is_set_aside_by_what_is_printed(home: StoreHome) -> None:
    lose(home, DAYS[1], rotten)
    words = shlex.split(home.store.damage[0].partition("type: (")[2].removesuffix(")."))
    assert words[0] == "mv"
    home.close()
    Path(words[1]).rename(words[2])
    home.home.manifest.unlink()
    home.open()
    assert home.store.receiving
    home.submit(reading(200, 9_000))
    home.store.seal()


def test_a_restored_file_makes_the_home_whole(home: StoreHome) -> None:
    kept = (home.home.daily / "2026-06-18.csv").read_bytes()
    lose(home, DAYS[1], rotten)
    home.close()
    (home.home.daily / "2026-06-18.csv").write_bytes(kept)
    home.open()
    home.check(EDGES)
    home.submit(reading(200, 9_000))


def test_a_lost_day_that_the_snapshot_does_not_have_yet(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest is newer than the snapshot, as a crash leaves it, and then the file rots."""

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr("data_layer.readings.sealing.Snapshots.save", refuse)
    with pytest.raises(Unavailable, match="full"):
        home.store.seal()
    monkeypatch.undo()
    home.close()
    rotten(home.home.daily / "2026-06-20.csv")
    home.open()
    assert "2026-06-20.csv" in home.store.damage[0]
    home.oracle.stored = {
        key: rows for key, rows in home.oracle.stored.items() if key[2] < START + 3 * DAY
    }
    home.check(EDGES)


def test_a_home_without_manifest_opens_around_a_file_that_cannot_be_read(home: StoreHome) -> None:
    home.close()
    home.home.manifest.unlink()
    home.open()
    home.close()
    home.home.manifest.unlink()
    rotten(home.home.daily / "2026-06-18.csv")
    for _ in range(2):
        home.open()
        assert "2026-06-18.csv" in home.store.damage[0]
        check_around(home, DAYS[1])
        home.close()
    assert not home.home.manifest.exists(), "what does not hold is not written down as true"
    home.open()


def test_a_damaged_manifest_opens_for_reading_only(home: StoreHome) -> None:
    home.close()
    text = home.home.manifest.read_bytes()
    home.home.manifest.write_bytes(text.replace(b'"rows": 48', b'"rows": 49', 1))
    home.open()
    assert "does not carry its own checksum" in home.store.damage[0]
    home.check(EDGES)
    assert not home.store.receiving
    home.close()
    home.home.manifest.write_bytes(text)
    home.open()
    assert home.store.receiving


@settings(max_examples=40, deadline=None)
@given(
    st.lists(readings().filter(lambda row: row.flag is Flag.VALID), min_size=4, max_size=40),
    st.lists(readings().filter(lambda row: row.flag is Flag.VALID), max_size=10),
    st.data(),
)
def test_whatever_day_is_lost_the_rest_is_told_as_it_was(
    stored: list[Reading], late: list[Reading], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = StoreHome(Path(folder), counting=counting)
        home.place(dict(zip(METERS, PATHS, strict=True)))
        home.submit(*dict.fromkeys(stored))
        home.store.seal()
        home.submit(*late)
        days = [date.fromisoformat(path.stem) for path in home.home.daily.glob("*.csv")]
        if days:
            lost = data.draw(st.sampled_from(sorted(days)))
            lose(home, lost, rotten)
            check_around(home, lost)
        home.close()
