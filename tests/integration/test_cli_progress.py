"""The bar of a command: full when the work is done, and where it was when it is not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from cli.console import progress_bar
from data_layer.book import Book
from data_layer.errors import Conflict
from tests.integration.operator_commands import flask


@pytest.mark.parametrize(("done", "of", "share"), [(3, 10, "30%"), (0, 0, "0%")])
def test_work_that_fails_leaves_the_bar_where_it_is(
    capsys: pytest.CaptureFixture[str], done: int, of: int, share: str
) -> None:
    with suppress(Conflict), progress_bar("backing up") as advance:
        advance("copying", done, of)
        raise Conflict("something else is there.")
    told = capsys.readouterr().err

    assert "backing up: not done" in told
    assert f" {share}" in told
    assert "100%" not in told


def test_work_that_is_done_fills_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("backing up") as advance:
        advance("copying", 3, 10)

    assert "100%" in capsys.readouterr().err


def test_a_refused_job_says_so_beside_its_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERBOOK_HOME", str(tmp_path / "home"))
    Book.open(tmp_path / "home", scheduled=False).close()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("mine")

    refused = flask("backup", str(tmp_path / "taken"))

    assert refused.exit_code == 1
    assert "backing up: not done" in refused.stderr
    assert "100%" not in refused.stderr
    assert "Error: " in refused.stderr
