"""The questions and their arguments: the same for everybody, drawn once from the set.

    Q1 usage         one meter over a period              from and to any half hour
    Q2 half hours    one meter, every whole day of the set
    Q3 totals        a region over all days by hour, day or month
    Q4 top           the 20 meters that used most over 30 days
    Q5 rows          100 readings of a day, highest registers first, meters whose id contains a text

`Rule` answers them from `gap_rule` alone: what it says is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tests.benchmarks.gap_rule import HALF_HOUR
from tests.benchmarks.peer_tables import DAY, PeerTables
from tests.benchmarks.peers.peer import Rows, Use, from_prefix, half_hours_from

UNITS = ("hour", "day", "month")
TOP_DAYS, TOP_METERS, PAGE = 30, 20, 100


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and with which arguments."""

    name: str
    text: str
    asks: str
    """usage, half_hours, totals, top or rows."""
    arguments: Sequence[tuple[Any, ...]]

    def with_arguments(self, arguments: Sequence[tuple[Any, ...]]) -> Question:
        return replace(self, arguments=arguments)


def questions(tables: PeerTables) -> list[Question]:
    """In the order of the table."""
    random = np.random.default_rng(7)
    meters, slots = len(tables.meters), tables.whole_days * 48
    start, end = tables.start, tables.start + tables.whole_days * DAY
    periods = []
    for meter in random.integers(0, meters, 256).tolist():
        first, last = sorted(random.choice(slots + 1, 2, replace=False).tolist())
        periods.append((meter, start + first * HALF_HOUR, start + last * HALF_HOUR))
    some = random.integers(0, meters, 64).tolist()
    regions = range(len(tables.regions))
    top_days = min(TOP_DAYS, tables.whole_days)
    latest = tables.whole_days - top_days
    return [
        Question("Q1", "Q1 usage of a meter over a period", "usage", periods),
        Question(
            "Q2",
            f"Q2 a meter's half hours over {tables.whole_days} days",
            "half_hours",
            [(meter, start, end) for meter in some],
        ),
        *(
            Question(
                f"Q3 {unit}",
                f"Q3 a region by {unit} over {tables.whole_days} days",
                "totals",
                [(region, start, end, unit) for region in regions],
            )
            for unit in UNITS
        ),
        Question(
            "Q4",
            f"Q4 top {TOP_METERS} of all meters over {top_days} days",
            "top",
            [
                (start + first * DAY, start + (first + top_days) * DAY, TOP_METERS)
                for first in random.integers(0, latest + 1, 16).tolist()
            ],
        ),
        Question(
            "Q5",
            f"Q5 {PAGE} rows of a day, filtered, sorted by register",
            "rows",
            [(day, "7", PAGE) for day in tables.row_days],
        ),
    ]


class Rule:
    """Right answers."""

    def __init__(self, tables: PeerTables) -> None:
        self._tables = tables

    def answer(self, question: Question, arguments: tuple[Any, ...]) -> object:
        return getattr(self, f"_{question.asks}")(*arguments)

    def _slot(self, at: int) -> int:
        return (at - self._tables.start) // HALF_HOUR

    def _usage(self, meter: int, start: int, end: int) -> int:
        wh = self._tables.wh[meter]
        return int(wh[self._slot(end)] - wh[self._slot(start)])

    def _half_hours(self, meter: int, start: int, end: int) -> Use:
        chosen = slice(self._slot(start), self._slot(end) + 1)
        return half_hours_from(
            self._tables.wh[meter, chosen], self._tables.estimated[meter, chosen]
        )

    def _totals(self, region: int, start: int, end: int, unit: str) -> Use:
        edges = self._tables.target.zone.boundaries(start, end, unit)
        at = [self._slot(edge) for edge in edges.tolist()]
        members = np.flatnonzero(self._tables.region_of == region)
        wh, guessed = self._tables.wh[members], self._tables.estimated[members]
        used = np.diff(wh, axis=1)
        estimated = np.where(guessed[:, 1:] | guessed[:, :-1], used, 0).sum(axis=0)
        running = np.concatenate(([0], np.cumsum(estimated)))
        return from_prefix(wh[:, at].sum(axis=0), running[at])

    def _top(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        wh = self._tables.wh
        used = wh[:, self._slot(end)] - wh[:, self._slot(start)]
        order = np.lexsort((np.arange(len(used)), -used))[:limit]
        return [(int(meter), int(used[meter])) for meter in order]

    def _rows(self, day: int, contains: str, limit: int) -> Rows:
        rows = self._tables.rows
        named = np.array([contains in meter_id for meter_id in self._tables.meters])
        inside = (rows["read_at"] >= day) & (rows["read_at"] < day + DAY) & named[rows["meter"]]
        found = {name: column[inside] for name, column in rows.items()}
        order = np.lexsort((found["read_at"], found["meter"], found["wh"]))[::-1][:limit]
        page = (found[name][order].tolist() for name in ("meter", "read_at", "wh"))
        return Rows(int(inside.sum()), list(zip(*page, strict=True)))


def same(one: object, other: object) -> bool:
    """Whether two answers are equal, column by column where they have columns."""
    if isinstance(one, Use) and isinstance(other, Use):
        return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)
