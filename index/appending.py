"""Days behind everything the index holds: the nightly case of `update.py`, in one walk.

Nothing that stands is looked at but the last of it: each row's last segment says where its
register was left, and from there the row is followed through the new days (`walking.py`).

      last block of the old     new days
    ...o--o--o--o--o--o--o--|===================|        slots after the row's last reading
                      ^ left here                        are filled, the others stay

Rows that have been silent for longer than the last block go the general way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from index import long_gaps
from index.assembly import open_lines, sum_cells
from index.cells import Change
from index.day_block import NO_LINE
from index.grid import SLOTS
from index.history import HALF_HOUR, Ints, Mask
from index.leaves import Leaves
from index.roster import Roster
from index.segments import joined
from index.side_columns import SideColumns, stacked
from index.walking import Coming, Walk


def is_appended(leaves: Leaves, start: int) -> bool:
    """Whether the index holds nothing from that time on."""
    last = leaves.segments.last_time
    return bool(len(leaves.blocks)) and (not len(last) or int(last.max()) < start)


def arrivals(leaves: Leaves, days: Sequence[Coming], start: int) -> tuple[Ints, Ints]:
    """Rows with new readings: new or left in the block before `start`, and the others."""
    coming = np.zeros(leaves.segments.count, dtype=np.bool_)
    for each in days:
        own = each.series_of_row
        coming |= (own >= 0) & (np.diff(each.day.pointer, append=0)[own] > 0)
    opens = leaves.grid.time(_first_block(leaves, start) * SLOTS)
    ready = ~leaves.segments.alive | (leaves.segments.last_time >= opens)
    return np.flatnonzero(coming & ready), np.flatnonzero(coming & ~ready)


def appended(
    leaves: Leaves, days: Sequence[Coming], rows: Ints, span: tuple[int, int], roster: Roster
) -> tuple[Leaves, Change]:
    """The draft with the new readings of these rows; writes into its `base`."""
    start, end = span
    first, last = _first_block(leaves, start), int(leaves.grid.block(end - 1))
    return _Append(leaves, rows, np.arange(first, last + 1)).run(days, roster)


def _first_block(leaves: Leaves, start: int) -> int:
    return int(leaves.grid.block(start - HALF_HOUR))


@dataclass(frozen=True, eq=False)
class _Append:
    leaves: Leaves
    rows: Ints
    blocks: Ints
    """Consecutive, from the one before the new days on."""

    def run(self, days: Sequence[Coming], roster: Roster) -> tuple[Leaves, Change]:
        opening = np.arange(len(self.blocks)) * SLOTS
        slots = np.arange(self.blocks[0] * SLOTS, (self.blocks[-1] + 1) * SLOTS + 1)
        total = np.empty((len(self.rows), len(slots)), dtype=np.int64)
        old = np.empty((len(self.rows), SLOTS + 1), dtype=np.int64)
        total[:, :SLOTS], read = self.leaves.dense(self.rows, int(slots[0]), int(slots[0]) + SLOTS)
        old[:, :SLOTS] = total[:, :SLOTS]
        old[:, SLOTS] = self.leaves.segments.last_total[self.rows]
        walk = Walk.over(0, total, self.leaves.grid, slots, self.blocks)
        walk.flags[:, :SLOTS] = read[:, :SLOTS]
        since = self._resume(walk, int(slots[0]))
        walk.through([Coming(each.day, each.series_of_row[self.rows]) for each in days])
        walk.needed[:, 0] |= (since >= 0) & (since < SLOTS - 1)
        change = self._change(roster, walk, opening, old, np.maximum(since, 0))
        return self._written(walk, opening, since < 0), change

    def _resume(self, walk: Walk, slot: int) -> Ints:
        """Tell the walk where each row was left: the half hour it was in, -1 for a new row."""
        parts = self.leaves.segments
        alive = np.flatnonzero(parts.alive[self.rows])
        last = parts.pointer[self.rows[alive] + 1] - 1
        half_hour = self.leaves.grid.slot(parts.end[last]) - slot
        walk.resume(alive, half_hour + 1, parts.take(last))
        since = np.full(len(self.rows), -1, dtype=np.int64)
        since[alive] = half_hour
        return since

    def _change(self, roster: Roster, walk: Walk, opening: Ints, old: Ints, since: Ints) -> Change:
        numbers, own = np.unique(roster.cell[self.rows], return_inverse=True)
        numbers, own = numbers[numbers >= 0], own - int((numbers < 0).sum())
        shape = (len(numbers), len(self.blocks), SLOTS)
        energy, estimated = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        everywhere = np.ones_like(walk.needed)
        everywhere[:, 1:] = walk.needed[:, 1:]
        sum_cells(walk.total, walk.flags, everywhere, opening, own, since, energy, estimated)
        was, guessed = np.zeros_like(energy[:, :1]), np.zeros_like(energy[:, :1])
        none = np.zeros(old.shape, dtype=np.uint8)
        sum_cells(old, none, none[:, :1] + np.uint8(1), opening[:1], own, since, was, guessed)
        energy[:, :1] -= was
        estimated[:, :1] -= guessed
        nth, block = np.nonzero(energy.any(axis=2) | estimated.any(axis=2))
        return Change(self.blocks[block], numbers[nth], energy[nth, block], estimated[nth, block])

    def _written(self, walk: Walk, opening: Ints, new: Mask) -> Leaves:
        leaves, rows = self.leaves, self.rows
        needed = walk.needed > 0
        words, escapes = open_lines(walk.total, walk.flags, opening, needed)
        lines, fresh = leaves.lines.with_words(words, escapes)
        stored = np.isin(self.blocks, leaves.blocks) | needed.any(axis=0)
        leaves = leaves.with_blocks(self.blocks[stored])
        position = np.searchsorted(leaves.blocks, self.blocks[stored])
        number = np.full(needed.shape, NO_LINE, dtype=np.int32)
        number[needed] = fresh
        kept = leaves.directory.numbers(position, rows)
        written = needed[:, stored].T
        directory = leaves.directory.changed(
            position, rows, np.where(written, number[:, stored].T, kept)
        )
        leaves.base[position[:, None], rows[None, :]] = walk.total[:, opening[stored]].T
        low, high = np.searchsorted(leaves.blocks, [self.blocks[0], self.blocks[-1] + 1]).tolist()
        leaves.base[:low, rows[new]] = walk.total[new, 0]
        leaves.base[high:, rows] = walk.total[:, -1]
        parts = leaves.segments
        again = np.ones(len(parts), dtype=np.bool_)
        again[parts.pointer[rows[~new] + 1] - 1] = False
        segments, gaps, side = walk.segments(parts.count), walk.gaps(), dict(leaves.side)
        for block, found in walk.side().items():
            arrivals = SideColumns(rows[found.rows], found.times, found.values, found.kinds)
            side[block] = stacked([side[block], arrivals] if block in side else [arrivals])
        return replace(
            leaves,
            lines=lines,
            directory=directory,
            segments=joined(
                parts.count, [parts.take(again), replace(segments, rows=rows[segments.rows])]
            ),
            gaps=long_gaps.stacked([leaves.gaps, replace(gaps, rows=rows[gaps.rows])]),
            side=side,
        )
