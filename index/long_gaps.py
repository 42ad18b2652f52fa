"""Silences too long to be written out: a formula instead of weeks of interpolated slots.

A meter read once in 1998 and again today must not cost ten thousand blocks. Where two readings
of one segment have more than LONGEST_FILLED whole blocks between them, those blocks hold no
lines; U inside is computed from the two readings when somebody asks.

    reading t0        whole blocks without a line          reading t1
    |....block....|=====================================|....block....|
                  low (slot)                            high (slot)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.columns import LONGEST_FILLED, Columns
from index.grid import SLOTS, Grid
from index.history import Ints, Mask, interpolated


@dataclass(frozen=True, eq=False)
class LongGaps:
    """Sorted by (row, t0). `low` and `high` bound the slots for which the formula stands in."""

    rows: Ints
    t0: Ints
    t1: Ints
    u0: Ints
    u1: Ints
    low: Ints
    high: Ints

    @classmethod
    def of(cls, columns: Columns, total: Ints, grid: Grid) -> LongGaps:
        """The long gaps between consecutive readings of one segment."""
        before = np.flatnonzero(columns.grows)
        low = grid.block(columns.times[before]) + 1
        high = grid.block(columns.times[before + 1])
        long = high - low > LONGEST_FILLED
        before = before[long]
        return cls(
            columns.rows[before],
            columns.times[before],
            columns.times[before + 1],
            total[before],
            total[before + 1],
            low[long] * SLOTS,
            high[long] * SLOTS,
        )

    @classmethod
    def none(cls) -> LongGaps:
        return cls(*[np.zeros(0, dtype=np.int64)] * 7)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: Mask | Ints) -> LongGaps:
        return LongGaps(
            self.rows[chosen],
            self.t0[chosen],
            self.t1[chosen],
            self.u0[chosen],
            self.u1[chosen],
            self.low[chosen],
            self.high[chosen],
        )

    def total_at(self, slots: Ints, grid: Grid) -> Ints:
        """U at each slot, clipped into the gap: shape (gaps, slots)."""
        inside = np.clip(slots[None, :], self.low[:, None], self.high[:, None])
        at = grid.time(inside)
        ends = (self.u0, self.u1, self.t0, self.t1)
        u0, u1, t0, t1 = (np.broadcast_to(column[:, None], at.shape) for column in ends)
        return interpolated(u0, u1, t0, t1, at)

    def touching(self, low: int, high: int) -> LongGaps:
        """Those whose formula is needed somewhere in the slots [low, high]."""
        return self.take((self.low <= high) & (self.high >= low)) if len(self) else self


def stacked(parts: list[LongGaps]) -> LongGaps:
    """All gaps of the parts, sorted by (row, t0)."""
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("rows", "t0", "t1", "u0", "u1", "low", "high")
    ]
    order = np.lexsort((columns[1], columns[0]))
    return LongGaps(*(column[order] for column in columns))
