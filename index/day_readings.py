"""What the index is given: the effective readings of one local day, in columns.

series    ("531-204-118", "S") ("531-204-119", "S") ...         names, by code
pointer   0                    48                    95         where each one's rows begin
code      0     0     0  ...   1     1  ...
times     ...                                                   epoch seconds, rising in a code
values    ...                                                   Wh
kinds     ...                                                   0 read, 1 initial
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import types

from index.compiled import READ_BYTES, READ_INTS, READ_NARROW, compiled
from index.history import Bytes, Ints

Key = tuple[str, str]
"""(meter_id, register_id)."""
Path = tuple[str, str, str]
"""Where a meter counts in totals: three words the index never looks into."""
Places = Mapping[Key, Path | None]
"""A path: the register counts for its meter and in that cell. None: it counts in nothing (an
export register, a band beside its total). Absent: it counts for its meter, but in no cell.

A mapping once given is not changed: whoever has other places gives another mapping."""

_COLUMNS = {"code": np.int32, "times": np.int64, "values": np.int64, "kinds": np.uint8}
_WELL, _OUTSIDE, _DISORDER, _UNNAMED = range(4)


@compiled(
    types.int64(READ_NARROW, READ_INTS, READ_BYTES, types.int64, types.int64, types.int32[::1])
)
def _survey(
    code: npt.NDArray[np.int32],
    times: Ints,
    kinds: Bytes,
    start: int,
    end: int,
    pointer: npt.NDArray[np.int32],
) -> int:
    """Write where each series begins; what is wrong with the columns."""
    series, fault = len(pointer) - 1, _WELL
    seen = 0
    for i in range(len(code)):
        own = code[i]
        if own < 0 or own >= series:
            return _UNNAMED
        if times[i] < start or times[i] >= end:
            return _OUTSIDE
        if i and own == code[i - 1]:
            later = times[i] > times[i - 1]
            if not later and not (times[i] == times[i - 1] and kinds[i] > kinds[i - 1]):
                fault = _DISORDER
        elif i and own < code[i - 1]:
            fault = _DISORDER
        while seen <= own:
            pointer[seen] = i
            seen += 1
    while seen <= series:
        pointer[seen] = len(code)
        seen += 1
    return fault


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
    code: npt.NDArray[np.int32]
    times: Ints
    values: Ints
    kinds: Bytes
    pointer: npt.NDArray[np.int32] = field(init=False)
    """Readings of series n are pointer[n]:pointer[n + 1]."""

    def __post_init__(self) -> None:
        """Raises ValueError: an index over disordered days would be silently wrong."""
        if not len(self.code) == len(self.times) == len(self.values) == len(self.kinds):
            raise ValueError("the columns of a day differ in length")
        for name, dtype in _COLUMNS.items():
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype))
        object.__setattr__(self, "pointer", np.empty(len(self.series) + 1, dtype=np.int32))
        columns = (self.code, self.times, self.kinds, self.start, self.end, self.pointer)
        fault = _survey(*columns)
        if fault == _OUTSIDE:
            raise ValueError(f"a reading lies outside its day [{self.start}, {self.end})")
        if fault == _DISORDER:
            raise ValueError("the readings of a day are not in order of (code, time, kind)")
        if fault == _UNNAMED:
            raise ValueError("a reading is of a series that the day does not name")

    def of_series(self, rows: Ints, wanted: Ints) -> DayReadings:
        """Only the series whose row, by code, is among the wanted."""
        kept = np.isin(rows, wanted)[self.code]
        return DayReadings(
            self.day_ordinal,
            self.start,
            self.end,
            self.series,
            self.code[kept],
            self.times[kept],
            self.values[kept],
            self.kinds[kept],
        )

    def __len__(self) -> int:
        return len(self.times)


def in_time_order(days: Iterable[DayReadings]) -> list[DayReadings]:
    """The days sorted. Raises ValueError where one overlaps another or comes twice."""
    found = sorted(days, key=lambda day: day.start)
    for one, other in pairwise(found):
        if other.start < one.end:
            raise ValueError(f"two days hold the time {other.start}")
    return found
