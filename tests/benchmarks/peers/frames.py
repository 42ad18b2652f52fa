"""What the two libraries of frames share: where a meter's rows stand.

Every meter has as many half hours, so that its rows are found by position, which is the quickest
either library can do.
"""

from __future__ import annotations

from tests.benchmarks.gap_rule import HALF_HOUR
from tests.benchmarks.peer_tables import PeerTables

BUCKET = {"hour": "read_at", "day": "day", "month": "month"}
"""The column of `hourly` that groups by a unit."""


class Frames:
    """Frames in memory: nothing to close."""

    def close(self) -> None:
        """Frames go with the object."""

    def stretch(self, tables: PeerTables, meter: int, start: int, end: int) -> tuple[int, int]:
        """First row and number of rows of the half hours from start to end, both included."""
        width = tables.wh.shape[1]
        return meter * width + (start - tables.start) // HALF_HOUR, (end - start) // HALF_HOUR + 1
