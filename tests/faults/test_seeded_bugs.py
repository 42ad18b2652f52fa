"""The tests notice bugs: a few of the bank each time, all of them in `make faults`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.seeded_bugs import run
from tests.faults.seeded_bugs.model import Bug

PROJECT = Path(__file__).parents[2]
A_FEW = [
    "acknowledge before fdatasync",
    "no fsync of files in recovery",
    "ENOSPC leaves half a line",
    "registry written in place",
]
pytestmark = pytest.mark.faults


@pytest.mark.parametrize("bug", run.BUGS, ids=lambda bug: bug.name)
def test_no_bug_of_the_bank_is_rotten(bug: Bug) -> None:
    for edit in bug.edits:
        text = (PROJECT / edit.file).read_text()
        assert edit.applied(text) != text


def test_every_name_is_used_once() -> None:
    names = [bug.name for bug in run.BUGS]
    assert len(names) == len(set(names)) >= 25


@pytest.mark.timeout(900)
def test_a_few_bugs_are_caught() -> None:
    bugs = [bug for bug in run.BUGS if bug.name in A_FEW]
    assert len(bugs) == len(A_FEW)
    assert run.not_caught(run.run(bugs, jobs=1)) == {}
