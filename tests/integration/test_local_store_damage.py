"""Files that are damaged, lost or cut short, and a disk that fails: nothing is guessed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_layer.errors import Corrupt, Unavailable
from data_layer.readings import local_store, operations
from data_layer.readings.model import GroupPath, ReadingBatch, RowFilter
from data_layer.readings.rules import ADMIN_MANUAL
from tests.integration.store_home import EDGES, HALF_HOUR, START, UPLOADER, StoreHome, reading


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StoreHome]:
    opened = StoreHome(tmp_path)
    opened.place({"m-1": GroupPath("East", "Bedok", "3-room")})
    yield opened
    opened.close()


def broken_disk(monkeypatch: pytest.MonkeyPatch, *, syncs: int) -> None:
    """From now on a log that is opened fails after so many syncs."""
    opened, left = local_store.WriteAheadLog.open, [syncs]

    def sync(_: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.EIO, "Input/output error")

    def with_sync(*arguments: object, **more: object) -> object:
        return opened(*arguments, sync=sync, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(local_store.WriteAheadLog, "open", with_sync)


def test_nothing_is_acknowledged_or_shown_when_the_disk_cannot_keep_it(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_disk(monkeypatch, syncs=1)
    home.reopen()
    home.submit(reading(1, 1))
    batch = ReadingBatch.from_readings([reading(2, 2)])
    for _ in range(2):
        with pytest.raises(Unavailable, match="restarted"):
            operations.submit(home.room, UPLOADER, batch, rules=ADMIN_MANUAL)
    home.check(EDGES)
    assert not home.store.receiving
    with pytest.raises(Unavailable, match="restarted"):
        home.store.resume()


@pytest.mark.parametrize("file", ["*.index", "*.json", "*.amended.csv"])
def test_damaged_snapshot_is_replaced_from_the_day_files(home: StoreHome, file: str) -> None:
    home.submit(*(reading(n, n) for n in range(0, 100, 3)))
    home.revise(("m-1", "S", START, 0), None)
    home.store.seal()
    (path,) = home.home.snapshot.glob(file)
    path.write_bytes(path.read_bytes()[:-7])
    home.reopen()
    home.check(EDGES)
    home.revise(("m-1", "S", START + 3 * HALF_HOUR, 0), 4)
    home.store.seal()
    home.reopen()
    home.check(EDGES)


def test_a_seal_builds_again_when_the_snapshot_it_goes_on_from_is_damaged(
    home: StoreHome,
) -> None:
    home.submit(*(reading(n, n) for n in range(28 * 48)))
    home.store.seal()
    (earlier,) = home.home.snapshot.glob("*.index")
    rotten = earlier.with_name("rotten")
    rotten.write_bytes(earlier.read_bytes().replace(b"sections", b"sectoins", 1))
    rotten.rename(earlier)
    home.submit(reading(28 * 48, 28 * 48))
    home.store.seal()
    assert home.store.state().sealed_logs == home.store.state().tail_readings == 0
    home.check(EDGES)
    home.reopen()
    home.check(EDGES)


def test_snapshot_older_than_the_day_files_is_brought_up_to_date(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.submit(reading(1, 1), reading(50, 50))
    home.store.seal()
    kept = {path.name: path.read_bytes() for path in home.home.snapshot.iterdir()}
    home.submit(reading(2, 2), reading(100, 100))
    home.store.seal()
    home.close()
    for path in home.home.snapshot.iterdir():
        path.unlink()
    for name, content in kept.items():
        (home.home.snapshot / name).write_bytes(content)
    monkeypatch.setattr("data_layer.readings.opening.rebuilt", None)
    home.open()
    home.check(EDGES)


def test_damage_in_the_middle_of_the_log_opens_for_reading_only(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.submit(reading(2, 2))
    home.close()
    log = home.home.logs / "log.txt"
    log.write_bytes(log.read_bytes().replace(b"0.001", b"0.000"))
    home.open()
    assert not home.store.receiving
    assert "does not carry its checksum" in home.store.damage[0]
    with pytest.raises(Unavailable, match="checksum"):
        operations.submit(
            home.room, UPLOADER, ReadingBatch.from_readings([reading(3, 3)]), rules=ADMIN_MANUAL
        )
    with pytest.raises(Unavailable, match="checksum"):
        home.store.seal()
    assert home.store.rows(RowFilter()).total == 0


def test_torn_end_of_the_log_is_cut_and_kept_aside(home: StoreHome) -> None:
    home.submit(reading(1, 1))
    home.close()
    log = home.home.logs / "log.txt"
    log.write_bytes(log.read_bytes() + b"m-1,S,2026-06-17T01:0")
    home.open()
    home.submit(reading(2, 2))
    home.check(EDGES)
    assert [path.read_bytes() for path in home.store.torn_ends] == [b"m-1,S,2026-06-17T01:0"]


def test_changed_day_file_stops_receiving_until_it_is_accepted(home: StoreHome) -> None:
    home.submit(reading(1, 1), reading(2, 20))
    home.store.seal()
    home.close()
    path = home.home.daily / "2026-06-17.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    home.open()
    assert "2026-06-17.csv is not what the manifest says" in home.store.state().reason
    home.close()
    home.home.manifest.unlink()
    home.open()
    assert home.store.receiving
    home.oracle.stored.pop(("m-1", "S", START + 2 * HALF_HOUR, 0))
    home.check(EDGES)
    home.submit(reading(3, 30))
    home.store.seal()
    home.check(EDGES)


@pytest.mark.parametrize("damage", ["rotten", "missing"])
def test_nothing_is_merged_into_a_day_file_that_is_not_what_it_was(
    home: StoreHome, damage: str
) -> None:
    home.submit(reading(1, 1), reading(2, 20))
    home.store.seal()
    path = home.home.daily / "2026-06-17.csv"
    whole = path.read_bytes()
    if damage == "rotten":
        path.write_bytes(whole.replace(b"0.020", b"0.030"))
    else:
        path.unlink()
    home.submit(reading(3, 30))
    for _ in range(2):
        with pytest.raises(Corrupt, match="nothing is merged into it"):
            home.store.seal()
    path.write_bytes(whole)
    home.store.seal()
    home.check(EDGES)


def test_home_with_nothing_but_day_files_is_a_whole_home(home: StoreHome, tmp_path: Path) -> None:
    home.submit(*(reading(n, n) for n in range(100)))
    home.store.seal()
    other = tmp_path / "other"
    (other / "daily").mkdir(parents=True)
    for path in home.home.daily.iterdir():
        (other / "daily" / path.name).write_bytes(path.read_bytes())
    copied = StoreHome(other)
    copied.place(home.places)
    copied.oracle = home.oracle
    copied.check(EDGES)
    copied.submit(reading(100, 100))
    copied.store.seal()
    copied.check(EDGES)
    copied.close()
