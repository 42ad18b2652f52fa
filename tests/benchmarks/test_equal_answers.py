"""The harness itself on a set of seconds: everybody's answers are those of the written rule, and a
wrong one, a missed goal or a failed section does not pass unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks import build_section
from tests.benchmarks.data_set import Size, provide
from tests.benchmarks.gap_rule import HALF_HOUR
from tests.benchmarks.goals import FULL, QUICK, Goal
from tests.benchmarks.ours import NAME, Meterbook, snapshot_stands
from tests.benchmarks.peer_tables import PeerTables, tables_of
from tests.benchmarks.peers.pandas_peer import Pandas
from tests.benchmarks.peers.sqlite import Sqlite
from tests.benchmarks.query_section import WAYS, compare
from tests.benchmarks.questions import Rule, questions
from tests.benchmarks.report import Report
from tests.benchmarks.timing import Asked, side_by_side

TINY = Size(80, 6)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> PeerTables:
    target = provide(TINY, folder=tmp_path_factory.mktemp("bench"))
    snapshot_stands(target)
    return tables_of(target)


@pytest.fixture
def report() -> Report:
    return Report(QUICK, Console(file=StringIO()))


@pytest.fixture
def ours(tables: PeerTables) -> Iterator[Meterbook]:
    found = Meterbook(tables)
    yield found
    found.close()


def test_ours_are_the_answers_of_the_rule(
    tables: PeerTables, report: Report, ours: Meterbook
) -> None:
    for question in questions(tables):
        assert compare(report, Rule(tables), NAME, question, partial(ours.answer, question))
    assert not report.wrong


def test_the_set_has_gaps_and_readings_off_the_half_hour(tables: PeerTables) -> None:
    assert 0.003 < tables.estimated.mean() < 0.01
    assert (tables.rows["read_at"] % HALF_HOUR != 0).any()


@pytest.mark.parametrize("name", ["SQLite", "pandas"])
def test_a_peer_gives_the_same_answers(
    tables: PeerTables, report: Report, tmp_path: Path, name: str
) -> None:
    peer = Sqlite(tmp_path / "sqlite.db") if name == "SQLite" else Pandas()
    peer.load(tables)
    for question in questions(tables):
        for way in WAYS[question.asks]:
            assert compare(report, Rule(tables), name, question, getattr(peer, way.method))
    peer.close()
    assert not report.wrong


def test_a_wrong_answer_is_counted(tables: PeerTables, report: Report) -> None:
    usage = questions(tables)[0]
    right = Rule(tables)

    def off_by_one(*arguments: int) -> int:
        found = right.answer(usage, arguments)
        assert isinstance(found, int)
        return found + 1

    assert not compare(report, right, "nobody", usage, off_by_one)
    assert json.loads(report.as_json())["wrong_answers"] == len(report.wrong) > 0


def test_a_missed_goal_and_a_failed_section_are_told(report: Report) -> None:
    report.goals = {"Q1/nobody": Goal(at_least=10)}
    report.quicker("Q1/nobody", "Q1", 1.0, "nobody", 5.0)
    with report.section("broken"):
        raise OSError("no such thing")
    found = json.loads(report.as_json())
    assert (found["missed_goals"], found["failed_sections"]) == (1, 1)
    assert found["rows"][0]["held"] is False


def test_a_small_size_has_every_goal_of_the_full_one() -> None:
    assert QUICK.keys() == FULL.keys()
    assert all(goal.why for key, goal in QUICK.items() if goal != FULL[key])


def test_bytes_and_times_are_taken(tables: PeerTables, report: Report, ours: Meterbook) -> None:
    build_section.bytes_a_reading(tables.target, report)
    assert all(row.ours.value > 0 for row in report.rows)
    usage = questions(tables)[0]
    rule = Asked(Rule(tables).answer, [(usage, arguments) for arguments in usage.arguments])
    mine, theirs = side_by_side(ours.asked(usage), [rule], seconds=0.01)
    assert mine > 0
    assert theirs > 0
