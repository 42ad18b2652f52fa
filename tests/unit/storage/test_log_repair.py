"""Repair keeps every line that holds, shows the others, and the log goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.storage.log_names import archive
from data_layer.storage.log_recovery import recover
from data_layer.storage.log_repair import repair
from data_layer.storage.write_ahead_log import WriteAheadLog
from tests.log_writing import append

LINES = [b"line %d" % number for number in range(6)]


def open_log(logs: Path, *, flushed: int = 0) -> WriteAheadLog:
    return WriteAheadLog.open(logs, recover(logs, flushed=flushed), reserve_bytes=0)


def lines_in(logs: Path, *, flushed: int = 0) -> list[bytes]:
    found = recover(logs, flushed=flushed)
    assert not found.damage
    return b"".join(b for log in found.logs() for b in log.payloads()).split(b"\n")[:-1]


@pytest.fixture
def written(logs: Path) -> Path:
    log = open_log(logs)
    append(log, LINES)
    log.close()
    return logs / "log.txt"


def damage(path: Path, old: bytes, new: bytes) -> bytes:
    text = path.read_bytes().replace(old, new)
    path.write_bytes(text)
    return text


def test_one_bad_line_is_set_aside_and_the_others_stay(logs: Path, written: Path) -> None:
    damaged = damage(written, b"line 2", b"line X")
    done = repair(logs, flushed=0)
    assert (done.kept, done.lost) == (5, 1)
    assert lines_in(logs) == [line for line in LINES if line != b"line 2"]
    copy, lost = done.set_aside
    assert copy.read_bytes() == damaged
    assert lost.read_bytes().startswith(b"line X,")


def test_a_line_whose_crc_alone_is_damaged_costs_only_itself(logs: Path, written: Path) -> None:
    line = written.read_bytes().split(b"\n")[3]
    damage(written, line, line[:-8] + b"zzzzzzzz")
    assert (repair(logs, flushed=0).kept, lines_in(logs)) == (5, [*LINES[:2], *LINES[3:]])


@pytest.mark.parametrize(("old", "new"), [(b"gen=1", b"gen=8"), (b",1,gen", b",7,gen")])
def test_a_damaged_header_costs_no_line(logs: Path, written: Path, old: bytes, new: bytes) -> None:
    damage(written, old, new)
    repair(logs, flushed=0)
    assert lines_in(logs) == LINES


def test_a_missing_log_is_begun_anew_and_the_numbers_closed_up(logs: Path) -> None:
    log = open_log(logs)
    for number in range(4):
        append(log, [b"line %d" % number])
        log.seal()
    append(log, [b"open"])
    log.close()
    (logs / "sealed-2.txt").unlink()
    done = repair(logs, flushed=0)
    assert done.kept == 4
    assert lines_in(logs) == [b"line 0", b"line 2", b"line 3", b"open"]
    log = open_log(logs)
    append(log, [b"and on"])
    assert log.generation == 4


def test_a_lost_open_log_is_begun_after_the_merged_ones(logs: Path, written: Path) -> None:
    log = open_log(logs)
    sealed = log.seal()
    assert sealed is not None
    archive(sealed)
    (logs / "log.txt").unlink()
    repair(logs, flushed=1)
    assert open_log(logs, flushed=1).generation == 2


def test_logs_numbered_too_low_move_up_without_covering_each_other(logs: Path) -> None:
    log = open_log(logs)
    for number in range(3):
        append(log, [b"line %d" % number])
        log.seal()
    (logs / "sealed").mkdir(exist_ok=True)
    (logs / "sealed" / "sealed-2.txt").write_bytes((logs / "sealed-2.txt").read_bytes())
    repair(logs, flushed=0)
    assert lines_in(logs, flushed=2) == [b"line 0", b"line 1", b"line 2"]


def test_repair_again_changes_nothing(logs: Path, written: Path) -> None:
    damage(written, b"line 2", b"line X")
    repair(logs, flushed=0)
    once = written.read_bytes()
    repair(logs, flushed=0)
    assert written.read_bytes() == once
