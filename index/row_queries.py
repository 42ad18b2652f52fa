"""Questions about one row: its readings, its register, its consumption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.columns import Columns, ordered
from index.grid import Grid
from index.half_hours import half_hours
from index.history import (
    UNKNOWN,
    History,
    Ints,
    Measures,
    covered,
    whole_half_hours,
)
from index.leaves import Leaves
from index.segments import Segments


@dataclass(frozen=True, eq=False)
class RowQueries:
    """Reads the leaves of one version."""

    leaves: Leaves

    @property
    def _grid(self) -> Grid:
        return self.leaves.grid

    @property
    def _parts(self) -> Segments:
        return self.leaves.segments

    def histories(self, rows: Ints, start: int, end: int) -> Columns:
        """Readings of the rows in [start, end] and the nearest on either side, by (row, time)."""
        before, after = self.leaves.previous(rows, start), self.leaves.following(rows, end + 1)
        low, high = self._grid.block([start, end]).tolist()
        inside = self.leaves.readings(rows, low, high + 1)
        inside = inside.take((inside.times >= start) & (inside.times <= end))
        number = (np.flatnonzero(before.there), np.flatnonzero(after.there))

        def column(name: str) -> Ints:
            ends = (getattr(before, name)[number[0]], getattr(after, name)[number[1]])
            stacked: Ints = np.concatenate((ends[0], getattr(inside, name), ends[1]))
            return stacked

        columns, _ = ordered(
            len(rows),
            np.concatenate((number[0], inside.rows, number[1])),
            column("times"),
            column("values"),
            column("kinds").astype(np.uint8),
        )
        return columns

    def history(self, row: int, start: int, end: int) -> History:
        found = self.histories(np.array([row], dtype=np.int64), start, end)
        return History(found.times, found.values, found.kinds)

    def series(self, row: int, edges: Ints) -> Measures:
        """On the grid from U, O(half hours asked); off the grid by `History`."""
        grid = self._grid
        if not bool(grid.on_grid(edges).all()):
            span = whole_half_hours(int(edges[0]), int(edges[-1]), grid.origin)
            return self.history(row, *span).buckets(edges, grid.origin)
        slots = grid.slot(edges)
        energy, estimated = self._sums_until(row, slots)
        low, high = self._parts.pointer[row : row + 2].tolist()
        starts, ends = self._parts.start[low:high], self._parts.end[low:high]
        if high - low > 1:
            gap = starts[1:] > ends[:-1]
            starts = np.concatenate((starts[:1], starts[1:][gap]))
            ends = np.concatenate((ends[:-1][gap], ends[-1:]))
        first, stop = grid.slot_after(starts), grid.slot(ends)
        full = covered(slots, first, np.maximum(first, stop))
        return Measures(
            np.diff(energy),
            np.diff(estimated),
            np.diff(slots) - np.diff(full),
            (np.diff(covered(edges, starts, ends)) > 0).astype(np.int64),
        )

    def _sums_until(self, row: int, slots: Ints) -> tuple[Ints, Ints]:
        """Energy and its estimated part before each slot; only the row's life is decoded."""
        if not self._parts.alive[row] or not len(slots):
            return np.zeros_like(slots), np.zeros_like(slots)
        first = max(int(slots[0]), int(self._grid.slot(self._parts.first_time[row])))
        last = min(int(slots[-1]), int(self._grid.slot_after(self._parts.last_time[row])))
        if first >= last:
            return np.zeros_like(slots), np.zeros_like(slots)
        rows = np.array([row], dtype=np.int64)
        total, read = self.leaves.dense(rows, first, last + 1)
        found = half_hours(total, read, rows, first, self._parts, self._grid)
        place = np.clip(slots, first, last) - first
        guessed = np.concatenate(([0], np.cumsum(found.estimated[0])))
        return total[0][place], guessed[place]

    def register(self, row: int, times: Ints, *, opening: bool) -> Ints:
        """On the grid one look-up each; off the grid by `History`."""
        grid, parts = self._grid, self._parts
        result = np.full(len(times), UNKNOWN, dtype=np.int64)
        low, high = parts.pointer[row : row + 2].tolist()
        if low == high or not len(times):
            return result
        on_grid = grid.on_grid(times)
        off = times[~on_grid]
        if len(off):
            found = self.history(row, int(off.min()), int(off.max()))
            result[~on_grid] = found.register(off, opening=opening)
        place = parts.locate(np.full(len(times), row), times)
        if not opening:
            shared = (place > low) & (parts.end[np.maximum(place - 1, 0)] == times)
            place = np.where(shared, place - 1, place)
        inside = on_grid & (place >= low) & (times <= parts.end[place])
        total = self.leaves.at(grid.slot(times[inside]), np.array([row], dtype=np.int64))[:, 0]
        result[inside] = total - parts.shift[place[inside]]
        return result

    def known(self, row: int, start: int, end: int) -> tuple[int, int] | None:
        """O(log segments)."""
        low, high = self._parts.pointer[row : row + 2].tolist()
        starts, ends = self._parts.start[low:high], self._parts.end[low:high]
        first = int(np.searchsorted(ends, start, side="left"))
        last = int(np.searchsorted(starts, end, side="right")) - 1
        if first > last:
            return None
        return max(start, int(starts[first])), min(end, int(ends[last]))
