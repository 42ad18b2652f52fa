"""Every invariant of the index, held against the gap rule as `History` states it."""

from __future__ import annotations

import numpy as np

from index.cells import Cells, share_of
from index.day_block import NO_LINE, STEP_ESCAPE, Lines
from index.grid import SLOTS
from index.half_hours import half_hours
from index.history import HALF_HOUR, INITIAL, READ, History
from index.leaves import Leaves
from index.roster import Roster
from index.segments import Segments


def check(roster: Roster, leaves: Leaves, cells: Cells) -> None:
    """Raise AssertionError with a sentence at the first part that is not as it must be."""
    _check_roster(roster)
    _check_segments(leaves.segments)
    _check_lines(leaves)
    for row in range(len(roster)):
        _check_row(leaves, row)
    _check_cells(roster, leaves, cells)


def _demand(holds: object, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _check_roster(roster: Roster) -> None:
    _demand(len(set(roster.keys)) == len(roster.keys), "a key has two rows")
    _demand(len(set(roster.paths)) == len(roster.paths), "a path is two cells")
    _demand(len(roster.cell) == len(roster.keys), "a row has no cell")
    _demand(np.all(roster.cell < len(roster.paths)), "a row counts in a cell that is none")
    _demand(list(roster.directory) == sorted(roster.keys), "the directory is out of order")


def _check_segments(parts: Segments) -> None:
    same = parts.rows[1:] == parts.rows[:-1]
    _demand(np.all(parts.rows[1:] >= parts.rows[:-1]), "segments are out of row order")
    _demand(np.all(parts.start <= parts.end), "a segment ends before it starts")
    _demand(np.all(parts.start[1:][same] >= parts.end[:-1][same]), "segments overlap")
    _demand(np.all(parts.opening[1:][same] == parts.closing[:-1][same]), "U jumps")
    _demand(np.all(parts.kind[1:][same] == INITIAL), "a read opens a later segment")


def _check_lines(leaves: Leaves) -> None:
    shape = (len(leaves.blocks), leaves.segments.count)
    _demand(leaves.base.shape == shape, "base has the wrong shape")
    _demand(leaves.directory.place.shape == (shape[0], 3), "place has the wrong shape")
    _demand(leaves.directory.line.shape[1] == shape[1], "line has the wrong shape")
    _demand(np.all(np.diff(leaves.blocks) > 0), "blocks are out of order")
    lines = _numbers(leaves)
    used = lines[lines != NO_LINE]
    _demand(len(np.unique(used)) == len(used), "a line is used twice")
    lowest, highest = -2 - len(leaves.lines.shorts), len(leaves.lines.words)
    _demand(np.all((used > lowest) & (used < highest)), "a line is none")
    _demand(np.all(np.diff(leaves.lines.escapes[0]) > 0), "escapes are out of order")
    for number, side in leaves.side.items():
        _demand(np.all(leaves.grid.block(side.times) == number), "a side reading is elsewhere")
        _demand(not np.any(leaves.grid.on_grid(side.times)), "a side reading is on the grid")


def _check_row(leaves: Leaves, row: int) -> None:
    """Base, lines, segments and long gaps of one row, all from its readings."""
    if not len(leaves.blocks):
        return
    rows = np.array([row], dtype=np.int64)
    grid, low, high = leaves.grid, int(leaves.blocks[0]), int(leaves.blocks[-1]) + 1
    found = leaves.readings(rows, low, high)
    again = Segments.of(found, History(found.times, found.values, found.kinds).at_readings)
    mine = leaves.segments.take(leaves.segments.rows == row)
    for name in ("start", "end", "opening", "closing", "shift", "kind"):
        same = np.array_equal(getattr(again, name), getattr(mine, name))
        _demand(same, f"{name} of row {row}'s segments does not follow from its readings")
    history = History(found.times, found.values, found.kinds)
    edges = grid.time(leaves.blocks * SLOTS)
    _demand(
        np.array_equal(leaves.base[:, row], history.unrolled(edges)),
        f"base of row {row} is not U at its blocks' openings",
    )
    for number in leaves.blocks[_numbers(leaves)[:, row] != NO_LINE].tolist():
        slots = np.arange(number * SLOTS, (number + 1) * SLOTS)
        total, read = leaves.dense(rows, int(slots[0]), int(slots[-1]) + 1)
        at = grid.time(slots)
        _demand(np.array_equal(total[0], history.unrolled(at)), f"a line of row {row} is not U")
        stands = np.isin(at, found.times)
        _demand(np.array_equal(read[0], stands), f"a reading of row {row} is marked wrongly")
    _check_closed(leaves, row, history)
    if len(found):
        _check_half_hours(leaves, row, history)


def _check_closed(leaves: Leaves, row: int, history: History) -> None:
    """The steps of closed lines are what is used in their half hours, to the next block's first."""
    shorts = np.concatenate((leaves.lines.shorts.given, leaves.lines.shorts.more))
    for block, number in zip(
        leaves.blocks.tolist(), _numbers(leaves)[:, row].tolist(), strict=True
    ):
        if number < NO_LINE:
            edges = leaves.grid.time(np.arange(block * SLOTS, (block + 1) * SLOTS + 1))
            step = shorts[-2 - number].astype(np.int64) & STEP_ESCAPE
            usual = step != STEP_ESCAPE
            same = step[usual] == np.diff(history.unrolled(edges))[usual]
            gaps = leaves.gaps.take(leaves.gaps.rows == row)
            in_gap = np.any((gaps.low <= block * SLOTS) & (gaps.high > block * SLOTS))
            _demand(in_gap or np.all(same), f"a closed line of row {row} is not what was used")


def _numbers(leaves: Leaves) -> Lines:
    """Line numbers, (blocks, rows)."""
    shape = leaves.base.shape
    return leaves.directory.numbers(np.arange(shape[0]), np.arange(shape[1]))


def _check_half_hours(leaves: Leaves, row: int, history: History) -> None:
    grid = leaves.grid
    first, last = int(grid.slot(history.times[0])), int(grid.slot_after(history.times[-1]))
    rows = np.array([row], dtype=np.int64)
    total, read = leaves.dense(rows, first, last + 1)
    found = half_hours(total, read, rows, first, leaves.segments, grid)
    edges = grid.time(np.arange(first, last + 1))
    expected = history.buckets(edges, grid.origin % HALF_HOUR)
    _demand(np.array_equal(found.energy[0], expected.consumption), f"energy of row {row}")
    _demand(np.array_equal(found.estimated[0], expected.estimated), f"estimates of row {row}")
    gaps = leaves.gaps.take(leaves.gaps.rows == row)
    _demand(np.all(gaps.low < gaps.high), f"a long gap of row {row} is empty")
    _demand(np.all(np.isin(gaps.t0, history.times)), f"a long gap of row {row} begins nowhere")
    _demand(np.all(np.isin(gaps.t1, history.times)), f"a long gap of row {row} ends nowhere")
    reads = history.kinds[np.searchsorted(history.times, gaps.t1)]
    _demand(np.all(reads == READ), f"a long gap of row {row} is no gap in a segment")


def _check_cells(roster: Roster, leaves: Leaves, cells: Cells) -> None:
    inside = np.flatnonzero(roster.cell >= 0)
    kept = np.arange(len(leaves.blocks))
    again = Cells.empty(roster.paths, len(leaves.blocks))
    again = again.spread(kept, len(leaves.blocks), roster.paths)
    again = again.added(share_of(leaves, inside, roster.cell[inside]), leaves.blocks)
    for cell in range(len(roster.paths)):
        for name in ("energy", "estimated"):
            one, other = getattr(cells, name), getattr(again, name)
            mine = np.array([cell])
            same = np.array_equal(one.running(mine), other.running(mine))
            _demand(same, f"{name} of the cell {roster.paths[cell]}")
