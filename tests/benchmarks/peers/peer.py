"""What every peer can be asked: the questions Meterbook answers, in the peer's own best way.

Half hours and totals come back as whole columns (Wh, estimated Wh), so that nobody pays for
building Python objects but who has no columns.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from tests.benchmarks.peer_tables import PeerTables

Ints = npt.NDArray[np.int64]


class Use(NamedTuple):
    """Consumption a bucket and the estimated part of it, Wh."""

    wh: Ints
    estimated: Ints


class Rows(NamedTuple):
    """One page of single readings (meter number, instant, Wh), and how many match in all."""

    total: int
    page: list[tuple[int, int, int]]


class Peer(Protocol):
    """One engine, set up with a set's tables."""

    name: str

    @property
    def version(self) -> str: ...

    def load(self, tables: PeerTables) -> None:
        """Make its database, or attach the one kept from an earlier run."""

    def close(self) -> None:
        """Give everything back."""

    def usage(self, meter: int, start: int, end: int) -> int:
        """Q1: Wh of one meter over [start, end)."""

    def half_hours(self, meter: int, start: int, end: int) -> Use:
        """Q2: one meter's half hours over [start, end)."""

    def totals_by_rollup(self, region: int, start: int, end: int, unit: str) -> Use:
        """Q3 from use per group and hour: a region by hour, day or month."""

    def totals_by_prefix(self, region: int, start: int, end: int, unit: str) -> Use:
        """Q3 from running totals."""

    def top_by_day(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        """Q4 from use per meter and day: (meter number, Wh), the most first."""

    def top_by_midnight(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        """Q4 from the register at midnight."""

    def rows(self, day: int, contains: str, limit: int) -> Rows:
        """Q5: readings of the day at whose midnight it is, of meters whose id contains a text,
        the highest registers first."""


class Declined(Exception):
    """The peer is not on this machine or cannot be started; the table says why."""


def half_hours_from(wh: Ints, estimated: Ints) -> Use:
    """Use between consecutive registers; estimated where one of the two was not read."""
    used = np.diff(wh)
    guessed = (estimated[1:] != 0) | (estimated[:-1] != 0)
    return Use(used, np.where(guessed, used, 0))


def from_prefix(wh: Ints, estimated: Ints) -> Use:
    return Use(np.diff(wh), np.diff(estimated))
