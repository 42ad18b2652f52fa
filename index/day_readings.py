"""What the index is given: the effective readings of one local day, in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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

    def __len__(self) -> int:
        return len(self.times)
