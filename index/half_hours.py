"""From U at slot boundaries to energy per half hour: how much, and how much of it is a guess."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from index.grid import Grid
from index.history import Ints, Mask
from index.long_gaps import LongGaps
from index.segments import Segments


class HalfHours(NamedTuple):
    """Two (rows, half hours) arrays of Wh: all of it, and the estimated part."""

    energy: Ints
    estimated: Ints


def half_hours(
    total: Ints, read: Mask, rows: Ints, first: int, segments: Segments, grid: Grid
) -> HalfHours:
    """Half hours from the slots first, first + 1, ... at which `total` and `read` are given.

    `rows` are the rows' numbers in `segments`, ascending or not.
    """
    energy = np.diff(total, axis=1)
    measured = read[:, :-1] & read[:, 1:]
    row, half_hour = segments.cut_half_hours(rows, grid)
    column = half_hour - first
    inside = (column >= 0) & (column < energy.shape[1])
    measured[row[inside], column[inside]] = False
    return HalfHours(energy, np.where(measured, 0, energy))


def without_long_gaps(found: HalfHours, rows: Ints, first: int, gaps: LongGaps) -> HalfHours:
    """Zero where a long gap's formula answers, so that nothing is counted twice."""
    last = first + found.energy.shape[1]
    gaps = gaps.touching(first, last)
    if len(gaps):
        row_of = {row: n for n, row in enumerate(rows.tolist())}
        for row, low, high in zip(
            gaps.rows.tolist(), gaps.low.tolist(), gaps.high.tolist(), strict=True
        ):
            if row in row_of:
                span = slice(max(0, low - first), max(0, high - first))
                found.energy[row_of[row], span] = 0
                found.estimated[row_of[row], span] = 0
    return found
