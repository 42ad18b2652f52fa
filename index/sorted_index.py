"""The sorted index over all readings: directory, leaves and node summaries behind one class."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path as FilePath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sortedcontainers import SortedDict  # type: ignore[import-untyped]

from index.day_readings import DayReadings, Key, Path, Places
from index.history import (
    EMPTY,
    HALF_HOUR,
    INITIAL,
    Bytes,
    History,
    Ints,
    Measures,
    whole_half_hours,
)

Progress = Callable[[str, int, int], None]


class Latest(NamedTuple):
    """The newest reading of each asked row: columns; time is NEVER where a row has none."""

    times: Ints
    values: Ints
    kinds: Bytes


NEVER = -(1 << 62)


class SortedIndex:
    """One immutable version of the index. A changed index is a new object; readers keep theirs."""

    directory: SortedDict[Key, int]
    """(meter_id, register_id) -> row, in key order. Rows are numbered by (path, key)."""
    generation: int
    """What the snapshot was saved as; 0 for an index that never was on disk."""
    grid_phase: int

    def __init__(self, histories: dict[Key, History], places: Places, grid_phase: int) -> None:
        self._histories = list(histories.values())
        self._keys = tuple(histories)
        self._places: dict[Key, Path | None] = {
            k: None if (p := places[k]) is None else (p[0], p[1], p[2])
            for k in histories
            if k in places
        }
        self.directory = SortedDict({key: row for row, key in enumerate(self._keys)})
        self.grid_phase = grid_phase
        self.generation = 0

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
        """Everything from nothing. Days in any order, no day twice."""
        return cls({}, {}, grid_phase).updated(days, places)

    def updated(self, days: Iterable[DayReadings], places: Places) -> SortedIndex:
        """A new version in which the given days hold exactly the given readings."""
        histories = dict(zip(self._keys, self._histories, strict=True))
        for day in days:
            for key, old in list(histories.items()):
                keep = (old.times < day.start) | (old.times >= day.end)
                histories[key] = History.of(old.times[keep], old.values[keep], old.kinds[keep])
            for code in np.unique(day.code).tolist():
                rows = day.code == code
                old = histories.get(day.series[code], EMPTY)
                times = np.concatenate((old.times, day.times[rows]))
                kinds = np.concatenate((old.kinds, day.kinds[rows]))
                order = np.lexsort((kinds, times))
                values = np.concatenate((old.values, day.values[rows]))
                histories[day.series[code]] = History.of(times[order], values[order], kinds[order])
        return SortedIndex({k: h for k, h in histories.items() if len(h)}, places, self.grid_phase)

    def with_places(self, places: Places) -> SortedIndex:
        """A new version in which registers count where `places` says (the whole mapping)."""
        return SortedIndex(
            dict(zip(self._keys, self._histories, strict=True)), places, self.grid_phase
        )

    # -- rows ------------------------------------------------------------------------------

    @property
    def keys(self) -> tuple[Key, ...]:
        """The key of each row."""
        return self._keys

    def row(self, key: Key) -> int | None:
        found: int | None = self.directory.get(key)
        return found

    def registers(self, meter_id: str) -> tuple[str, ...]:
        """Registers of the meter that have readings, sorted."""
        return tuple(r for m, r in self.directory.irange((meter_id, "")) if m == meter_id)

    def place(self, row: int) -> Path | None:
        """The cell the row counts in, None if it counts in none."""
        return self._places.get(self._keys[row])

    def history(self, row: int, start: int, end: int) -> History:
        """Readings in [start, end], plus the nearest one before and after.

        For `buckets` over edges off the grid, ask for `whole_half_hours(start, end)`.
        """
        whole = self._histories[row]
        low = max(0, int(np.searchsorted(whole.times, start, side="left")) - 1)
        high = int(np.searchsorted(whole.times, end, side="right")) + 1
        return History.of(whole.times[low:high], whole.values[low:high], whole.kinds[low:high])

    def latest(self, row: int) -> tuple[int, int, int] | None:
        """(time, value, kind) of the row's newest reading."""
        whole = self._histories[row]
        if not len(whole):
            return None
        return int(whole.times[-1]), int(whole.values[-1]), int(whole.kinds[-1])

    def latest_of(self, rows: npt.ArrayLike) -> Latest:
        """`latest` of many rows at once, in columns."""
        found = [self.latest(int(r)) or (NEVER, 0, INITIAL) for r in np.asarray(rows)]
        table = np.array(found, dtype=np.int64).reshape(-1, 3)
        return Latest(table[:, 0], table[:, 1], table[:, 2].astype(np.uint8))

    def series(self, row: int, edges: npt.ArrayLike) -> Measures:
        """Consumption of one row over each bucket: 1-D columns, edges ascending."""
        return self._histories[row].buckets(edges, self.grid_phase)

    def register(self, row: int, times: npt.ArrayLike, *, opening: bool = False) -> Ints:
        """The register in Wh, UNKNOWN (-1) where it is; see `History.register`."""
        return self._histories[row].register(times, opening=opening)

    def known(self, row: int, start: int, end: int) -> tuple[int, int] | None:
        """First and last known instant inside [start, end]; see `History.known`."""
        return self._histories[row].known(start, end)

    # -- groups ----------------------------------------------------------------------------

    @property
    def cells(self) -> tuple[Path, ...]:
        """Paths in which at least one row with readings counts, sorted."""
        return tuple(sorted({p for p in self._places.values() if p is not None}))

    @property
    def meters_per_cell(self) -> dict[Path, int]:
        """How many meters with readings count in each cell."""
        meters = {(p, key[0]) for key, p in self._places.items() if p is not None}
        return {path: sum(1 for p, _ in meters if p == path) for path in self.cells}

    def slots(self, cells: Sequence[Path], start: int, end: int) -> Measures:
        """Each cell in each half hour of [start, end), widened to whole half hours."""
        low, high = whole_half_hours(start, end, self.grid_phase)
        return self.totals(cells, np.arange(low, high + 1, HALF_HOUR))

    def totals(self, cells: Sequence[Path], edges: npt.ArrayLike) -> Measures:
        """Each cell over each bucket: arrays (cells, buckets); an unknown path is all zeros.

        `missing` sums over the cell's rows, before a row's first reading and after its last too;
        `reporting` counts meters with any known part of the bucket.
        """
        at = np.asarray(edges, dtype=np.int64)
        result = Measures(
            *(np.zeros((len(cells), max(0, len(at) - 1)), dtype=np.int64) for _ in range(4))
        )
        place = {tuple(path): n for n, path in enumerate(cells)}
        meters: dict[tuple[int, str], Ints] = {}
        for row, key in enumerate(self._keys):
            cell = place.get(self._places.get(key) or ())
            if cell is not None:
                own = self.series(row, at)
                for column in range(3):
                    result[column][cell] += own[column]
                seen = meters.setdefault((cell, key[0]), np.zeros_like(own.reporting))
                seen |= own.reporting
        for (cell, _), reporting in meters.items():
            result.reporting[cell] += reporting
        return result

    def top(
        self, start: int, end: int, limit: int, *, descending: bool = True
    ) -> list[tuple[str, int]]:
        """Meters by consumption over [start, end), equals by meter_id; registers summed.

        Registers placed None do not count; a meter of which nothing is known is left out.
        """
        sums: dict[str, int] = {}
        for row, (meter_id, register_id) in enumerate(self._keys):
            if self._places.get((meter_id, register_id), ()) is None:
                continue
            own = self.series(row, [start, end])
            if own.reporting[0]:
                sums[meter_id] = sums.get(meter_id, 0) + int(own.consumption[0])
        sign = -1 if descending else 1
        return sorted(sums.items(), key=lambda item: (sign * item[1], item[0]))[:limit]

    # -- disk ------------------------------------------------------------------------------

    def save(self, path: FilePath, *, generation: int = 0) -> None:
        """Write a snapshot: complete and on disk, or not there at all."""
        beside = path.with_name(path.name + ".tmp")
        with beside.open("wb") as file:
            pickle.dump((self._keys, self._histories, self._places, self.grid_phase), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    @classmethod
    def load(cls, path: FilePath) -> SortedIndex:
        """Attach a snapshot. Raises SnapshotDamaged when it is not one, or not whole."""
        with path.open("rb") as file:
            keys, histories, places, phase = pickle.load(file)  # noqa: S301
        return cls(dict(zip(keys, histories, strict=True)), places, phase)

    def _check(self) -> None:
        """Assert every invariant; for tests and for an operator's doubt."""
        assert all(np.all(np.diff(h.times) >= 0) for h in self._histories)
