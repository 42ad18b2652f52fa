"""The questions in SQL, shared by the four peers that speak it; each keeps its own dialect apart.

Every statement is prepared once and asked with parameters. Tables and keys are those of
`peer_tables`; what is an index, a sorted table or a partition is each engine's own matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from tests.benchmarks.peer_tables import HOUR, ROW_DAYS, Columns, PeerTables
from tests.benchmarks.peers.peer import Ints, Rows, Use, from_prefix, half_hours_from

UNITS = ("hour", "day", "month")
USAGE = (
    "SELECT (SELECT wh FROM register WHERE meter = ? AND read_at = ?)"
    " - (SELECT wh FROM register WHERE meter = ? AND read_at = ?)"
)
HALF_HOURS = (
    "SELECT wh, estimated FROM register"
    " WHERE meter = ? AND read_at >= ? AND read_at <= ? ORDER BY read_at"
)
_BUCKET = {"hour": "read_at", "day": "day", "month": "month"}
ROLLUP = {
    unit: "SELECT sum(wh), sum(estimated) FROM hourly"  # noqa: S608 - our names
    " WHERE region = ? AND read_at >= ? AND read_at < ?"
    f" GROUP BY {bucket} ORDER BY {bucket}"
    for unit, bucket in _BUCKET.items()
}
PREFIX = {
    unit: f"SELECT wh, estimated FROM prefix_{unit}"  # noqa: S608 - our names
    " WHERE region = ? AND read_at >= ? AND read_at <= ? ORDER BY read_at"
    for unit in UNITS
}
TOP_BY_DAY = (
    "SELECT meter, sum(wh) AS used FROM daily WHERE day >= ? AND day < ?"
    " GROUP BY meter ORDER BY used DESC, meter LIMIT ?"
)
TOP_BY_MIDNIGHT = (
    "SELECT b.meter, b.wh - a.wh AS used FROM midnight a JOIN midnight b ON b.meter = a.meter"
    " WHERE a.day = ? AND b.day = ? ORDER BY used DESC, b.meter LIMIT ?"
)
_MATCHING = (
    "FROM rows_of_days WHERE read_at >= ? AND read_at < ?"
    " AND meter IN (SELECT meter FROM meters WHERE meter_id LIKE ?)"
)
COUNT_ROWS = f"SELECT count(*) {_MATCHING}"
PAGE_OF_ROWS = (
    f"SELECT meter, read_at, wh {_MATCHING} ORDER BY wh DESC, meter DESC, read_at DESC LIMIT ?"
)
TABLES = (
    "register", "daily", "midnight", "hourly", *(f"prefix_{unit}" for unit in UNITS),
    "rows_of_days",
)  # fmt: skip
METERS_AT_ONCE = 500


class SqlPeer(ABC):
    """Asks in SQL. A dialect gives `ask` for rows of Python values and `columns` for arrays."""

    name = ""
    top_statement = TOP_BY_DAY
    """Q4 in the words that are quickest for the engine."""

    @abstractmethod
    def ask(self, statement: str, values: Sequence[int | str]) -> list[tuple[int, ...]]:
        """The rows of an answer."""

    def columns(self, statement: str, values: Sequence[int | str]) -> tuple[Ints, Ints]:
        """Two columns of an answer."""
        found = np.array(self.ask(statement, values), dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def usage(self, meter: int, start: int, end: int) -> int:
        return int(self.ask(USAGE, (meter, end, meter, start))[0][0])

    def half_hours(self, meter: int, start: int, end: int) -> Use:
        return half_hours_from(*self.columns(HALF_HOURS, (meter, start, end)))

    def totals_by_rollup(self, region: int, start: int, end: int, unit: str) -> Use:
        return Use(*self.columns(ROLLUP[unit], (region, start, end)))

    def totals_by_prefix(self, region: int, start: int, end: int, unit: str) -> Use:
        return from_prefix(*self.columns(PREFIX[unit], (region, start, end)))

    def top_by_day(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        return [(row[0], int(row[1])) for row in self.ask(self.top_statement, (start, end, limit))]

    def top_by_midnight(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        return [(row[0], int(row[1])) for row in self.ask(TOP_BY_MIDNIGHT, (start, end, limit))]

    def rows(self, day: int, contains: str, limit: int) -> Rows:
        asked = (day, day + 24 * HOUR, f"%{contains}%")
        total = self.ask(COUNT_ROWS, asked)[0][0]
        page = self.ask(PAGE_OF_ROWS, (*asked, limit))
        return Rows(int(total), [(row[0], row[1], row[2]) for row in page])


def rows_to_load(tables: PeerTables) -> Columns:
    """Single readings in order of (read_at, meter): the order they are asked in."""
    order = np.lexsort((tables.rows["meter"], tables.rows["read_at"]))
    assert len(np.unique(tables.rows["read_at"] // 86_400)) <= ROW_DAYS + 1
    return {name: column[order] for name, column in tables.rows.items()}


def small_tables(tables: PeerTables) -> dict[str, Columns]:
    """All tables but `register`, which comes in parts, and `meters`, which holds words."""
    found = {
        "daily": tables.daily(),
        "midnight": tables.midnight(),
        "hourly": tables.hourly(),
        "rows_of_days": rows_to_load(tables),
    }
    found |= {f"prefix_{unit}": tables.prefix(unit) for unit in UNITS}
    return found
