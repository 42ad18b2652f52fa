"""What the index is given: the effective readings of one local day, in columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from index.history import Bytes, Ints

Key = tuple[str, str]
"""(meter_id, register_id)."""
Path = tuple[str, str, str]
"""Where a meter counts in totals: three words the index never looks into."""
Places = Mapping[Key, Path | None]
"""A path: the register counts for its meter and in that cell. None: it counts in nothing (an
export register, a band beside its total). Absent: it counts for its meter, but in no cell."""


@dataclass(frozen=True, eq=False)
class DayReadings:
    """Effective readings of one local day [start, end): valid, highest revision, with a value.

    `code` points into `series`; rows are sorted by (code, time, kind) and no (code, time, kind)
    comes twice. In `SortedIndex.updated` they replace everything the day held before, so a
    series that is absent has no reading left in it.
    """

    day_ordinal: int
    start: int
    end: int
    series: tuple[Key, ...]
    code: Ints
    times: Ints
    values: Ints
    kinds: Bytes

    def __post_init__(self) -> None:
        """Raises ValueError: an index over disordered days would be silently wrong."""
        if not len(self.code) == len(self.times) == len(self.values) == len(self.kinds):
            raise ValueError("the columns of a day differ in length")
        if not len(self.times):
            return
        if int(self.times.min()) < self.start or int(self.times.max()) >= self.end:
            raise ValueError(f"a reading lies outside its day [{self.start}, {self.end})")
        code, time = np.diff(self.code), np.diff(self.times)
        kind_rises = self.kinds[1:] > self.kinds[:-1]
        rises = (code > 0) | ((code == 0) & ((time > 0) | ((time == 0) & kind_rises)))
        if not rises.all():
            raise ValueError("the readings of a day are not in order of (code, time, kind)")

    def __len__(self) -> int:
        return len(self.times)


def in_time_order(days: Iterable[DayReadings]) -> list[DayReadings]:
    """The days sorted. Raises ValueError where one overlaps another or comes twice."""
    found = sorted(days, key=lambda day: day.start)
    for one, other in pairwise(found):
        if other.start < one.end:
            raise ValueError(f"two days hold the time {other.start}")
    return found
