"""What the peers are given: the same readings and, ready made, the same pre-aggregations.

    register   meter, read_at, wh, estimated    at every half hour, gaps filled already: a peer
                                                needs no rule for gaps when it is asked
    daily      day, meter, wh                   use per meter and day
    midnight   day, meter, wh                   the register at midnight: two subtracted are a use
    hourly     region, cell, read_at, day, month, wh, estimated     use per group and hour
    prefix_*   region, read_at, wh, estimated   running totals at each hour, day and month
    rows       meter, read_at, wh               readings of ROW_DAYS as they stand in the files
    meters     meter, meter_id

A meter is its place among the sorted ids, so that ordering by number is ordering by id. Kept as
numpy files beside the home; made from the day files by `gap_rule`, never by the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.benchmarks.data_set import DataSet, places_of
from tests.benchmarks.gap_rule import HALF_HOUR, Ints, readings_of, registers_of

ROW_DAYS = 4
"""Days of single rows the peers hold for Q5: more would only slow them down."""
DAY, HOUR = 86_400, 3_600
Column = npt.NDArray[np.integer]
Columns = dict[str, Column]


@dataclass(frozen=True, slots=True)
class PeerTables:
    """One set as tables of columns."""

    target: DataSet
    meters: tuple[str, ...]
    regions: tuple[str, ...]
    region_of: Ints
    """Region number of each meter."""
    wh: npt.NDArray[np.int64]
    estimated: npt.NDArray[np.bool_]
    rows: Columns

    @property
    def start(self) -> int:
        return self.target.start

    @property
    def whole_days(self) -> int:
        """Days whose closing midnight was read: all but the last."""
        return self.target.size.days - 1

    @property
    def row_days(self) -> list[int]:
        """The midnights that open the days of `rows`."""
        last = self.target.size.days - 1
        return [self.start + (last - n) * DAY for n in range(ROW_DAYS)]

    def register(self, first: int, last: int) -> Columns:
        """Rows of meters [first, last), in order of (meter, read_at)."""
        count, width = last - first, self.wh.shape[1]
        return {
            "meter": np.repeat(np.arange(first, last, dtype=np.int32), width),
            "read_at": np.tile(self.start + HALF_HOUR * np.arange(width, dtype=np.int64), count),
            "wh": self.wh[first:last].ravel(),
            "estimated": self.estimated[first:last].ravel().astype(np.int16),
        }

    def midnight(self) -> Columns:
        """In order of (day, meter)."""
        days = self.whole_days + 1
        return {
            "day": np.repeat(self.start + DAY * np.arange(days, dtype=np.int64), len(self.meters)),
            "meter": np.tile(np.arange(len(self.meters), dtype=np.int32), days),
            "wh": np.ascontiguousarray(self.wh[:, ::48][:, :days].T).ravel(),
        }

    def daily(self) -> Columns:
        """In order of (day, meter)."""
        used = np.diff(self.wh[:, ::48][:, : self.whole_days + 1], axis=1)
        days = self.whole_days
        return {
            "day": np.repeat(self.start + DAY * np.arange(days, dtype=np.int64), len(self.meters)),
            "meter": np.tile(np.arange(len(self.meters), dtype=np.int32), days),
            "wh": np.ascontiguousarray(used.T).ravel(),
        }

    def hourly(self) -> Columns:
        """In order of (region, cell, read_at); a cell is a region, area and dwelling type."""
        paths = list(places_of(self.target.size).values())
        cells = sorted(set(paths))
        number = {path: n for n, path in enumerate(cells)}
        cell_of = np.array([number[path] for path in paths])
        energy, estimated = self._by_hour(cell_of, len(cells))
        hours = energy.shape[1]
        at = self.start + HOUR * np.arange(hours, dtype=np.int64)
        region = np.array([self.regions.index(path.region) for path in cells], dtype=np.int32)
        return {
            "region": np.repeat(region, hours),
            "cell": np.repeat(np.arange(len(cells), dtype=np.int32), hours),
            "read_at": np.tile(at, len(cells)),
            "day": np.tile((at - self.start) // DAY, len(cells)),
            "month": np.tile(self._month_of(at), len(cells)),
            "wh": energy.ravel(),
            "estimated": estimated.ravel(),
        }

    def prefix(self, unit: str) -> Columns:
        """Running totals per region up to each edge of hour, day or month, in order."""
        energy, estimated = self._by_hour(self.region_of, len(self.regions))
        edges = self.edges(unit)
        hour = (edges - self.start) // HOUR

        def running(amount: Ints) -> Ints:
            total = np.cumsum(np.pad(amount, ((0, 0), (1, 0))), axis=1)
            return np.ascontiguousarray(total[:, hour]).ravel()

        return {
            "region": np.repeat(np.arange(len(self.regions), dtype=np.int32), len(edges)),
            "read_at": np.tile(edges, len(self.regions)),
            "wh": running(energy),
            "estimated": running(estimated),
        }

    def edges(self, unit: str) -> Ints:
        """Bucket edges over the whole days of the set."""
        end = self.start + self.whole_days * DAY
        return self.target.zone.boundaries(self.start, end, unit)

    def _month_of(self, at: Ints) -> Ints:
        found = np.searchsorted(self.edges("month"), at, side="right") - 1
        return found.astype(np.int64)

    def _by_hour(self, group_of: Ints, groups: int) -> tuple[Ints, Ints]:
        """Use and its estimated part: (groups, hours), over the whole days."""
        hours = self.whole_days * 24
        energy, estimated = np.zeros((2, groups, hours), dtype=np.int64)
        for group in range(groups):
            chosen = np.flatnonzero(group_of == group)
            total = self.wh[chosen][:, : 2 * hours + 1]
            marked = self.estimated[chosen][:, : 2 * hours + 1]
            used = np.diff(total, axis=1)
            guessed = np.where(marked[:, 1:] | marked[:, :-1], used, 0)
            energy[group] = used.sum(axis=0).reshape(hours, 2).sum(axis=1)
            estimated[group] = guessed.sum(axis=0).reshape(hours, 2).sum(axis=1)
        return energy, estimated


def tables_of(target: DataSet) -> PeerTables:
    """The set's tables; the large ones are made once and mapped from disk afterwards."""
    folder = target.folder / "columns"
    places = places_of(target.size)
    regions = tuple(sorted({path.region for path in places.values()}))
    if not (folder / "complete").exists():
        _make(target, tuple(places), folder)
    return PeerTables(
        target=target,
        meters=tuple(places),
        regions=regions,
        region_of=np.array([regions.index(path.region) for path in places.values()]),
        wh=np.load(folder / "wh.npy", mmap_mode="r"),
        estimated=np.load(folder / "estimated.npy", mmap_mode="r"),
        rows={name: np.load(folder / f"rows.{name}.npy") for name in ("meter", "read_at", "wh")},
    )


def _make(target: DataSet, meters: tuple[str, ...], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    registers = registers_of(target, meters)
    np.save(folder / "wh.npy", registers.wh)
    np.save(folder / "estimated.npy", registers.estimated)
    place = {meter_id: number for number, meter_id in enumerate(meters)}
    days = [readings_of(path, place) for path in target.files[-ROW_DAYS:]]
    for name, field in (("meter", "meter"), ("read_at", "at"), ("wh", "wh")):
        column = np.concatenate([getattr(day, field) for day in days])
        np.save(folder / f"rows.{name}.npy", column)
    (folder / "complete").touch()
