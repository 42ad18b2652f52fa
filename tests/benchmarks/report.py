"""What a run found: rows of work, ours, peer, ratio and goal; growth; what failed or was wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from rich.console import Console

from tests.benchmarks.goals import Goal


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount with its unit: s, bytes, readings/s, ..."""

    value: float
    unit: str = "s"

    def __str__(self) -> str:
        if self.unit == "s":
            for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
                if self.value >= size or unit == "us":
                    return f"{_digits(self.value / size)} {unit}"
        if self.unit.endswith("/s") and self.value >= 10_000:
            large = self.value >= 1e6
            amount = _digits(self.value / (1e6 if large else 1e3))
            return f"{amount} {'M' if large else 'k'} {self.unit}"
        return f"{_digits(self.value)} {self.unit}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    work: str
    ours: Figure
    peer: str = ""
    theirs: Figure | None = None
    figure: float | None = None
    """What the goal is held against: a ratio, or an amount of our own."""
    goal: Goal | None = None

    @property
    def held(self) -> bool | None:
        """None where no goal is set: shown beside."""
        if self.goal is None or self.figure is None:
            return None
        return self.goal.is_held_by(self.figure)

    @property
    def ratio(self) -> str:
        if self.figure is None:
            return ""
        return f"{_digits(self.figure)}x" if self.theirs is not None else ""

    @property
    def told(self) -> str:
        return {None: "", True: "held", False: "MISSED"}[self.held]


@dataclass
class Report:
    """Collects what the sections find. A section that fails leaves the others alone."""

    goals: Mapping[str, Goal]
    console: Console
    rows: list[Row] = field(default_factory=list)
    growth: list[tuple[str, list[Figure]]] = field(default_factory=list)
    growth_sizes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    """Peers that are not on this machine, and why."""
    wrong: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """A part of the run, announced and timed as a whole."""
        self.console.print(f"[bold]{name}[/bold]")
        begun = perf_counter()
        with self.attempt(name):
            yield
        self.seconds[name] = perf_counter() - begun

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Whatever is raised in it is told, counted and does not end the run."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the rest is to be measured
            self.failed[name] = f"{type(error).__name__}: {error}"
            self.console.print_exception(max_frames=4)

    def quicker(self, key: str, work: str, ours: float, peer: str, theirs: float) -> None:
        """How many times quicker than a peer; held when a goal stands under the key."""
        goal = self.goals.get(key)
        self._add(Row(work, Figure(ours), peer, Figure(theirs), theirs / ours, goal))

    def cost(self, key: str, work: str, ours: float, peer: str, theirs: float) -> None:
        """Our time as a multiple of the peer's."""
        goal = self.goals.get(key)
        self._add(Row(work, Figure(ours), peer, Figure(theirs), ours / theirs, goal))

    def rate(self, key: str, work: str, ours: float, peer: str, theirs: float, unit: str) -> None:
        """How many times the peer's throughput."""
        figures = Figure(ours, unit), Figure(theirs, unit)
        self._add(Row(work, figures[0], peer, figures[1], ours / theirs, self.goals.get(key)))

    def own(self, key: str, work: str, amount: float, unit: str) -> None:
        """An amount of our own; a goal's unit is the amount's."""
        self._add(Row(work, Figure(amount, unit), figure=amount, goal=self.goals.get(key)))

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        against = f" | {row.peer} {row.theirs} | {row.ratio}" if row.theirs else ""
        goal = f" | {row.goal.text} {row.told}" if row.goal else ""
        self.console.print(f"  {row.work}: {row.ours}{against}{goal}", highlight=False)

    def check(self, what: str, *, right: bool) -> None:
        """Count a wrong answer."""
        if not right:
            self.wrong.append(what)
            self.console.print(f"  [red]wrong answer[/red] {what}")

    @property
    def missed(self) -> list[Row]:
        return [row for row in self.rows if row.held is False]

    def as_json(self) -> str:
        """One line for machines."""
        found = {
            "wrong_answers": len(self.wrong),
            "missed_goals": len(self.missed),
            "failed_sections": len(self.failed),
            "wrong": self.wrong,
            "missed": [f"{row.work} / {row.peer}" if row.peer else row.work for row in self.missed],
            "failed": self.failed,
            "unavailable": self.unavailable,
            "rows": [
                {
                    "work": row.work,
                    "ours": row.ours.value,
                    "unit": row.ours.unit,
                    "peer": row.peer or None,
                    "theirs": None if row.theirs is None else row.theirs.value,
                    "ratio": row.figure if row.theirs is not None else None,
                    "goal": None if row.goal is None else row.goal.text,
                    "held": row.held,
                }
                for row in self.rows
            ],
        }
        return json.dumps(found, ensure_ascii=False)
