"""The log keeps what it acknowledged, takes back what it could not write, and stops in doubt."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import pytest

from data_layer.errors import Corrupt, Unavailable
from data_layer.storage.log_recovery import recover
from data_layer.storage.write_ahead_log import WriteAheadLog
from tests.log_writing import append

LINE = b"531-123-456,S,2026-11-20T10:30:00Z,1234.500,,,,,api:k7,2026-11-20T10:30:02.114Z"


def open_log(
    logs: Path, *, reserve_bytes: int = 0, sync: Callable[[int], None] = os.fdatasync
) -> WriteAheadLog:
    return WriteAheadLog.open(logs, recover(logs), reserve_bytes=reserve_bytes, sync=sync)


def lines_in(path: Path) -> list[bytes]:
    return [line[:-9] for line in path.read_bytes().split(b"\n")[1:-1]]


class BrokenDisk:
    """Syncs as told: an errno fails that call, 0 lets it through."""

    def __init__(self, *outcomes: int) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self, descriptor: int) -> None:
        self.calls += 1
        outcome = self.outcomes.pop(0) if self.outcomes else 0
        if outcome:
            raise OSError(outcome, os.strerror(outcome))
        os.fdatasync(descriptor)


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_lines_carry_a_crc_chained_from_the_header(logs: Path) -> None:
    log = open_log(logs)
    append(log, [LINE, b"second"])
    append(log, [b"third"])

    header, *rest = (logs / "log.txt").read_bytes().split(b"\n")
    assert header.startswith(b"#METERBOOK-LOG,1,gen=1,prev=00000000,")
    crc = crc32(header[:-9])
    assert header[-8:] == b"%08x" % crc
    for line, payload in zip(rest, (LINE, b"second", b"third", None), strict=True):
        if payload is not None:
            crc = crc32(payload, crc)
            assert line == b"%s,%08x" % (payload, crc)


def test_one_append_is_one_sync(logs: Path) -> None:
    disk = BrokenDisk()
    log = open_log(logs, sync=disk)
    append(log, [LINE] * 1000)
    assert disk.calls == 1


def test_reopening_continues_the_chain(logs: Path) -> None:
    for number in range(3):
        log = open_log(logs)
        append(log, [b"line %d" % number])
        log.close()
    found = recover(logs)
    assert not found.damage
    assert found.current is not None
    assert found.current.lines == 3


def test_sealing_names_the_log_by_its_generation_and_begins_the_next(logs: Path) -> None:
    log = open_log(logs)
    append(log, [b"one"])
    sealed = log.seal()
    append(log, [b"two"])
    assert sealed == logs / "sealed-1.txt"
    assert lines_in(sealed) == [b"one"]
    assert lines_in(logs / "log.txt") == [b"two"]
    last = sealed.read_bytes().rstrip()[-8:]
    assert (logs / "log.txt").read_bytes().startswith(b"#METERBOOK-LOG,1,gen=2,prev=" + last)
    assert (log.generation, log.lines) == (2, 1)


def test_an_empty_log_is_not_sealed(logs: Path) -> None:
    log = open_log(logs)
    assert log.seal() is None
    assert [path.name for path in logs.iterdir() if path.is_file()] == ["log.txt"]


def test_a_write_that_fails_half_way_is_taken_back(logs: Path) -> None:
    log = open_log(logs)
    append(log, [LINE] * 10)
    before = (logs / "log.txt").read_bytes()
    with (
        files_no_longer_than(len(before) + 100),
        pytest.raises(Unavailable, match="File too large"),
    ):
        append(log, [LINE] * 10)
    assert (logs / "log.txt").read_bytes() == before

    append(log, [b"after"])
    assert lines_in(logs / "log.txt")[-1] == b"after"
    assert not recover(logs).damage


def test_a_full_disk_refuses_and_takes_again_when_there_is_room(small_disk: Path) -> None:
    logs = small_disk / "logs"
    logs.mkdir()
    log = open_log(logs, reserve_bytes=-(1 << 30))
    append(log, [LINE])
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(bytes(1 << 20))
    with pytest.raises(Unavailable, match="No space left"):
        append(log, [LINE] * 1000)
    assert lines_in(logs / "log.txt") == [LINE]
    ballast.unlink()
    append(log, [LINE] * 1000)
    assert len(lines_in(logs / "log.txt")) == 1001
    assert not recover(logs).damage


def test_a_full_disk_leaves_the_log_unsealed_and_usable(small_disk: Path) -> None:
    logs = small_disk / "logs"
    logs.mkdir()
    log = open_log(logs)
    append(log, [LINE])
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(bytes(1 << 20))
    with pytest.raises(Unavailable, match="could not be sealed"):
        log.seal()
    ballast.unlink()
    append(log, [b"after"])
    assert log.seal() == logs / "sealed-1.txt"


def test_below_the_reserve_nothing_is_taken(logs: Path) -> None:
    log = open_log(logs, reserve_bytes=1 << 60)
    with pytest.raises(Unavailable, match="reserve") as refused:
        append(log, [LINE])
    assert refused.value.retry_after > 0
    assert lines_in(logs / "log.txt") == []


def test_a_failed_sync_poisons_the_log_for_good(logs: Path) -> None:
    disk = BrokenDisk(0, errno.EIO)
    log = open_log(logs, sync=disk)
    append(log, [b"one"])
    with pytest.raises(Unavailable, match="restarted"):
        append(log, [b"two"])
    calls = disk.calls
    for attempt in (lambda: append(log, [b"three"]), log.seal):
        with pytest.raises(Unavailable, match="restarted"):
            attempt()
    assert disk.calls == calls, "a failed sync is never retried"
    assert log.poisoned is not None
    assert b"three" not in (logs / "log.txt").read_bytes()

    restarted = open_log(logs)
    append(restarted, [b"four"])
    assert lines_in(logs / "log.txt")[0] == b"one"
    assert lines_in(logs / "log.txt")[-1] == b"four"


def test_a_failed_cut_back_poisons_too(logs: Path) -> None:
    disk = BrokenDisk(0, errno.EIO)
    log = open_log(logs, sync=disk)
    append(log, [LINE])
    with (
        files_no_longer_than((logs / "log.txt").stat().st_size + 10),
        pytest.raises(Unavailable, match="taken back"),
    ):
        append(log, [LINE])
    with pytest.raises(Unavailable, match="restarted"):
        append(log, [LINE])


def test_an_interrupted_write_closes_the_log_and_a_restart_goes_on(logs: Path) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    log = open_log(logs)
    append(log, [b"one"])
    log._sync = interrupted
    with pytest.raises(KeyboardInterrupt):
        append(log, [b"two"])
    log._sync = os.fdatasync
    with pytest.raises(Unavailable, match="until Meterbook is restarted: a write was interrupted"):
        append(log, [b"three"])

    restarted = open_log(logs)
    append(restarted, [b"four"])
    assert lines_in(logs / "log.txt") == [b"one", b"two", b"four"]


def test_a_closed_log_takes_nothing(logs: Path) -> None:
    log = open_log(logs)
    log.close()
    log.close()
    with pytest.raises(Unavailable, match="closed"):
        append(log, [LINE])


def test_a_damaged_folder_is_not_opened_for_writing(logs: Path) -> None:
    log = open_log(logs)
    append(log, [b"one", b"two", b"three"])
    log.close()
    path = logs / "log.txt"
    path.write_bytes(path.read_bytes().replace(b"two", b"owt"))
    with pytest.raises(Corrupt, match="flask home repair"):
        open_log(logs)
