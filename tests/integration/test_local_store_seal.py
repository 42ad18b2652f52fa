"""Ending the day: every step can fail or meet other work, and the whole can be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_layer.errors import Unavailable
from data_layer.readings import sealing
from data_layer.readings.model import GroupPath
from data_layer.storage.manifest import Manifest
from tests.integration.store_home import EDGES, StoreHome, key_of, reading


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StoreHome]:
    opened = StoreHome(tmp_path)
    opened.place({"m-1": GroupPath("East", "Bedok", "3-room")})
    yield opened
    opened.close()


def test_sealing_again_without_news_changes_no_file(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.store.seal()
    before = {path: path.read_bytes() for path in home.folder.rglob("*") if path.is_file()}
    home.store.seal()
    assert {path: path.read_bytes() for path in home.folder.rglob("*") if path.is_file()} == before


def test_sealed_log_is_kept_aside(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.store.seal()
    assert [path.name for path in (home.home.logs / "sealed").iterdir()] == ["sealed-1.txt"]
    assert not list(home.home.logs.glob("sealed-*.txt"))


STEPS = [
    (sealing, "merge_into_days"),
    (Manifest, "save"),
    (sealing.Snapshots, "save"),
    (sealing, "archive"),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
@pytest.mark.parametrize("reopened", [False, True])
def test_seal_that_failed_half_way_is_repeated(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], reopened: bool
) -> None:
    home.submit(*(reading(n, n) for n in range(0, 60, 7)))
    home.store.seal()
    home.submit(*(reading(n, n) for n in range(1, 100, 7)))

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(*step, refuse)
        with pytest.raises(Unavailable, match="the disk is full"):
            home.store.seal()
    home.check(EDGES)
    home.submit(reading(110, 110))
    home.check(EDGES)
    if reopened:
        home.reopen()
        home.check(EDGES)
    home.store.seal()
    home.check(EDGES)
    home.check_disk()
    assert home.store.state().sealed_logs == 0
    assert home.store.state().tail_readings == 0
    home.reopen()
    home.check(EDGES)


@pytest.mark.parametrize("first", STEPS, ids=lambda step: step[1])
@pytest.mark.parametrize("second", STEPS, ids=lambda step: step[1])
@pytest.mark.parametrize("writable", [False, True])
@pytest.mark.parametrize("ended_before", [False, True])
def test_two_seals_of_one_day_that_both_failed_are_recovered(
    home: StoreHome,
    monkeypatch: pytest.MonkeyPatch,
    first: tuple[object, str],
    second: tuple[object, str],
    writable: bool,
    ended_before: bool,
) -> None:
    """The day file may be newer than the manifest, and the manifest newer than the snapshot; where
    no day was ended before, there is no manifest."""

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    home.submit(*(reading(n, n) for n in range(0, 100, 7)))
    if ended_before:
        home.store.seal()
    for shift, step in ((1, first), (2, second)):
        home.submit(*(reading(n + shift, n + shift) for n in range(0, 100, 7)))
        with monkeypatch.context() as patch:
            patch.setattr(*step, refuse)
            with pytest.raises(Unavailable, match="the disk is full"):
                home.store.seal()
    home.close()
    home.open(writable=writable)
    home.check(EDGES)
    assert home.store.damage == ()


def test_readings_that_come_during_a_seal_stay_in_the_new_log(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1))
    merge = sealing.merge_into_days

    def meanwhile(*arguments: object, **more: object) -> object:
        home.submit(reading(2, 2), reading(60, 60))
        return merge(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "merge_into_days", meanwhile)
        home.store.seal()
    assert home.store.state().tail_readings == 2
    home.check(EDGES)
    home.reopen()
    home.check(EDGES)
    home.check_disk()


def test_meter_that_moves_during_a_seal_counts_in_its_new_place(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1), reading(2, 2))
    save = sealing.Snapshots.save

    def meanwhile(*arguments: object) -> object:
        home.place({"m-1": GroupPath("West", "Jurong", "5-room")})
        return save(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sealing.Snapshots, "save", meanwhile)
        home.store.seal()
    home.check(EDGES)


def test_rebuild_gives_the_same_index(home: StoreHome) -> None:
    home.submit(*(reading(n, n, f"m-{n % 3}") for n in range(200)))
    home.store.seal()
    home.submit(reading(5, 5, "m-9"))
    told: list[tuple[str, int, int]] = []
    home.store.seal(lambda *progress: told.append(progress), rebuild=True)
    home.check(EDGES)
    assert ("Reading day files", 5, 5) in told


@pytest.mark.parametrize("seals", [{1}, {2}, {1, 2}, set()])
def test_a_corrected_readings_first_value_is_known_wherever_it_lies(
    home: StoreHome, seals: set[int]
) -> None:
    home.submit(reading(0, 1000), reading(1, 2000), reading(2, 3000))
    for step, value in ((1, 2100), (2, 2200)):
        if step in seals:
            home.store.seal()
        assert home.revise(key_of(reading(1, 2000)), value)
    for value in (2000, 2100, 2200):
        assert home.submit(reading(1, value)).duplicates == 1
    assert home.submit(reading(1, 2300)).rejected == 1
