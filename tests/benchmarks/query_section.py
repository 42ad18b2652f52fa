"""Q1 to Q5: answers compared with the written rule first, then timed, peer after peer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.benchmarks.ours import NAME, Meterbook
from tests.benchmarks.peer_tables import PeerTables
from tests.benchmarks.peers.peer import Peer
from tests.benchmarks.questions import Question, Rule, questions, same
from tests.benchmarks.report import Report
from tests.benchmarks.timing import Asked, once, side_by_side

CHECKED = 24
"""Answers of each question that are compared before it is timed."""


@dataclass(frozen=True, slots=True)
class Way:
    """One of a peer's ways to answer a question."""

    method: str
    beside: str = ""
    """Said after the peer's name; goals name it too."""


WAYS: dict[str, tuple[Way, ...]] = {
    "usage": (Way("usage"),),
    "half_hours": (Way("half_hours"),),
    "totals": (Way("totals_by_rollup"), Way("totals_by_prefix", " prefix")),
    "top": (Way("top_by_day"), Way("top_by_midnight", " midnight")),
    "rows": (Way("rows"),),
}


class QuerySection:
    """Times Meterbook beside one peer at a time, so that both see the same machine."""

    def __init__(self, tables: PeerTables, report: Report, *, seconds: float) -> None:
        """`seconds` a round takes on either side."""
        self._seconds = seconds
        self._tables = tables
        self._report = report
        self._rule = Rule(tables)
        self._questions = questions(tables)
        self._ours = Meterbook(tables)
        self._first_touch = 0.0
        self._rows_again = 0.0
        self._quickest_rows: tuple[str, float] | None = None

    def close(self) -> None:
        self._ours.close()

    def check_ours(self) -> None:
        """Compare ours with the rule; on the way, the first touch of each day is timed."""
        for question in self._questions:
            with self._report.attempt(f"{question.name}, {NAME}"):
                self._check_one(question)

    def _check_one(self, question: Question) -> None:
        if question.asks == "rows":
            (asked,) = self._ours.asked(question)
            self._first_touch = min(once(asked.call, *some) for some in asked.arguments)
        compare(self._report, self._rule, NAME, question, partial(self._ours.answer, question))

    def against(self, peer: Peer) -> None:
        """Load a peer, compare its answers, time both in turn."""
        peer.load(self._tables)
        self._report.versions[peer.name] = peer.version
        for question in self._questions:
            for way in WAYS[question.asks]:
                with self._report.attempt(f"{question.name}, {peer.name}{way.beside}"):
                    self._one(peer, question, way)

    def _one(self, peer: Peer, question: Question, way: Way) -> None:
        ask: Callable[..., object] = getattr(peer, way.method)
        name = peer.name + way.beside
        if not compare(self._report, self._rule, name, question, ask):
            return
        mine = self._ours.asked(question)
        ours, theirs = side_by_side(mine, [Asked(ask, question.arguments)], seconds=self._seconds)
        if question.asks == "rows":
            self._rows_again = ours
            if self._quickest_rows is None or theirs < self._quickest_rows[1]:
                self._quickest_rows = (name, theirs)
            ours = self._first_touch
            text = f"{question.text}: first touch"
        else:
            text = question.text
        self._report.quicker(f"{question.name}/{name}", text, ours, name, theirs)

    def best_of_rows(self) -> None:
        """Q5 against whichever peer was the quickest."""
        if self._quickest_rows is None:
            return
        name, theirs = self._quickest_rows
        question = self._questions[-1]
        first, again = self._first_touch, self._rows_again
        text = question.text
        self._report.quicker(
            "Q5 first/best peer", f"{text}: first touch", first, f"best peer ({name})", theirs
        )
        self._report.quicker(
            "Q5 again/best peer", f"{text}: asked again", again, f"best peer ({name})", theirs
        )


def compare(
    report: Report, rule: Rule, who: str, question: Question, ask: Callable[..., object]
) -> bool:
    """Whether answers equal the rule's; each that does not is counted."""
    wrong = 0
    for arguments in _some(question.arguments):
        right = same(ask(*arguments), rule.answer(question, arguments))
        report.check(f"{who}: {question.text}, {arguments}", right=right)
        wrong += not right
    return not wrong


def _some(arguments: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    return arguments[:CHECKED]
