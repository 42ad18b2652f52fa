"""A new version from an old one: some days hold other readings now, everything else stays.

A row is touched where its readings of the days really differ. What changes of it lies between
its last reading before the days and its first one after them (the *window*): interpolated values
in it are filled anew, and what comes after moves by one constant, because U goes on from where
it is (`delta`, not zero only when a segment's end or a row's first reading changed).

        old readings     days replaced       old readings
     ...o----o--------|=================|---------o----o...
             ^ previous                           ^ following
             |<------------- window ------------->|  then U + delta

Nothing yet: `build`. A day behind everything there is: appended in one walk (`appending.py`), but
for rows that were silent for longer. Anything else: touched rows in batches of equal windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.appending import appended, arrivals, is_appended
from index.assembly import open_lines
from index.build import coming
from index.cells import Change, summed
from index.columns import Columns, assemble, fill, lines_needed, same_readings
from index.day_block import NO_LINE
from index.day_readings import DayReadings
from index.grid import SLOTS
from index.half_hours import HalfHours, half_hours, without_long_gaps
from index.history import Ints, Mask
from index.leaves import Leaves
from index.roster import Roster
from index.touched import Touched

_AT_ONCE = 2_000_000
"""Slots worked on at a time: bounds memory."""


def spans(days: Sequence[DayReadings], rows: int) -> Iterator[list[DayReadings]]:
    """Days that follow each other without a gap, as many together as memory allows."""
    most = max(1, _AT_ONCE // (SLOTS * max(1, rows)))
    together: list[DayReadings] = []
    for day in days:
        if together and (day.start != together[-1].end or len(together) == most):
            yield together
            together = []
        together.append(day)
    if together:
        yield together


def draft(leaves: Leaves, rows: int) -> Leaves:
    """A copy whose base may be written to, with room for more rows."""
    more = ((0, 0), (0, rows - leaves.segments.count))
    return replace(
        leaves,
        base=np.pad(leaves.base, more),
        directory=leaves.directory.widened(rows),
        segments=replace(leaves.segments, count=rows),
    )


def replaced(
    leaves: Leaves, days: Sequence[DayReadings], roster: Roster
) -> tuple[Leaves, list[Change]]:
    """The draft with consecutive days replaced, and what that changes in the cells.

    Writes into the draft's `base`; everything else is made new.
    """
    start, end = days[0].start, days[-1].end
    if is_appended(leaves, start):
        return _appended(leaves, days, roster)
    incoming = assemble(days, [roster.names.rows_of(day.series) for day in days], len(roster))
    touched = np.flatnonzero(~same_readings(_held(leaves, start, end), incoming))
    if not len(touched):
        return leaves, []
    return _Refill(Touched.of(leaves, touched, start, end, incoming)).run(roster)


def _appended(
    leaves: Leaves, days: Sequence[DayReadings], roster: Roster
) -> tuple[Leaves, list[Change]]:
    start, end = days[0].start, days[-1].end
    arriving = coming(days, roster)
    ready, silent = arrivals(leaves, arriving, start)
    changes = []
    if len(ready):
        leaves, change = appended(leaves, arriving, ready, (start, end), roster)
        changes.append(change)
    if len(silent):
        late = [day.of_series(roster.names.rows_of(day.series), silent) for day in days]
        incoming = assemble(late, [roster.names.rows_of(day.series) for day in late], len(roster))
        touched = Touched.of(leaves, silent, start, end, incoming)
        leaves, more = _Refill(touched).run(roster)
        changes += more
    return leaves, changes


def _held(leaves: Leaves, start: int, end: int) -> Columns:
    """What all rows hold in [start, end) now."""
    parts = leaves.segments
    rows = np.flatnonzero((parts.first_time < end) & (parts.last_time >= start))
    low, high = leaves.grid.block([start, end - 1]).tolist()
    found = leaves.readings(rows, low, high + 1)
    found = found.take((found.times >= start) & (found.times < end))
    return Columns(parts.count, rows[found.rows], found.times, found.values, found.kinds)


@dataclass(frozen=True, eq=False)
class _Refill:
    """Fills the windows of the touched rows anew, batch by batch."""

    touched: Touched

    def run(self, roster: Roster) -> tuple[Leaves, list[Change]]:
        rows, numbers = lines_needed(self.touched.columns, self.touched.leaves.grid)
        _, stored = self.touched.leaves.place(numbers)
        old = self.touched.leaves.with_blocks(np.unique(numbers[~stored]))
        new = replace(
            old,
            segments=self.touched.segments(),
            gaps=self.touched.long_gaps(),
            side=self.touched.side(),
        )
        changes = []
        grid = self.touched.leaves.grid
        low = grid.block(
            np.where(self.touched.before.there, self.touched.before.times, self.touched.start)
        )
        high = grid.block(
            np.where(self.touched.after.there, self.touched.after.times, self.touched.end - 1)
        )
        for chosen in _equal_windows(low, high):
            first, stop = int(low[chosen[0]]), int(high[chosen[0]]) + 1
            total, read, was = self._filled(old, chosen, first, stop)
            needed = np.zeros((len(chosen), stop - first), dtype=np.bool_)
            mine = _positions(chosen, rows, len(self.touched.rows))
            inside = mine >= 0
            needed[mine[inside], numbers[inside] - first] = True
            new = self._written(new, chosen, first, total, read, needed)
            changes.append(self._change(old, new, chosen, first, (total, read), was, roster))
        return new, changes

    def _filled(
        self, old: Leaves, chosen: Ints, first: int, stop: int
    ) -> tuple[Ints, Mask, tuple[Ints, Mask]]:
        """New U and reads over the window's slots and the one that closes it, and the old."""
        slots = np.arange(first * SLOTS, stop * SLOTS + 1)
        old_total, old_read = old.dense(
            self.touched.rows[chosen], int(slots[0]), int(slots[-1]) + 1
        )
        mine = _positions(chosen, self.touched.columns.rows, len(self.touched.rows))
        kept = mine >= 0
        own = replace(self.touched.columns.take(kept), count=len(chosen), rows=mine[kept])
        total, read = fill(own, self.touched.total[kept], slots, old.grid)
        time = old.grid.time(slots)
        held = self.touched.before.there[chosen, None] & (
            time <= self.touched.before.times[chosen, None]
        )
        moved = self.touched.after.there[chosen, None] & (
            time >= self.touched.after.times[chosen, None]
        )
        total = np.where(held, old_total, total)
        total = np.where(moved, old_total + self.touched.delta[chosen, None], total)
        read = np.where(held | moved, old_read, read)
        return total, read, (old_total, old_read)

    def _written(
        self, new: Leaves, chosen: Ints, first: int, total: Ints, read: Mask, needed: Mask
    ) -> Leaves:
        """Put the window into base and lines; before and after it, only the base moves."""
        rows, width = self.touched.rows[chosen], needed.shape[1]
        low, high = np.searchsorted(new.blocks, [first, first + width]).tolist()
        stored = new.blocks[low:high] - first
        new.base[low:high, rows] = total[:, stored * SLOTS].T
        opening = np.arange(width, dtype=np.int64) * SLOTS
        words, escapes = open_lines(total, read.view(np.uint8), opening, needed)
        lines, fresh = new.lines.with_words(words, escapes)
        number = np.full(needed.shape, NO_LINE, dtype=np.int32)
        number[needed] = fresh
        directory = new.directory.changed(np.arange(low, high), rows, number[:, stored].T)

        opens = ~self.touched.before.there[chosen]
        new.base[:low, rows[opens]] = self.touched.end_total(last=False)[chosen[opens]]
        closes = ~self.touched.after.there[chosen]
        new.base[high:, rows[closes]] = self.touched.end_total(last=True)[chosen[closes]]
        moves = self.touched.delta[chosen] != 0
        new.base[high:, rows[moves]] += self.touched.delta[chosen[moves]]
        return replace(new, lines=lines, directory=directory)

    def _change(
        self,
        old: Leaves,
        new: Leaves,
        chosen: Ints,
        first: int,
        now: tuple[Ints, Mask],
        was: tuple[Ints, Mask],
        roster: Roster,
    ) -> Change:
        rows = self.touched.rows[chosen]
        slot = first * SLOTS
        gain, loss = (
            without_long_gaps(
                half_hours(total, read, rows, slot, version.segments, version.grid),
                rows,
                slot,
                version.gaps,
            )
            for version, (total, read) in ((new, now), (old, was))
        )
        difference = HalfHours(gain.energy - loss.energy, gain.estimated - loss.estimated)
        width = gain.energy.shape[1] // SLOTS
        return summed(difference, roster.cell[rows], np.arange(first, first + width))


def _positions(chosen: Ints, rows: Ints, count: int) -> Ints:
    """Place of each row in `chosen`, -1 where it is not among them."""
    where = np.full(count, -1, dtype=np.int64)
    where[chosen] = np.arange(len(chosen))
    result: Ints = where[rows]
    return result


def _equal_windows(low: Ints, high: Ints) -> Iterator[Ints]:
    """Touched rows in batches that share a window, none larger than memory allows."""
    windows, which = np.unique(np.stack((low, high), axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    for number, (first, last) in enumerate(windows.tolist()):
        chosen = np.flatnonzero(which == number)
        most = max(1, _AT_ONCE // ((last - first + 1) * SLOTS))
        for start in range(0, len(chosen), most):
            yield chosen[start : start + most]
