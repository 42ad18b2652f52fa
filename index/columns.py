"""Readings of many rows in columns, and the gap rule carried out on all of them at once.

`fill` is the inner loop of refilled windows (build and the nightly day walk in `walking.py`).
It never visits a row or a reading by itself:
each reading is written to the first asked slot at or after it, a running maximum along the slots
then tells every slot its last reading, and only slots without a reading are interpolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.day_readings import DayReadings
from index.grid import Grid
from index.history import INITIAL, Bytes, Ints, Mask, interpolated

LONGEST_FILLED = 40
"""Whole blocks between two readings that are still written out, slot by slot."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Readings of rows 0..count-1, sorted by (row, time, kind)."""

    count: int
    rows: Ints
    times: Ints
    values: Ints
    kinds: Bytes

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def pointer(self) -> Ints:
        """Readings of row r are pointer[r]:pointer[r + 1]."""
        return np.searchsorted(self.rows, np.arange(self.count + 1))

    @cached_property
    def opens(self) -> Mask:
        """Readings that open a segment: a row's first, and every initial."""
        first = np.ones(len(self), dtype=np.bool_)
        first[1:] = self.rows[1:] != self.rows[:-1]
        found: Mask = first | (self.kinds == INITIAL)
        return found

    @cached_property
    def grows(self) -> Mask:
        """Readings after which the register is known until the row's next reading."""
        found = np.zeros(len(self), dtype=np.bool_)
        found[:-1] = ~self.opens[1:]
        return found

    def take(self, chosen: Mask | Ints) -> Columns:
        return Columns(
            self.count,
            self.rows[chosen],
            self.times[chosen],
            self.values[chosen],
            self.kinds[chosen],
        )

    def unrolled(self, anchors: Ints, anchored: Mask) -> Ints:
        """U at each reading. A row's first reading gets its anchor, else its own value."""
        steps = np.zeros(len(self), dtype=np.int64)
        steps[1:] = np.diff(self.values)
        steps[self.opens] = 0
        running = np.cumsum(steps)
        filled = np.flatnonzero(np.diff(self.pointer))
        first = self.pointer[filled]
        start = np.zeros(self.count, dtype=np.int64)
        start[filled] = (
            np.where(anchored[filled], anchors[filled], self.values[first]) - running[first]
        )
        result: Ints = running + start[self.rows]
        return result


def assemble(days: Sequence[DayReadings], rows_of: Sequence[Ints], count: int) -> Columns:
    """Bring days (in time order) into row order by counting, without comparing anything.

    `rows_of[n]` maps the codes of day n to rows. Within a day a code's readings stand together
    and in order, so each such run moves as a whole: O(readings).
    """
    runs = [_runs(day.code) for day in days]
    size = np.zeros(count + 1, dtype=np.int64)
    for day, rows, (start, length) in zip(days, rows_of, runs, strict=True):
        np.add.at(size, rows[day.code[start]] + 1, length)
    cursor = np.cumsum(size)
    total = int(cursor[-1])
    row_column = np.repeat(np.arange(count, dtype=np.int64), size[1:])
    times, values = np.empty(total, np.int64), np.empty(total, np.int64)
    kinds = np.empty(total, np.uint8)
    for day, rows, (start, length) in zip(days, rows_of, runs, strict=True):
        own = rows[day.code[start]]
        place = np.repeat(cursor[own] - start, length) + np.arange(len(day))
        cursor[own] += length
        times[place], values[place], kinds[place] = day.times, day.values, day.kinds
    return Columns(count, row_column, times, values, kinds)


def run_starts(code: npt.NDArray[np.integer]) -> Ints:
    """Where each stretch of equal codes begins."""
    change = np.flatnonzero(code[1:] != code[:-1]) + 1
    return np.concatenate((np.zeros(min(1, len(code)), np.int64), change))


def _runs(code: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
    """Start and length of each stretch of equal codes."""
    start = run_starts(code)
    return start, np.diff(np.concatenate((start, [len(code)])))


def fill(columns: Columns, total: Ints, slots: Ints, grid: Grid) -> tuple[Ints, Mask]:
    """U at each of the ascending slots for each row, and whether a reading stands exactly there.

    `total` is U at the readings. Returns two (rows, slots) arrays. Before a row's first reading
    and where nothing is known, U stands still; a row without readings is 0 throughout.
    """
    count, width = columns.count, len(slots)
    exact = grid.slot_after(columns.times)
    if width and int(slots[-1]) - int(slots[0]) == width - 1:
        place = np.clip(exact - int(slots[0]), 0, width)
    else:
        place = np.searchsorted(slots, exact)
    cell = columns.rows * (width + 1) + place
    last = np.ones(len(cell), dtype=np.bool_)
    last[:-1] = cell[1:] != cell[:-1]
    last &= place < width
    chosen = np.flatnonzero(last)
    cell = columns.rows[chosen] * width + place[chosen]

    before = np.full((count, width), -1, dtype=np.int32)
    before.reshape(-1)[cell] = chosen
    np.maximum.accumulate(before, axis=1, out=before)
    stands = grid.on_grid(columns.times[chosen]) & (exact[chosen] == slots[place[chosen]])
    read = np.zeros((count, width), dtype=np.bool_)
    read.reshape(-1)[cell[stands]] = True

    filled = np.diff(columns.pointer) > 0
    opening = np.zeros(count, dtype=np.int64)
    opening[filled] = total[columns.pointer[:-1][filled]]
    result: Ints = np.where(before < 0, opening[:, None], _take(total, before))
    row, column = np.nonzero(~read & (before >= 0))
    previous = before[row, column]
    between = columns.grows[previous]
    row, column, previous = row[between], column[between], previous[between].astype(np.int64)
    result[row, column] = interpolated(
        total[previous],
        total[previous + 1],
        columns.times[previous],
        columns.times[previous + 1],
        grid.time(slots[column]),
    )
    return result, read


def _take(total: Ints, place: np.typing.NDArray[np.int32]) -> Ints:
    """total[place] where place may be -1 (any value will do) and total may be empty."""
    if not len(total):
        return np.zeros(place.shape, dtype=np.int64)
    result: Ints = np.take(total, place, mode="wrap")
    return result


def same_readings(one: Columns, other: Columns) -> Mask:
    """Per row: do both hold exactly the same readings?"""
    sizes = np.diff(one.pointer), np.diff(other.pointer)
    same: Mask = sizes[0] == sizes[1]
    a, b = one.take(same[one.rows]), other.take(same[other.rows])
    differ = (a.times != b.times) | (a.values != b.values) | (a.kinds != b.kinds)
    same[a.rows[differ]] = False
    return same


def lines_needed(columns: Columns, grid: Grid) -> tuple[Ints, Ints]:
    """(row, block) pairs in which U moves or a reading stands, sorted, none twice.

    Those are the blocks with readings and the whole blocks of gaps short enough to be filled.
    """
    block = grid.block(columns.times)
    change = np.ones(len(columns), dtype=np.bool_)
    change[1:] = (columns.rows[1:] != columns.rows[:-1]) | (block[1:] != block[:-1])
    rows, blocks = columns.rows[change], block[change]
    between = np.zeros(len(columns), dtype=np.int64)
    between[:-1] = np.where(columns.grows[:-1], block[1:] - block[:-1] - 1, 0)
    gap = np.flatnonzero((between > 0) & (between <= LONGEST_FILLED))
    if not len(gap):
        return rows, blocks
    length = between[gap]
    inner = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    rows = np.concatenate((rows, np.repeat(columns.rows[gap], length)))
    blocks = np.concatenate((blocks, np.repeat(block[gap] + 1, length) + inner))
    order = np.lexsort((blocks, rows))
    return rows[order], blocks[order]


def ordered(
    count: int, rows: Ints, times: Ints, values: Ints, kinds: Bytes
) -> tuple[Columns, Ints]:
    """Columns from unordered readings, and the order that was applied."""
    order = np.lexsort((kinds, times, rows))
    return Columns(count, rows[order], times[order], values[order], kinds[order]), order
