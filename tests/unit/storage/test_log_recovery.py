"""After a crash: torn ends are cut, damage is never mistaken for one, nothing is thrown away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_layer.errors import Corrupt
from data_layer.storage.log_names import archive, discard_archived
from data_layer.storage.log_recovery import Recovered, inspect, recover
from data_layer.storage.write_ahead_log import WriteAheadLog
from tests.log_writing import append

LINES = [b"531-000-00%d,S,2026-11-20T10:30:00Z,%d.500,,,,,api:k7,x" % (n, n) for n in range(6)]


def open_log(logs: Path, *, flushed: int = 0) -> WriteAheadLog:
    return WriteAheadLog.open(logs, recover(logs, flushed=flushed), reserve_bytes=0)


def written(logs: Path, lines: list[bytes] = LINES) -> Path:
    log = open_log(logs)
    append(log, lines)
    log.close()
    return logs / "log.txt"


def payload_lines(found: Recovered) -> list[bytes]:
    text = b"".join(block for log in found.logs() for block in log.payloads())
    return text.split(b"\n")[:-1]


def test_an_empty_folder_is_a_new_log(logs: Path) -> None:
    found = recover(logs)
    assert (found.logs(), found.damage) == ((), ())
    assert open_log(logs).generation == 1


def test_what_was_appended_is_found(logs: Path) -> None:
    written(logs)
    assert payload_lines(recover(logs)) == LINES
    assert payload_lines(inspect(logs)) == LINES


def test_a_line_torn_at_any_byte_is_copied_aside_and_cut(logs: Path) -> None:
    path = written(logs)
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last + 1, len(whole)):
        path.write_bytes(whole[:end])
        found = recover(logs)
        assert not found.damage, end
        assert [copy.read_bytes() for copy in found.torn] == [whole[last:end]]
        assert path.read_bytes() == whole[:last]
        assert payload_lines(found) == LINES[:-1]
        assert recover(logs).torn == (), "recovery is repeatable"


def test_zeros_at_the_end_of_the_last_write_are_torn(logs: Path) -> None:
    path = written(logs)
    whole = path.read_bytes()
    path.write_bytes(whole + LINES[0] + bytes(4096) + b"\n" + bytes(100))
    found = recover(logs)
    assert not found.damage
    assert path.read_bytes() == whole


def test_inspecting_cuts_nothing(logs: Path) -> None:
    path = written(logs)
    path.write_bytes(path.read_bytes() + b"531-")
    before = path.read_bytes()
    assert payload_lines(inspect(logs)) == LINES
    assert path.read_bytes() == before


def test_every_single_bit_that_flips_is_noticed_and_nothing_discarded(logs: Path) -> None:
    path = written(logs)
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            found = inspect(logs)
            assert found.read_only, (place, bit)
    found = recover(logs)
    assert found.read_only
    assert path.read_bytes() == changed
    assert any(copy.read_bytes() == changed for copy in (logs / "quarantine").iterdir())


def test_damage_names_file_line_copy_and_command(logs: Path) -> None:
    path = written(logs)
    path.write_bytes(path.read_bytes().replace(b"531-000-002", b"531-000-009"))
    sentences = " ".join(recover(logs).damage)
    assert f"{path} line 4" in sentences
    assert "3 good lines follow" in sentences
    assert "quarantine/log.txt-" in sentences
    assert f"METERBOOK_HOME={logs.parent} .venv/bin/flask home repair" in sentences
    recover(logs)
    assert len(list((logs / "quarantine").iterdir())) == 1, "repeated starts keep one copy"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(gone=st.integers(0, 4), count=st.integers(1, 3))
def test_lost_lines_in_the_middle_are_damage(logs: Path, gone: int, count: int) -> None:
    (logs / "log.txt").unlink(missing_ok=True)
    path = written(logs)
    lines = path.read_bytes().split(b"\n")
    kept = lines[: gone + 1] + lines[gone + 1 + count :]
    path.write_bytes(b"\n".join(kept))
    has_lost_only_the_end = gone + count >= len(LINES)
    assert recover(logs).read_only is not has_lost_only_the_end


def test_swapped_and_doubled_lines_are_damage(logs: Path) -> None:
    path = written(logs)
    header, one, two, *rest = path.read_bytes().split(b"\n")
    for order in ([header, two, one, *rest], [header, one, one, two, *rest]):
        path.write_bytes(b"\n".join(order))
        assert inspect(logs).read_only


def test_unfinished_files_are_dropped(logs: Path) -> None:
    written(logs)
    (logs / "log.txt.tmp").write_bytes(b"#METER")
    recover(logs)
    assert not (logs / "log.txt.tmp").exists()


def test_a_crash_between_the_two_renames_of_sealing_begins_the_next_log(logs: Path) -> None:
    written(logs).rename(logs / "sealed-1.txt")
    found = recover(logs)
    assert [log.generation for log in found.sealed] == [1]
    log = open_log(logs)
    append(log, [b"next"])
    assert log.generation == 2
    assert payload_lines(recover(logs)) == [*LINES, b"next"]


def test_sealed_logs_wait_in_order_until_archived(logs: Path) -> None:
    log = open_log(logs)
    for number in range(12):
        append(log, [b"line %d" % number])
        log.seal()
    found = recover(logs)
    assert [each.generation for each in found.sealed] == list(range(1, 13))
    for each in found.sealed:
        archive(each.path)
        archive(each.path)
    found = recover(logs, flushed=12)
    assert (found.sealed, found.damage) == ((), ())
    assert open_log(logs, flushed=12).generation == 13


def test_a_lost_end_of_a_sealed_log_shows_in_the_next(logs: Path) -> None:
    log = open_log(logs)
    append(log, LINES)
    sealed = log.seal()
    assert sealed is not None
    append(log, [b"later"])
    log.close()
    text = sealed.read_bytes()
    sealed.write_bytes(text[: text.rstrip().rfind(b"\n") + 1])
    assert "does not continue" in " ".join(recover(logs).damage)


def test_a_torn_end_of_a_sealed_log_is_damage(logs: Path) -> None:
    log = open_log(logs)
    append(log, LINES)
    sealed = log.seal()
    assert sealed is not None
    sealed.write_bytes(sealed.read_bytes()[:-5])
    before = sealed.read_bytes()
    assert recover(logs).read_only
    assert sealed.read_bytes() == before


def test_a_missing_sealed_log_is_damage(logs: Path) -> None:
    log = open_log(logs)
    for number in range(3):
        append(log, [b"line %d" % number])
        log.seal()
    (logs / "sealed-2.txt").unlink()
    assert recover(logs).read_only


def test_a_missing_open_log_is_damage_once_logs_were_merged(logs: Path) -> None:
    log = open_log(logs)
    append(log, LINES)
    sealed = log.seal()
    assert sealed is not None
    archive(sealed)
    (logs / "log.txt").unlink()
    assert "log.txt is missing" in " ".join(recover(logs, flushed=1).damage)


def test_an_old_copy_of_the_log_is_damage(logs: Path) -> None:
    log = open_log(logs)
    append(log, LINES)
    old = (logs / "log.txt").read_bytes()
    sealed = log.seal()
    assert sealed is not None
    archive(sealed)
    log.close()
    (logs / "log.txt").write_bytes(old)
    assert "an old copy" in " ".join(recover(logs, flushed=1).damage)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "line 1 is not the header"),
        (b"meter_id,register_id\n", "line 1 is not the header"),
        (b"#METERBOOK-LOG,1,gen=1,prev=00000000,00000000\n", "its own checksum"),
        (b"#METERBOOK-LOG,2,gen=1,prev=00000000,00000000\n", "log format 2"),
    ],
)
def test_a_file_that_is_no_log_is_damage(logs: Path, text: bytes, sentence: str) -> None:
    (logs / "log.txt").write_bytes(text)
    assert sentence in " ".join(recover(logs).damage)


def test_lines_damaged_after_recovery_are_not_handed_out(logs: Path) -> None:
    path = written(logs)
    found = recover(logs)
    path.write_bytes(path.read_bytes().replace(b"3.500", b"3.501"))
    with pytest.raises(Corrupt, match="line 5"):
        payload_lines(found)


def test_lines_are_read_in_blocks(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_layer.storage.log_format.BLOCK_BYTES", 100)
    path = written(logs)
    found = recover(logs)
    assert found.current is not None
    blocks = list(found.current.payloads())
    assert len(blocks) > 1
    assert b"".join(blocks) == b"".join(line + b"\n" for line in LINES)
    path.write_bytes(path.read_bytes().replace(b"2.500", b"2.501"))
    assert "3 good lines follow" in " ".join(recover(logs).damage)


def test_old_archived_logs_are_deleted_but_the_newest(logs: Path) -> None:
    log = open_log(logs)
    for number in range(3):
        append(log, [b"line %d" % number])
        sealed = log.seal()
        assert sealed is not None
        archive(sealed)
    assert discard_archived(logs, before=datetime(2000, 1, 1, tzinfo=UTC)) == ()
    gone = discard_archived(logs, before=datetime(2999, 1, 1, tzinfo=UTC))
    assert [path.name for path in gone] == ["sealed-1.txt", "sealed-2.txt"]
    assert not recover(logs, flushed=3).damage
