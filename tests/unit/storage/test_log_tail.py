"""The last lines of a log, however long it is and while it grows."""

from __future__ import annotations

import pytest

from data_layer.storage.log_tail import last_lines


def test_no_file_has_no_lines(tmp_path):
    assert last_lines(tmp_path / "log.txt", 20) == []


def test_a_short_file_is_shown_whole(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("a\nb\n")

    assert last_lines(path, 20) == ["a", "b"]


@pytest.mark.parametrize("count", [1, 20, 400])
def test_only_the_last_lines_of_a_long_file_are_read(tmp_path, count):
    lines = [f"531-204-118,S,2026-11-20T10:30:00Z,{n}.000,,,,,api:k7" for n in range(5000)]
    path = tmp_path / "log.txt"
    path.write_text("".join(f"{line}\n" for line in lines))

    assert last_lines(path, count) == lines[-count:]


def test_a_line_that_is_being_written_is_not_shown(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("whole\nhal")

    assert last_lines(path, 20) == ["whole"]
