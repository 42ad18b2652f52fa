"""The seam under the readings room: what any store of readings must be able to do.

`LocalStore` (log, day files, index) is the default. The words are those of the design; keep
them few. All instants are epoch seconds, all energies whole watt-hours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from data_layer.readings.model import (
    Buckets,
    GroupPath,
    Ints,
    ReadingBatch,
    RowFilter,
    RowPage,
    SeriesKey,
)

Verdicts = npt.NDArray[np.uint8]
Judge = Callable[[ReadingBatch, Verdicts, ReadingBatch], Verdicts]
"""judge(batch, verdicts so far, stored readings around it) -> final verdicts. Pure."""
Progress = Callable[[str, int, int], None]
"""progress(what is being done, done, of how many)."""


class ReadingStore(Protocol):
    @property
    def changes(self) -> int:
        """How often what is stored has changed; counted once the change can be seen."""

    def append(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        """Judge the rows against the present state, make the accepted durable, publish them.

        Returns the final verdicts once every ACCEPTED row is on disk. Concurrent callers share
        one write and one fsync. Raises Unavailable when not receiving; then nothing was stored.
        """

    def preview(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        """The verdicts `append` would give now; nothing is stored."""

    def neighbors(self, batch: ReadingBatch) -> ReadingBatch:
        """Effective readings that matter to the batch: for each of its series those inside its
        time range, plus the nearest before and after. Sorted by (series, read_at, kind).

        Of what the index tells only key and value are true: `revision` has the revision."""

    def latest(self, series: Sequence[SeriesKey]) -> ReadingBatch:
        """The latest effective reading of each series that has one."""

    def registers(self, meter_id: str) -> tuple[str, ...]:
        """Registers of the meter that have readings, sorted."""

    def series(self, keys: Sequence[SeriesKey], edges: Ints) -> Buckets:
        """Consumption of each series over each bucket; one row a key."""

    def registers_at(self, keys: Sequence[SeriesKey], times: Ints) -> Ints:
        """register(t) in Wh, shape (keys, times); VOID_WH where unknown."""

    def known(self, keys: Sequence[SeriesKey], start: int, end: int) -> tuple[int, int] | None:
        """First and last known instant inside [start, end] over all keys, None if there is none."""

    def totals(
        self, groups: Sequence[Collection[GroupPath]], edges: Ints, *, at_least: int = 0
    ) -> Buckets:
        """Consumption of groups, each the union of the given paths; one row a group.

        With `at_least`, half hours in which a group has 1 to at_least - 1 reporting meters
        contribute nothing: sums over any buckets stay consistent. They count as missing in
        every series, and in at least `at_least`, like half hours in which none reports. And a
        half hour of a group is estimated as a whole, when most of it is, or not at all: the
        estimated part alone could be that of a single meter.
        """

    def reporting_meters(self) -> Mapping[GroupPath, int]:
        """How many meters with any reading count in each path."""

    def top(
        self, start: int, end: int, limit: int, *, descending: bool = True
    ) -> list[tuple[str, int]]:
        """Meters by consumption over [start, end): (meter_id, Wh)."""

    def rows(self, wanted: RowFilter) -> RowPage:
        """Stored readings (all revisions) by filter and order, one page."""

    def revisions(self, key: SeriesKey, read_at: int) -> ReadingBatch:
        """Every revision and kind stored for one series at one instant."""

    def revision(self, key: SeriesKey, read_at: int, kind: int) -> int:
        """The highest revision stored of one reading; 0 where there is none."""

    def place(self, places: Mapping[str, GroupPath | None]) -> None:
        """Tell where meters count; exact in totals from now on."""

    def seal(self, progress: Progress | None = None, *, rebuild: bool = False) -> None:
        """Close the log, merge it into its day files, take them into the index, swap, archive."""
