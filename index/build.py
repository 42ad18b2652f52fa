"""Everything from nothing: days in, leaves and node summaries out, in one pass over the rows.

Threads take stretches of rows through all days (`walking.py`): U at every slot, written as lines
(`assembly.py`) and added to the stretch's cells. Nothing is sorted but what is off the grid, and
a stretch's slots stay in the processor's caches from the first step to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from queue import Empty, SimpleQueue

import numpy as np

from index import cells as summaries
from index.assembly import Assembly, slots_of, sum_cells
from index.cells import Cells, Change
from index.columns import LONGEST_FILLED
from index.day_readings import DayReadings, Key, Places
from index.grid import SLOTS, Grid
from index.history import Bytes, Ints
from index.leaves import Leaves
from index.long_gaps import LongGaps
from index.long_gaps import stacked as gaps_stacked
from index.roster import Roster
from index.segments import Segments
from index.segments import joined as segments_joined
from index.side_columns import SideColumns
from index.side_columns import stacked as side_stacked
from index.walking import Coming, Walk

Progress = Callable[[str, int, int], None]
"""progress(what is being done, done, of how many)."""
_AT_ONCE = 300_000
"""Slots a thread works on at a time."""


def used_keys(days: Sequence[DayReadings]) -> set[Key]:
    """Keys that have a reading in the days; naming a series alone makes no row."""
    found: set[Key] = set()
    last: tuple[Key, ...] = ()
    for day in days:
        used = np.diff(day.pointer) > 0
        if not used.all():
            found.update(day.series[code] for code in np.flatnonzero(used).tolist())
        elif day.series is not last:
            found.update(day.series)
            last = day.series
    return found


def coming(days: Sequence[DayReadings], roster: Roster) -> list[Coming]:
    """The days with their rows; days that name the same series share the look-up."""
    found: list[Coming] = []
    series: tuple[Key, ...] | None = None
    for day in days:
        if day.series is series:
            found.append(Coming(day, found[-1].series_of_row))
        else:
            found.append(Coming.of(day, roster.names.rows_of(day.series), len(roster)))
            series = day.series
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
    work = _Work.of(coming(days, roster), roster, grid)
    spans: SimpleQueue[tuple[int, int]] = SimpleQueue()
    step = max(1, min(_AT_ONCE // max(1, len(work.slots)), -(-len(roster) // max(1, threads))))
    for first in range(0, len(roster), step):
        spans.put((first, min(step, len(roster) - first)))
    parts: list[_Part] = []
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        of = spans.qsize()

        def work_on() -> None:
            buffer = np.empty((step, len(work.slots)), dtype=np.int64)
            while True:
                try:
                    first, count = spans.get_nowait()
                except Empty:
                    return
                parts.append(work.part(first, buffer[:count]))

        running = [pool.submit(work_on) for _ in range(max(1, threads))]
        for done in running:
            done.result()
            if progress is not None:
                progress("index rows", len(parts), of)
    parts.sort(key=lambda part: part.first)
    leaves = work.leaves(parts)
    totals = Cells.empty(roster.paths, len(leaves.blocks))
    changes = [summaries.no_change(), *(part.change for part in parts)]
    return roster, leaves, totals.added(summaries.stacked(changes), leaves.blocks)


@dataclass(frozen=True, eq=False)
class _Part:
    """What a stretch of rows comes to, besides its lines."""

    first: int
    segments: Segments
    gaps: LongGaps
    side: dict[int, SideColumns]
    change: Change


@dataclass(frozen=True, eq=False)
class _Work:
    """What all stretches have in common."""

    days: list[Coming]
    roster: Roster
    grid: Grid
    blocks: Ints
    slots: Ints
    assembly: Assembly

    @classmethod
    def of(cls, days: list[Coming], roster: Roster, grid: Grid) -> _Work:
        blocks, used = _blocks_of([each.day for each in days], grid)
        slots = slots_of(blocks)
        opening = np.searchsorted(slots, blocks * SLOTS)
        return cls(
            days, roster, grid, blocks, slots, Assembly.of(blocks, opening, len(roster), used)
        )

    def part(self, first: int, total: Ints) -> _Part:
        walk = Walk.over(first, total, self.grid, self.slots, self.blocks)
        walk.through(self.days)
        self.assembly.take(first, total, walk.flags, walk.needed)
        cells = self.roster.cell[first : first + len(total)]
        return _Part(
            first,
            walk.segments(len(self.roster)),
            walk.gaps(),
            walk.side(),
            self._share(cells, total, walk.flags, walk.needed),
        )

    def _share(self, cell: Ints, total: Ints, flags: Bytes, needed: Bytes) -> Change:
        numbers, own = np.unique(cell, return_inverse=True)
        numbers, own = numbers[numbers >= 0], own - int((numbers < 0).sum())
        shape = (len(numbers), len(self.blocks), SLOTS)
        energy, estimated = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        since = np.zeros(len(total), dtype=np.int64)
        opening = self.assembly.opening
        sum_cells(total, flags, needed, opening, own, since, energy, estimated)
        nth, block = np.nonzero(energy.any(axis=2) | estimated.any(axis=2))
        return Change(self.blocks[block], numbers[nth], energy[nth, block], estimated[nth, block])

    def leaves(self, parts: Sequence[_Part]) -> Leaves:
        side: dict[int, list[SideColumns]] = {}
        for part in parts:
            for block, columns in part.side.items():
                side.setdefault(block, []).append(columns)
        directory, lines = self.assembly.finished()
        return Leaves(
            grid=self.grid,
            blocks=self.blocks,
            base=self.assembly.base,
            directory=directory,
            lines=lines,
            side={block: side_stacked(columns) for block, columns in side.items()},
            segments=segments_joined(
                len(self.roster), [Segments.none(), *(part.segments for part in parts)]
            ),
            gaps=gaps_stacked([LongGaps.none(), *(part.gaps for part in parts)]),
        )


def _blocks_of(days: Sequence[DayReadings], grid: Grid) -> tuple[Ints, Ints]:
    """Blocks in which a row may need a line, and about how many rows do.

    Those are the blocks of the days' readings and short silences between them.
    """
    used: dict[int, int] = {}
    for day in days:
        if len(day):
            rows = int((np.diff(day.pointer) > 0).sum())
            low, high = grid.block([int(day.times.min()), int(day.times.max())]).tolist()
            for block in range(low, high + 1):
                used[block] = max(rows, used.get(block, 0))
    for one, other in pairwise(sorted(used)):
        if other - one - 1 <= LONGEST_FILLED:
            for block in range(one + 1, other):
                used[block] = min(used[one], used[other])
    blocks = np.array(sorted(used), dtype=np.int64)
    return blocks, np.array([used[block] for block in blocks.tolist()], dtype=np.int64)
