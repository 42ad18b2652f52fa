"""The ratios to reach, written down once: what `make bench` holds Meterbook to, at either size.

    at least n   the peer's time over ours: how many times quicker we are
    at most n    ours over the peer's, or an amount of our own

`aim` is the second figure of a goal that has two: it is told, not held.

A million readings are another question than forty-three million. What a peer does there is mostly
its fixed price of being asked, and what we do once a file or once a rebuild is spread over 232
meters instead of 10,000; where that moves a ratio, QUICK says by how much and why.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A bar. Exactly one of the two is set."""

    at_least: float | None = None
    at_most: float | None = None
    aim: float | None = None
    unit: str = "x"
    why: str = ""
    """At the small size: why it differs from the full one."""

    def is_held_by(self, figure: float) -> bool:
        if self.at_least is not None:
            return figure >= self.at_least
        return self.at_most is not None and figure <= self.at_most

    @property
    def text(self) -> str:
        sign, bar = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most)
        told = f"{sign} {bar:g}{self._unit}"
        return told if self.aim is None else f"{told}, aim {sign} {self.aim:g}{self._unit}"

    @property
    def _unit(self) -> str:
        return self.unit if self.unit == "x" else f" {self.unit}"


FULL: dict[str, Goal] = {
    "rebuild/pyarrow": Goal(at_most=1.3, aim=0.85),
    "rebuild/DuckDB": Goal(at_least=10),
    "add a day/pyarrow": Goal(at_most=1.2, aim=1.0),
    "add a day/rebuild": Goal(at_least=60),
    "accept/raw": Goal(at_least=0.9),
    "accept/SQLite": Goal(at_least=12),
    "accept/PostgreSQL": Goal(at_least=15),
    "single accept/raw": Goal(at_least=0.9),
    "64 in flight/single": Goal(at_least=18),
    "bytes/open": Goal(at_most=4.5, unit="bytes"),
    "bytes/closed": Goal(at_most=2.3, unit="bytes"),
    "Q1/SQLite": Goal(at_least=10),
    "Q1/PostgreSQL": Goal(at_least=75),
    "Q2/SQLite": Goal(at_least=200),
    "Q3 hour/DuckDB": Goal(at_least=500),
    "Q3 day/DuckDB": Goal(at_least=500),
    "Q3 month/DuckDB": Goal(at_least=500),
    "Q3 hour/SQLite prefix": Goal(at_least=20),
    "Q3 day/SQLite prefix": Goal(at_least=20),
    "Q3 month/SQLite prefix": Goal(at_least=20),
    "Q4/DuckDB": Goal(at_least=150),
    "Q4/SQLite": Goal(at_least=150),
    "Q5 first/best peer": Goal(at_least=40),
    "Q5 again/best peer": Goal(at_least=8_000),
    "attach": Goal(at_most=1, unit="ms"),
    "serving": Goal(at_most=2, unit="s"),
    "memory": Goal(at_most=250, unit="MB"),
    "recovery": Goal(at_most=5, unit="s"),
    "http/usage": Goal(at_least=1_500, unit="requests/s"),
    "http/chart": Goal(at_least=400, unit="requests/s"),
    "http/chart p95": Goal(at_most=100, unit="ms"),
}

_OVERHEAD = "90 files of 11,000 rows: opening, checking and syncing them weighs more than rows"
_FEW_METERS = "232 meters: the peer sums 43 times fewer rows, its fixed price stays"
QUICK: dict[str, Goal] = FULL | {
    "rebuild/pyarrow": Goal(at_most=4, why=_OVERHEAD),
    "rebuild/DuckDB": Goal(at_least=5, why=_OVERHEAD),
    "add a day/pyarrow": Goal(at_most=4, why="11,000 rows are 2 ms of parsing"),
    "add a day/rebuild": Goal(at_least=15, why=_OVERHEAD),
    "bytes/open": Goal(at_most=6.5, unit="bytes", why="26 cells' sums over 232 meters, not 10,000"),
    "bytes/closed": Goal(at_most=4.5, unit="bytes", why="the same"),
    "Q3 hour/DuckDB": Goal(at_least=300, why=_FEW_METERS),
    "Q3 day/DuckDB": Goal(at_least=300, why=_FEW_METERS),
    "Q3 month/DuckDB": Goal(at_least=300, why=_FEW_METERS),
    "Q4/DuckDB": Goal(at_least=50, why=_FEW_METERS),
    "Q4/SQLite": Goal(at_least=50, why=_FEW_METERS),
    "Q5 first/best peer": Goal(at_least=4, why=_FEW_METERS),
    "Q5 again/best peer": Goal(at_least=100, why=_FEW_METERS),
}
