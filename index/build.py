"""Everything from nothing: days in, leaves and node summaries out, in one pass over the rows.

Days are brought into row order by counting (`assemble`), then threads take stretches of rows:
U at every slot (`fill`), words, and the stretch's share of its cells. numpy lets go of the
interpreter lock inside each of these steps, so threads help; nothing loops over single rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from index import cells as summaries
from index.cells import Cells, Change, runs, summed
from index.columns import Columns, assemble, fill, lines_needed, run_starts
from index.day_block import NO_LINE, DayLines, Lines, Words, encoded
from index.day_readings import DayReadings, Key, Places
from index.grid import SLOTS, Grid
from index.half_hours import half_hours, without_long_gaps
from index.history import Ints, Mask
from index.leaves import Leaves
from index.long_gaps import LongGaps
from index.long_gaps import stacked as gaps_stacked
from index.roster import Roster
from index.segments import Segments
from index.segments import joined as segments_joined
from index.side_columns import SideColumns, split_by_block
from index.side_columns import stacked as side_stacked

Progress = Callable[[str, int, int], None]
"""progress(what is being done, done, of how many)."""
_AT_ONCE = 500_000
"""Readings or slots a thread works on at a time: what its buffers may cost."""


def rows_of_codes(day: DayReadings, roster: Roster) -> Ints:
    """Row of each of the day's series codes; -1 for a series the roster does not have."""
    directory = roster.directory
    return np.array([directory.get(key, -1) for key in day.series], dtype=np.int64)


def used_keys(days: Sequence[DayReadings]) -> set[Key]:
    """Keys that have a reading in the days; naming a series alone makes no row."""
    found: set[Key] = set()
    for day in days:
        used = day.code[run_starts(day.code)]
        if len(used) == len(day.series):
            found.update(day.series)
        else:
            found.update(day.series[code] for code in used.tolist())
    return found


def build(
    days: Sequence[DayReadings],
    places: Places,
    *,
    grid_phase: int,
    threads: int,
    progress: Progress | None = None,
) -> tuple[Roster, Leaves, Cells]:
    """Build all parts of a version. Days in time order."""
    roster = Roster.of(used_keys(days), places)
    grid = Grid.opening_at(days[0].start if days else grid_phase, grid_phase)
    columns = assemble(days, [rows_of_codes(day, roster) for day in days], len(roster))
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        parts = list(pool.map(lambda span: _Part.of(columns, span, grid), _spans(columns, threads)))
        work = _Work.of(parts, roster, grid)
        changes: list[Change] = [summaries.no_change()]
        for change in pool.map(work.take, parts):
            changes.append(change)
            if progress is not None:
                progress("index rows", len(changes) - 1, len(parts))
    leaves = work.leaves(parts)
    totals = Cells.empty(roster.paths, len(leaves.blocks))
    return roster, leaves, totals.added(summaries.stacked(changes), leaves.blocks)


def _spans(columns: Columns, threads: int) -> list[tuple[int, int]]:
    """Rows [first, last) of each stretch: few enough readings for the caches, enough stretches
    for the threads."""
    if not columns.count:
        return [(0, 0)]
    most = min(_AT_ONCE, max(1, -(-len(columns) // max(1, threads))))
    stretch = columns.pointer[:-1] // most
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    return list(pairwise([*first.tolist(), columns.count]))


@dataclass(frozen=True, eq=False)
class _Part:
    """A stretch of rows, and what its readings say without a look at the grid's slots."""

    first: int
    columns: Columns
    """Rows counted from `first`."""
    total: Ints
    segments: Segments
    gaps: LongGaps
    rows: Ints
    blocks: Ints
    """Where lines are needed: rows (from `first`) and blocks."""
    side: dict[int, SideColumns]

    @classmethod
    def of(cls, columns: Columns, span: tuple[int, int], grid: Grid) -> _Part:
        first, last = span
        own = columns.slice_rows(first, last)
        none = np.zeros(own.count, dtype=np.int64)
        total = own.unrolled(none, none > 0)
        segments, gaps = Segments.of(own, total), LongGaps.of(own, total, grid)
        rows, blocks = lines_needed(own, grid)
        off = ~grid.on_grid(own.times)
        return cls(
            first=first,
            columns=own,
            total=total,
            segments=replace(segments, count=columns.count, rows=segments.rows + first),
            gaps=replace(gaps, rows=gaps.rows + first),
            rows=rows,
            blocks=blocks,
            side=split_by_block(own, np.arange(first, last), off, grid.block(own.times)),
        )


@dataclass(frozen=True, eq=False)
class _Work:
    """The arrays under construction; each part writes its own rows of them."""

    roster: Roster
    grid: Grid
    segments: Segments
    gaps: LongGaps
    blocks: Ints
    base: Ints
    line: Lines
    words: Words
    slots: Ints
    """Every stored slot, and after each run of blocks the boundary that closes it."""
    opening: Ints
    """Place in `slots` of each block's first."""
    escapes: list[tuple[Ints, Ints]]

    @classmethod
    def of(cls, parts: Sequence[_Part], roster: Roster, grid: Grid) -> _Work:
        none = np.zeros(0, dtype=np.int64)
        blocks = np.unique(np.concatenate([none, *(np.unique(part.blocks) for part in parts)]))
        line = np.full((len(blocks), len(roster)), NO_LINE, dtype=np.int32)
        for part in parts:
            line[np.searchsorted(blocks, part.blocks), part.first + part.rows] = 0
        needed = int((line == 0).sum())
        line[line == 0] = np.arange(needed, dtype=np.int32)
        spans = [
            np.arange(blocks[low] * SLOTS, blocks[high - 1] * SLOTS + SLOTS + 1)
            for low, high in runs(blocks)
        ]
        slots = np.concatenate([none, *spans])
        return cls(
            roster=roster,
            grid=grid,
            segments=segments_joined(len(roster), [part.segments for part in parts]),
            gaps=gaps_stacked([part.gaps for part in parts]),
            blocks=blocks,
            base=np.zeros((len(blocks), len(roster)), dtype=np.int64),
            line=line,
            words=np.empty((needed, SLOTS), dtype=np.uint32),
            slots=slots,
            opening=np.searchsorted(slots, blocks * SLOTS),
            escapes=[],
        )

    def take(self, part: _Part) -> Change:
        """Fill the part's rows, some at a time; give back what they add to their cells."""
        changes = [summaries.no_change()]
        pointer = part.columns.pointer
        step = max(1, _AT_ONCE // max(1, len(self.slots)))
        for first in range(0, part.columns.count, step):
            last = min(part.columns.count, first + step)
            own = part.columns.slice_rows(first, last)
            at_readings = part.total[int(pointer[first]) : int(pointer[last])]
            total, read = fill(own, at_readings, self.slots, self.grid)
            rows = np.arange(part.first + first, part.first + last)
            self._write(int(rows[0]), int(rows[-1]) + 1, total, read)
            changes.append(self._share(rows, total, read))
        return summaries.stacked(changes)

    def _write(self, first: int, last: int, total: Ints, read: Mask) -> None:
        if len(self.slots) == len(self.blocks) * SLOTS + 1:
            shape = (last - first, len(self.blocks), SLOTS)
            total, read = total[:, :-1].reshape(shape), read[:, :-1].reshape(shape)
        else:
            inner = self.opening[:, None] + np.arange(SLOTS)
            total, read = total[:, inner], read[:, inner]
        base = total[:, :, 0]
        self.base[:, first:last] = base.T
        number = self.line[:, first:last].T
        needed = number != NO_LINE
        lines = number[needed].astype(np.int64)
        if needed.all():
            offset = (total - base[:, :, None]).reshape(-1, SLOTS)
            stands = read.reshape(-1, SLOTS)
        else:
            offset, stands = total[needed] - base[needed][:, None], read[needed]
        words, where, escaped = encoded(offset, stands)
        self.words[lines] = words
        if len(where):
            self.escapes.append((lines[where // SLOTS] * SLOTS + where % SLOTS, escaped))

    def _share(self, rows: Ints, total: Ints, read: Mask) -> Change:
        changes = [summaries.no_change()]
        for low, high in runs(self.blocks):
            start = int(self.opening[low])
            cut = slice(start, start + (high - low) * SLOTS + 1)
            slot = int(self.slots[start])
            found = half_hours(total[:, cut], read[:, cut], rows, slot, self.segments, self.grid)
            found = without_long_gaps(found, rows, slot, self.gaps)
            changes.append(summed(found, self.roster.cell[rows], self.blocks[low:high]))
        return summaries.stacked(changes)

    def leaves(self, parts: Sequence[_Part]) -> Leaves:
        none = np.zeros(0, dtype=np.int64)
        at = np.concatenate([none, *(at for at, _ in self.escapes)])
        offset = np.concatenate([none, *(value for _, value in self.escapes)])
        order = np.argsort(at)
        side: dict[int, list[SideColumns]] = {}
        for part in parts:
            for block, columns in part.side.items():
                side.setdefault(block, []).append(columns)
        return Leaves(
            grid=self.grid,
            blocks=self.blocks,
            base=self.base,
            line=self.line,
            lines=DayLines((self.words,), at[order], offset[order]),
            side={block: side_stacked(columns) for block, columns in side.items()},
            segments=self.segments,
            gaps=self.gaps,
        )
