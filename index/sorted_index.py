"""The sorted index over all readings: directory, leaves and node summaries behind one class."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sortedcontainers import SortedDict  # type: ignore[import-untyped]

from index import cells as summaries
from index import invariants, snapshot, update
from index.build import Progress, build, used_keys
from index.cells import Cells
from index.columns import Columns
from index.coverage import Coverage
from index.day_page import AT_MOST, DayPage
from index.day_readings import DayReadings, Key, Path, Places, in_time_order
from index.group_totals import Group, GroupTotals
from index.history import HALF_HOUR, Bytes, History, Ints, Measures
from index.leaves import Leaves
from index.roster import Roster
from index.row_queries import HalfHourSeries, RowQueries, Usage

_DAY_PAGES = 64
"""Days whose pages a version keeps, eight bytes a row each, twice."""


class Latest(NamedTuple):
    """The newest reading of each asked row: columns. `there` is False where a row has none."""

    there: npt.NDArray[np.bool_]
    times: Ints
    values: Ints
    kinds: Bytes


def _instants(times: npt.ArrayLike) -> Ints:
    return np.ascontiguousarray(times, dtype=np.int64)


class SortedIndex:
    """One immutable version of the index. A changed index is a new object; readers keep theirs.

    All instants are epoch seconds, all energies whole Wh. What a version does not change it
    shares with the one it came from.
    """

    def __init__(
        self, roster: Roster, leaves: Leaves, cells: Cells, *, generation: int = 0
    ) -> None:
        self.roster = roster
        self.leaves = leaves
        self.summaries = cells
        self.generation = generation
        """What the snapshot was saved as; 0 for a version that never was on disk."""
        leaves.base.flags.writeable = False
        self._rows = RowQueries(leaves)

    @cached_property
    def _groups(self) -> GroupTotals:
        return GroupTotals(
            self.roster, self.leaves, self.summaries, self._coverage, self._rows.history
        )

    @cached_property
    def _coverage(self) -> Coverage:
        return Coverage(self.roster, self.leaves.segments, self.leaves.grid)

    # -- versions --------------------------------------------------------------------------

    @classmethod
    def build(
        cls,
        days: Iterable[DayReadings],
        places: Places,
        *,
        grid_phase: int = 0,
        threads: int = 2,
        progress: Progress | None = None,
    ) -> SortedIndex:
        """Everything from nothing, O(readings). Days in any order, no day twice."""
        ordered = in_time_order(days)
        return cls(
            *build(ordered, places, grid_phase=grid_phase, threads=threads, progress=progress)
        )

    def updated(self, days: Iterable[DayReadings], places: Places) -> SortedIndex:
        """A new version in which the given days hold exactly the given readings.

        Late readings, corrections and removals are all that: another content of a day. Costs
        what the differing rows hold between their neighbors around the days. `places` is the
        whole mapping, as in `with_places`.
        """
        changed = in_time_order(days)
        if not len(self.roster):
            return SortedIndex.build(changed, places, grid_phase=self.grid_phase)
        rows_of = self.roster.names.rows_of
        strange = [day for day in changed if (rows_of(day.series) < 0).any()]
        roster = self.roster.with_keys(used_keys(strange))
        leaves, changes = update.draft(self.leaves, len(roster)), [summaries.no_change()]
        for span in update.spans(changed, len(roster)):
            leaves, more = update.replaced(leaves, span, roster)
            changes += more
        kept = np.searchsorted(leaves.blocks, self.leaves.blocks)
        cells = self.summaries.spread(kept, len(leaves.blocks), roster.paths)
        cells = cells.added(summaries.stacked(changes), leaves.blocks)
        return SortedIndex(roster, leaves, cells).with_places(places)

    def with_places(self, places: Places) -> SortedIndex:
        """A new version in which registers count where `places` says (the whole mapping).

        Exact at once: what a moved row holds is taken out of its old cell and put into the new
        one. The row itself moves at the next build.
        """
        roster = self.roster.with_places(places)
        if roster is self.roster:
            return self
        if np.array_equal(roster.cell, self.roster.cell) and roster.paths == self.roster.paths:
            return SortedIndex(roster, self.leaves, self.summaries, generation=self.generation)
        moved = roster.cell != self.roster.cell
        leaves = self.leaves
        left = np.flatnonzero(moved & (self.roster.cell >= 0))
        entered = np.flatnonzero(moved & (roster.cell >= 0))
        loss = summaries.share_of(leaves, left, self.roster.cell[left]).negated()
        gain = summaries.share_of(leaves, entered, roster.cell[entered])
        blocks = leaves.blocks
        cells = self.summaries.spread(np.arange(len(blocks)), len(blocks), roster.paths)
        cells = cells.added(summaries.stacked([loss, gain]), blocks)
        return SortedIndex(roster, leaves, cells, generation=self.generation)

    # -- rows ------------------------------------------------------------------------------

    @property
    def directory(self) -> SortedDict[Key, int]:
        """(meter_id, register_id) -> row, in key order. Not to be written to."""
        return self.roster.directory

    @property
    def keys(self) -> tuple[Key, ...]:
        """The key of each row."""
        return self.roster.keys

    @property
    def grid_phase(self) -> int:
        return self.leaves.grid.origin % HALF_HOUR

    def row(self, key: Key) -> int | None:
        """The row of a register, None if it never had a reading. O(1)."""
        found: int | None = self.directory.get(key)
        return found

    def registers(self, meter_id: str) -> tuple[str, ...]:
        """Registers of the meter that have readings, sorted. O(log rows)."""
        alive = self.leaves.segments.alive
        found = []
        for meter, register in self.directory.irange((meter_id, "")):
            if meter != meter_id:
                break
            if alive[self.directory[meter, register]]:
                found.append(register)
        return tuple(found)

    def place(self, row: int) -> Path | None:
        """The cell the row counts in, None if it counts in none."""
        cell = int(self.roster.cell[row])
        return self.roster.paths[cell] if cell >= 0 else None

    def history(self, row: int, start: int, end: int) -> History:
        """Readings in [start, end], plus the nearest one before and after.

        For `buckets` over edges off the grid, ask for `whole_half_hours(start, end)`.
        """
        return self._rows.history(row, start, end)

    def histories(self, rows: npt.ArrayLike, start: int, end: int) -> Columns:
        """`history` of many rows at once, in columns; `rows` of the answer counts from 0."""
        return self._rows.histories(np.asarray(rows, dtype=np.int64), start, end)

    def latest(self, row: int) -> tuple[int, int, int] | None:
        """(time, value, kind) of the row's newest reading. O(1)."""
        found = self.latest_of([row])
        if not found.there[0]:
            return None
        return int(found.times[0]), int(found.values[0]), int(found.kinds[0])

    def latest_of(self, rows: npt.ArrayLike) -> Latest:
        """`latest` of many rows at once, in columns."""
        chosen, parts = np.asarray(rows, dtype=np.int64), self.leaves.segments
        return Latest(
            parts.alive[chosen],
            parts.last_time[chosen],
            parts.last_value[chosen],
            parts.last_kind[chosen].astype(np.uint8),
        )

    @cached_property
    def usage(self) -> Callable[[int, int, int], Usage]:
        """usage(row, start, end): consumption of one row, how much is estimated, how much missing.

        O(1) after the row was first asked for, which costs O(blocks).
        """
        return self._rows.usage

    def half_hours(self, row: int, start: int, end: int) -> HalfHourSeries:
        """Each half hour of [start, end), widened to whole half hours of the home's grid."""
        return self._rows.half_hours(row, start, end)

    def series(self, row: int, edges: npt.ArrayLike) -> Measures:
        """Consumption of one row over each bucket: 1-D columns, edges ascending."""
        return self._rows.series(row, _instants(edges))

    def register(self, row: int, times: npt.ArrayLike, *, opening: bool = False) -> Ints:
        """The register in Wh, UNKNOWN (-1) where it is; see `History.register`."""
        return self._rows.register(row, np.asarray(times, dtype=np.int64), opening=opening)

    def known(self, row: int, start: int, end: int) -> tuple[int, int] | None:
        """First and last known instant inside [start, end]; see `History.known`."""
        return self._rows.known(row, start, end)

    def day_page(self, start: int, end: int) -> DayPage | None:
        """The readings of [start, end) in any order, None where that is no day's half hours.

        What its first use costs, O(rows), is paid once for each of the days asked last.
        """
        grid = self.leaves.grid
        if (start - grid.origin) % HALF_HOUR or (end - grid.origin) % HALF_HOUR:
            return None
        first, count = (start - grid.origin) // HALF_HOUR, (end - start) // HALF_HOUR
        return self._day_page(first, count) if 0 < count <= AT_MOST else None

    @cached_property
    def _day_page(self) -> Callable[[int, int], DayPage]:
        def make(first: int, count: int) -> DayPage:
            return self._rows.day_page(self.roster.names, first, count)

        return lru_cache(maxsize=_DAY_PAGES)(make)

    # -- groups ----------------------------------------------------------------------------

    @property
    def cells(self) -> tuple[Path, ...]:
        """Paths in which at least one row with readings counts, sorted."""
        return tuple(sorted(self.meters_per_cell))

    @property
    def meters_per_cell(self) -> dict[Path, int]:
        """How many meters with readings count in each cell."""
        counts = zip(self.roster.paths, self._coverage.meters.tolist(), strict=True)
        return {path: count for path, count in counts if count}

    @property
    def series_per_cell(self) -> dict[Path, int]:
        """How many rows with readings count in each cell."""
        counts = zip(self.roster.paths, self._coverage.members.tolist(), strict=True)
        return {path: count for path, count in counts if count}

    def group(self, cells: Collection[Path]) -> Group:
        """Some cells together, to be asked for totals again and again; unknown paths are empty.

        What it costs to put them together is paid once a version, O(cells x slots).
        """
        number = self.roster.number_of_path
        return self._groups.group(frozenset(number[path] for path in cells if path in number))

    def top(
        self, start: int, end: int, limit: int, *, descending: bool = True
    ) -> list[tuple[str, int]]:
        """Meters by consumption over [start, end), equals by meter_id; registers summed.

        Registers placed None do not count; a meter of which nothing is known is left out.
        """
        return self._groups.top(start, end, limit, descending=descending)

    # -- disk ------------------------------------------------------------------------------

    def save(self, path: FilePath, *, generation: int = 0) -> None:
        """Write a snapshot: complete and on disk, or not there at all."""
        snapshot.save(path, self.roster, self.leaves, self.summaries, generation=generation)

    @classmethod
    def load(cls, path: FilePath, *, verify: bool = True) -> SortedIndex:
        """Attach a snapshot by memory map; `verify` reads it once to check every checksum.

        Raises SnapshotDamaged when it is not one, or not whole.
        """
        found = snapshot.load(path, verify=verify)
        return cls(found.roster, found.leaves, found.cells, generation=found.generation)

    def attached(self, path: FilePath) -> SortedIndex:
        """This version, which was just saved there, from the file instead of from memory.

        What is known of names stays. Raises SnapshotDamaged.
        """
        found = snapshot.load(path, verify=False)
        return SortedIndex(self.roster, found.leaves, found.cells, generation=found.generation)

    @property
    def lies_in(self) -> frozenset[str]:
        """Names of the snapshots this version needs beside its own."""
        origin = self.leaves.lines.origin
        return frozenset() if origin is None else frozenset({origin.path.name})

    def _check(self) -> None:
        """Hold every part against the gap rule. Raises AssertionError; slow, O(readings)."""
        invariants.check(self.roster, self.leaves, self.summaries)
