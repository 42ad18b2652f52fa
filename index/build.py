"""Everything from nothing: days in, leaves and node summaries out, in one pass over the rows.

Days are brought into row order by counting (`assemble`), then threads take stretches of rows:
U at every slot (`fill`), words, and the stretch's share of its cells. numpy lets go of the
interpreter lock inside each of these steps, so threads help; nothing loops over single rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from index import cells as summaries
from index.cells import Cells, Change, runs, summed
from index.columns import Columns, assemble, fill, lines_needed
from index.day_block import NO_LINE, DayLines, Lines, Words, encoded
from index.day_readings import DayReadings, Places
from index.grid import SLOTS, Grid
from index.half_hours import half_hours, without_long_gaps
from index.history import Ints, Mask
from index.leaves import Leaves
from index.long_gaps import LongGaps
from index.roster import Roster
from index.segments import Segments
from index.side_columns import split_by_block

Progress = Callable[[str, int, int], None]
"""progress(what is being done, done, of how many)."""
_AT_ONCE = 1_000_000
"""Slots a thread works on at a time: what its buffers may cost."""


def rows_of_codes(day: DayReadings, roster: Roster) -> Ints:
    """Row of each of the day's series codes; -1 for a series the roster does not have."""
    directory = roster.directory
    return np.array([directory.get(key, -1) for key in day.series], dtype=np.int64)


def used_keys(days: Sequence[DayReadings]) -> set[tuple[str, str]]:
    """Keys that have a reading in the days; naming a series alone makes no row."""
    found: set[tuple[str, str]] = set()
    for day in days:
        used = np.unique(day.code)
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
    none = np.zeros(len(roster), dtype=np.int64)
    work = _Work.of(columns, columns.unrolled(none, none > 0), roster, grid)
    changes: list[Change] = [summaries.no_change()]
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        for change in pool.map(work.take, list(work.stretches(threads))):
            changes.append(change)
            if progress is not None:
                progress("index rows", len(changes) - 1, len(work.plan))
    leaves = work.leaves()
    totals = Cells.empty(roster.paths, len(leaves.blocks))
    return roster, leaves, totals.added(summaries.stacked(changes), leaves.blocks)


@dataclass(eq=False)
class _Work:
    """The arrays under construction; each stretch of rows writes its own part of them."""

    columns: Columns
    total: Ints
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
    plan: list[tuple[int, int]]

    @classmethod
    def of(cls, columns: Columns, total: Ints, roster: Roster, grid: Grid) -> _Work:
        rows, blocks = lines_needed(columns, grid)
        stored = np.unique(blocks)
        line = np.full((len(stored), columns.count), NO_LINE, dtype=np.int32)
        line[np.searchsorted(stored, blocks), rows] = 0
        line[line == 0] = np.arange(len(rows), dtype=np.int32)
        spans = [np.arange(stored[a] * SLOTS, stored[b - 1] * SLOTS + SLOTS + 1)
                 for a, b in runs(stored)]  # fmt: skip
        slots = np.concatenate(spans) if spans else np.zeros(0, np.int64)
        return cls(
            columns=columns,
            total=total,
            roster=roster,
            grid=grid,
            segments=Segments.of(columns, total),
            gaps=LongGaps.of(columns, total, grid),
            blocks=stored,
            base=np.zeros((len(stored), columns.count), dtype=np.int64),
            line=line,
            words=np.empty((len(rows), SLOTS), dtype=np.uint32),
            slots=slots,
            opening=np.searchsorted(slots, stored * SLOTS),
            escapes=[],
            plan=[],
        )

    def stretches(self, threads: int) -> Iterator[tuple[int, int]]:
        """Rows in stretches: small enough for the buffers, enough of them for the threads."""
        count = self.columns.count
        most = max(1, _AT_ONCE // max(1, len(self.slots)))
        step = max(1, min(most, -(-count // max(1, threads))))
        self.plan = [(first, min(count, first + step)) for first in range(0, count, step)]
        yield from self.plan

    def take(self, stretch: tuple[int, int]) -> Change:
        """Fill one stretch of rows; give back what it adds to its cells."""
        first, last = stretch
        low, high = self.columns.pointer[[first, last]].tolist()
        own = self.columns.slice_rows(first, last)
        total, read = fill(own, self.total[low:high], self.slots, self.grid)
        self._write(first, last, total, read)
        return self._share(np.arange(first, last), total, read)

    def _write(self, first: int, last: int, total: Ints, read: Mask) -> None:
        inner = self.opening[:, None] + np.arange(SLOTS)
        if len(self.slots) == len(self.blocks) * SLOTS + 1:
            shape = (last - first, len(self.blocks), SLOTS)
            total, read = total[:, :-1].reshape(shape), read[:, :-1].reshape(shape)
        else:
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

    def leaves(self) -> Leaves:
        at = np.concatenate([np.zeros(0, np.int64), *(at for at, _ in self.escapes)])
        offset = np.concatenate([np.zeros(0, np.int64), *(value for _, value in self.escapes)])
        order = np.argsort(at)
        off = ~self.grid.on_grid(self.columns.times)
        side = split_by_block(
            self.columns,
            np.arange(self.columns.count),
            off,
            self.grid.block(self.columns.times),
        )
        return Leaves(
            grid=self.grid,
            blocks=self.blocks,
            base=self.base,
            line=self.line,
            lines=DayLines((self.words,), at[order], offset[order]),
            side=side,
            segments=self.segments,
            gaps=self.gaps,
        )
