"""Price series of a home: a price for every half hour, published once and kept.

The same price again is a duplicate; another price for the same time is a conflict, as bills may
have been made from the stored one. A corrected series gets another name.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
from sqlalchemy import Connection, func, insert, select

from data_layer.errors import Conflict, NotFound
from data_layer.storage.database import Database
from data_layer.tariffs.model import Prices
from data_layer.tariffs.tables import prices as table

AT_ONCE = 200
"""Rows of one statement: their parameters stay below every database's limit."""
Point = tuple[int, int, Decimal]
"""Start, end, price per kWh."""


@dataclass(frozen=True, slots=True)
class PricesEntered:
    """What became of a file's prices."""

    added: int
    known: int


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """How far a price series reaches; epoch seconds, half-open."""

    name: str
    start: int
    end: int
    prices: int
    has_gaps: bool


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The table of prices."""

    database: Database

    def get(self, series: str, start: int, end: int) -> Prices:
        """The prices of a series that reach into [start, end).

        Raises NotFound when there is none, Conflict when they leave a gap inside the period.
        """
        with self.database.read() as connection:
            points = _points(connection, series, start, end)
        if not points:
            raise NotFound(f"price series {series[:40]!r} has no price in this period.")
        for before, after in pairwise(points):
            if before[1] != after[0]:
                raise Conflict(f"price series {series!r} has a gap inside this period.")
        starts = np.array([point[0] for point in points], dtype=np.int64)
        return Prices(series, starts, tuple(point[2] for point in points), points[-1][1])

    def stored(self) -> list[StoredSeries]:
        """Every series there is, by name."""
        wanted = (
            select(
                table.c.series,
                func.min(table.c.start),
                func.max(table.c.end),
                func.count(),
                func.sum(table.c.end - table.c.start),
            )
            .group_by(table.c.series)
            .order_by(table.c.series)
        )
        with self.database.read() as connection:
            return [
                StoredSeries(name, start, end, count, has_gaps=int(covered) != end - start)
                for name, start, end, count, covered in connection.execute(wanted)
            ]

    def plan(self, prices: Prices) -> PricesEntered:
        """What entering a series would do; nothing is written. Raises Conflict."""
        with self.database.read() as connection:
            new, known = _news(connection, prices)
        return PricesEntered(len(new), known)

    def enter(self, connection: Connection, prices: Prices) -> PricesEntered:
        """Add what is new of a series in the caller's write transaction.

        Raises Conflict when a stored price differs or overlaps.
        """
        new, known = _news(connection, prices)
        rows = [
            {"series": prices.name, "start": start, "end": end, "price": f"{price:f}"}
            for start, end, price in new
        ]
        for place in range(0, len(rows), AT_ONCE):
            connection.execute(insert(table), rows[place : place + AT_ONCE])
        return PricesEntered(len(new), known)


def _news(connection: Connection, prices: Prices) -> tuple[list[Point], int]:
    """Prices that are not stored yet, and how many are. Raises Conflict."""
    ends = [*prices.starts[1:].tolist(), prices.end]
    given = list(zip(prices.starts.tolist(), ends, prices.price, strict=True))
    stored = set(_points(connection, prices.name, given[0][0], prices.end))
    new = [point for point in given if point not in stored]
    for before, after in pairwise(sorted([*stored, *new])):
        if after[0] < before[1]:
            raise Conflict(
                f"price series {prices.name!r} has another price stored for a time of this "
                "file: prices are published once; use another series.",
                field="price",
            )
    return new, len(given) - len(new)


def _points(connection: Connection, series: str, start: int, end: int) -> list[Point]:
    wanted = (
        select(table.c.start, table.c.end, table.c.price)
        .where(table.c.series == series, table.c.end > start, table.c.start < end)
        .order_by(table.c.start)
    )
    return [(begin, stop, Decimal(price)) for begin, stop, price in connection.execute(wanted)]
