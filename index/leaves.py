"""The leaf level: every row's U on the half-hour grid, block by block, and its readings.

    blocks  int64 [B]      numbers of the blocks that are stored, ascending
    base    int64 [B][R]   U at each block's first slot, right for every row (register at midnight)
    directory              which line a row has in a block: none where U does not move in it
                           (not yet read, no longer read, between segments) or a long gap runs on
    lines                  open and closed
    side    block -> off-grid readings

A block is stored when some row has a line in it, so cost follows readings, not the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index.columns import Columns, ordered
from index.day_block import DayLines
from index.directory import Directory
from index.grid import SLOTS, Grid
from index.history import INITIAL, READ, Bytes, Ints, Mask
from index.leaf_access import LeafArrays, add_offsets, unroll_rows
from index.long_gaps import LongGaps
from index.segments import Segments
from index.side_columns import SideColumns, stacked

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Found:
    """One reading per asked row: columns, `there` False where the row has no such reading."""

    there: Mask
    times: Ints
    values: Ints
    kinds: Bytes


@dataclass(frozen=True, eq=False)
class Leaves:
    """All rows of one version. Immutable once published; arrays are shared between versions."""

    grid: Grid
    blocks: Ints
    base: Ints
    directory: Directory
    lines: DayLines
    side: Mapping[int, SideColumns]
    segments: Segments
    gaps: LongGaps

    @cached_property
    def arrays(self) -> LeafArrays:
        """What compiled functions read; `leaf_access.LEAF_TYPES` in signatures."""
        words, shorts = self.lines.words, self.lines.shorts
        return (
            self.blocks,
            self.base,
            self.directory.place,
            self.directory.line,
            words.given,
            words.more,
            shorts.given,
            shorts.more,
            self.lines.escapes,
        )

    def place(self, numbers: Ints) -> tuple[Ints, Mask]:
        """Position of each block number (or of the next one stored), and whether it is stored."""
        position = np.searchsorted(self.blocks, numbers)
        stored = position < len(self.blocks)
        stored[stored] = self.blocks[position[stored]] == numbers[stored]
        return position, stored

    def _opening(self, position: Ints, rows: Ints | slice) -> Ints:
        """U at the first slot of the blocks at these positions, shape (positions, rows).

        Past the last block that is the final U: between stored blocks nothing moves.
        """
        last = self.segments.last_total[rows]
        result = np.empty((len(position), len(last)), dtype=np.int64)
        inside = position < len(self.blocks)
        chosen = position[inside]
        result[inside] = (
            self.base[chosen] if isinstance(rows, slice) else self.base[chosen[:, None], rows]
        )
        result[~inside] = last
        return result

    def _unrolled(self, rows: Ints, position: Ints, opening: Ints) -> tuple[Ints, Mask]:
        """U and reads in whole blocks, (rows, blocks * 48); below 0 is a block not stored."""
        shape = (len(rows), len(position) * SLOTS)
        total, read = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.bool_)
        unroll_rows(*self.arrays[2:], rows, position, opening, total, read)
        return total, read

    def dense(self, rows: Ints, first: int, last: int) -> tuple[Ints, Mask]:
        """U and "a reading stands here" at the slots first..last-1: two (rows, slots) arrays."""
        low, high = first // SLOTS, (last - 1) // SLOTS + 1
        position, stored = self.place(np.arange(low, high))
        opening = self._opening(position, rows)
        total, read = self._unrolled(rows, np.where(stored, position, -1), opening)
        cut = slice(first - low * SLOTS, last - low * SLOTS)
        total, read = total[:, cut], read[:, cut]
        self._put_gaps(total, rows, np.arange(first, last))
        return total, read

    def at(self, slots: Ints, rows: Ints | slice = ALL) -> Ints:
        """U of many rows at some slots: shape (slots, rows). O(1) each."""
        position, stored = self.place(slots // SLOTS)
        result = self._opening(position, rows)
        within = slots % SLOTS
        if within.any():
            numbers = np.arange(self.segments.count)[rows]
            add_offsets(*self.arrays[2:], numbers, np.where(stored, position, -1), within, result)
        self._put_gaps(result.T, rows, slots)
        return result

    def _put_gaps(self, total: Ints, rows: Ints | slice, slots: Ints) -> None:
        """Write the formula's U into (rows, slots) wherever a long gap runs."""
        if not len(self.gaps) or not len(slots):
            return
        gaps = self.gaps.touching(int(slots.min()), int(slots.max()))
        where = np.full(self.segments.count, -1, dtype=np.int64)
        where[rows] = np.arange(len(where[rows]))
        gaps = gaps.take(where[gaps.rows] >= 0)
        gap, slot = np.nonzero(
            (gaps.low[:, None] <= slots[None, :]) & (slots[None, :] <= gaps.high[:, None])
        )
        total[where[gaps.rows[gap]], slot] = gaps.total_at(slots, self.grid)[gap, slot]

    def with_blocks(self, numbers: Ints) -> Leaves:
        """Room for blocks; those that were not stored get U at their opening, and no lines."""
        _, stored = self.place(numbers)
        numbers = numbers[~stored]
        if not len(numbers):
            return self
        opening = self.at(numbers * SLOTS)
        blocks = np.union1d(self.blocks, numbers)
        place, fresh = np.searchsorted(blocks, self.blocks), np.searchsorted(blocks, numbers)
        base = np.empty((len(blocks), self.segments.count), dtype=np.int64)
        base[place], base[fresh] = self.base, opening
        directory = self.directory.spread(place, len(blocks))
        return replace(self, blocks=blocks, base=base, directory=directory)

    # -- readings --------------------------------------------------------------------------

    def readings(self, rows: Ints, low: int, high: int) -> Columns:
        """Every reading of the rows (renumbered from 0) in the blocks low..high-1."""
        start, stop = np.searchsorted(self.blocks, [low, high]).tolist()
        position = np.arange(start, stop)
        total, read = self._unrolled(rows, position, self._opening(position, rows))
        row, column = np.nonzero(read)
        nth, slot = np.divmod(column, SLOTS)
        times = self.grid.time(self.blocks[position[nth]] * SLOTS + slot)
        beside = self._beside(rows, low, high)
        return self._told_apart(rows, row, times, total[row, column], beside)

    def _told_apart(
        self, rows: Ints, row: Ints, times: Ints, total: Ints, beside: SideColumns
    ) -> Columns:
        """Register and kind of on-grid readings by their segments, merged with those beside."""
        parts = self.segments
        place = parts.locate(rows[row], times)
        kinds = np.where(parts.start[place] == times, parts.kind[place], READ).astype(np.uint8)
        values = total - parts.shift[place]
        closes = np.flatnonzero((kinds == INITIAL) & (place > 0))
        ended = place[closes] - 1
        same = (parts.rows[ended] == rows[row[closes]]) & (parts.end[ended] == times[closes])
        closes, ended = closes[same], ended[same]
        if not len(closes) and not len(beside):
            return Columns(len(rows), row, times, values, kinds)
        columns, _ = ordered(
            len(rows),
            np.concatenate((row, row[closes], beside.rows)),
            np.concatenate((times, times[closes], beside.times)),
            np.concatenate((values, total[closes] - parts.shift[ended], beside.values)),
            np.concatenate((kinds, np.full(len(closes), READ, np.uint8), beside.kinds)),
        )
        return columns

    def _beside(self, rows: Ints, low: int, high: int) -> SideColumns:
        """Off-grid readings of the rows, rows renumbered."""
        if not self.side:
            return stacked([])
        found = [self.side[n] for n in self._side_blocks(low, high)]
        if len(rows) == 1:
            row = int(rows[0])
            cut = stacked([columns.take(columns.of_row(row)) for columns in found])
            return SideColumns(np.zeros_like(cut.rows), cut.times, cut.values, cut.kinds)
        where = np.full(self.segments.count, -1, dtype=np.int64)
        where[rows] = np.arange(len(rows))
        cut = stacked([columns.take(where[columns.rows] >= 0) for columns in found])
        return SideColumns(where[cut.rows], cut.times, cut.values, cut.kinds)

    def _side_blocks(self, low: int, high: int) -> list[int]:
        start, stop = np.searchsorted(self.blocks, [low, high]).tolist()
        return [number for number in self.blocks[start:stop].tolist() if number in self.side]

    def previous(self, rows: Ints, time: int) -> Found:
        """Each row's last reading before the time."""
        parts = self.segments
        result = Found(
            parts.last_time[rows] < time,
            parts.last_time[rows],
            parts.last_value[rows],
            parts.last_kind[rows].astype(np.uint8),
        )
        result.there[~parts.alive[rows]] = False
        pending = np.flatnonzero((parts.first_time[rows] < time) & ~result.there)
        block, width = int(self.grid.block(time - 1)) + 1, 1
        while len(pending):
            position = int(np.searchsorted(self.blocks, block))
            low = int(self.blocks[max(0, position - width)])
            found = self.readings(rows[pending], low, block)
            found = found.take(found.times < time)
            pending = _settle(result, pending, found, found.pointer[1:] - 1)
            block, width = low, width * 2
        return result

    def following(self, rows: Ints, time: int) -> Found:
        """Each row's first reading at or after the time."""
        parts = self.segments
        result = Found(
            parts.first_time[rows] >= time,
            parts.first_time[rows],
            parts.first_value[rows],
            parts.first_kind[rows].astype(np.uint8),
        )
        result.there[~parts.alive[rows]] = False
        pending = np.flatnonzero((parts.last_time[rows] >= time) & ~result.there)
        block, width = int(self.grid.block(time)), 1
        while len(pending):
            position = int(np.searchsorted(self.blocks, block))
            high = int(self.blocks[min(len(self.blocks), position + width) - 1]) + 1
            found = self.readings(rows[pending], block, high)
            found = found.take(found.times >= time)
            pending = _settle(result, pending, found, found.pointer[:-1])
            block, width = high, width * 2
        return result


def _settle(result: Found, pending: Ints, found: Columns, place: Ints) -> Ints:
    """Note what was found for the pending rows; give back those still without."""
    there = np.diff(found.pointer) > 0
    chosen, place = pending[there], place[there]
    result.there[chosen] = True
    result.times[chosen] = found.times[place]
    result.values[chosen] = found.values[place]
    result.kinds[chosen] = found.kinds[place]
    return pending[~there]
