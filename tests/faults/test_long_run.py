"""The long run passes only what ran to its end, did enough, and found nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import long_run
from tests.faults.long_run import Part, main, run, summary

pytestmark = pytest.mark.faults


def part(text: str) -> Part:
    """A part that is this program, and is to do five."""
    return Part(
        "part",
        ("-c", text),
        lambda said: f"{said['done']} done",
        lambda said: int(said.get("found", 0)),
        lambda said: bool(said["done"] >= 5),
    )


PROGRAMS = [
    ("print('{\"done\": 5}')", "ok", 0),
    ("print('{\"done\": 4}')", "TOO FEW", 0),
    ('print(\'{"done": 5, "found": 3}\')', "FAILED", 3),
    ("print('{\"done\": 5}'); raise SystemExit(3)", "FAILED", 1),
    ("print('needs mkfs.xfs'); raise SystemExit(2)", "NOT RUN", 0),
    ("print('lost'); raise SystemExit(1)", "FAILED", 1),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "FAILED", 1),
    ("print('said nothing in JSON')", "TOO FEW", 0),
]


@pytest.mark.parametrize(("program", "word", "violations"), PROGRAMS)
def test_a_part_passes_only_when_it_did_enough_and_found_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: str,
    word: str,
    violations: int,
) -> None:
    good, tried = part("print('{\"done\": 5}')"), part(program)
    outcomes = [run(good, tmp_path), run(tried, tmp_path)]

    assert outcomes[1].line().startswith(word)
    assert f"violations: {violations}" in summary(outcomes)
    monkeypatch.setattr(long_run, "parts", lambda _: [good, tried])
    assert main(["--logs", str(tmp_path)]) == (0 if word == "ok" else 1)
    assert f"violations: {violations}" in capsys.readouterr().out


def test_no_part_of_that_name_is_no_success(tmp_path: Path) -> None:
    assert main(["--logs", str(tmp_path), "--only", "nothing"]) == 1
