"""A store of readings that is slow and obviously right: definitions and loops, nothing clever.

The oracle for queries and for the real store. A half hour is judged alone, a register is an
exact fraction rounded down, a group is its meters added up one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import floor

import numpy as np

from data_layer.quantities import VOID_WH
from data_layer.readings.model import (
    Buckets,
    GroupPath,
    Ints,
    Kind,
    Reading,
    ReadingBatch,
    RowFilter,
    RowPage,
    SeriesKey,
    Verdict,
)
from data_layer.readings.room import only_default_register
from data_layer.readings.store import Judge, Progress, Verdicts

HALF_HOUR = 1800


@dataclass
class SlowStore:
    """Every reading in a list; every answer from the list."""

    grid_phase: int = 0
    counting: Callable[[str], tuple[SeriesKey, ...]] = only_default_register
    readings: list[Reading] = field(default_factory=list)
    places: dict[str, GroupPath | None] = field(default_factory=dict)
    _sorted: dict[SeriesKey, list[Reading]] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        return len(self.readings)

    def append(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        final = self.preview(batch, verdicts, judge)
        self.readings += batch.take(final == Verdict.ACCEPTED).rows()
        self._sorted.clear()
        return final

    def preview(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        return judge(batch, verdicts, self.neighbors(batch))

    def neighbors(self, batch: ReadingBatch) -> ReadingBatch:
        rows = [row for key in batch.series for row in self._of(key)]
        return ReadingBatch.from_readings(rows)

    def latest(self, series: Sequence[SeriesKey]) -> ReadingBatch:
        return ReadingBatch.from_readings([self._of(key)[-1] for key in series if self._of(key)])

    def registers(self, meter_id: str) -> tuple[str, ...]:
        return tuple(sorted({row.register_id for row in self.readings if row.meter_id == meter_id}))

    def series(self, keys: Sequence[SeriesKey], edges: Ints) -> Buckets:
        return self._buckets([[key] for key in keys], edges)

    def registers_at(self, keys: Sequence[SeriesKey], times: Ints) -> Ints:
        return np.array([[self._register(key, int(t)) for t in times] for key in keys])

    def known(self, keys: Sequence[SeriesKey], start: int, end: int) -> tuple[int, int] | None:
        spans = [
            (max(start, first), min(end, last))
            for key in keys
            for first, last in self._segments(key)
            if first <= end and last >= start
        ]
        return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None

    def totals(
        self, groups: Sequence[Collection[GroupPath]], edges: Ints, *, at_least: int = 0
    ) -> Buckets:
        members = [
            [
                key
                for meter, path in self.places.items()
                if path in group
                for key in self._counts(meter)
            ]
            for group in groups
        ]
        return self._buckets(members, edges, at_least=at_least)

    def reporting_meters(self) -> Mapping[GroupPath, int]:
        return Counter(
            path for meter, path in self.places.items() if path is not None and self._counts(meter)
        )

    def top(
        self, start: int, end: int, limit: int, *, descending: bool = True
    ) -> list[tuple[str, int]]:
        used = {
            meter: sum(self._used(key, start, end) for key in self._counts(meter))
            for meter in {row.meter_id for row in self.readings}
        }
        return sorted(used.items(), key=lambda pair: (pair[1] * (1 - 2 * descending), pair[0]))[
            :limit
        ]

    def rows(self, wanted: RowFilter) -> RowPage:
        found = [row for row in self.readings if wanted.meter_contains in row.meter_id]
        page = found[wanted.offset : wanted.offset + wanted.limit]
        return RowPage(ReadingBatch.from_readings(page), len(found))

    def revisions(self, key: SeriesKey, read_at: int) -> ReadingBatch:
        return ReadingBatch.from_readings([row for row in self._of(key) if row.read_at == read_at])

    def revision(self, key: SeriesKey, read_at: int, kind: int) -> int:
        own = self.revisions(key, read_at).rows()
        return max((row.revision for row in own if row.kind == kind), default=0)

    def place(self, places: Mapping[str, GroupPath | None]) -> None:
        self.places.update(places)

    def seal(self, progress: Progress | None = None, *, rebuild: bool = False) -> None:
        del progress, rebuild  # a list has nothing to close

    def _of(self, key: SeriesKey) -> list[Reading]:
        if key not in self._sorted:
            own = [row for row in self.readings if (row.meter_id, row.register_id) == key]
            self._sorted[key] = sorted(own, key=lambda row: (row.read_at, row.kind))
        return self._sorted[key]

    def _counts(self, meter_id: str) -> list[SeriesKey]:
        return [key for key in self.counting(meter_id) if self._of(key)]

    def _segments(self, key: SeriesKey) -> list[tuple[int, int]]:
        """First and last instant of each segment."""
        segments: list[tuple[int, int]] = []
        for row in self._of(key):
            if row.kind is Kind.INITIAL or not segments:
                segments.append((row.read_at, row.read_at))
            else:
                segments[-1] = (segments[-1][0], row.read_at)
        return segments

    def _register(self, key: SeriesKey, moment: int) -> int:
        rows = self._of(key)
        for row in rows:
            if row.read_at == moment and row.value_wh is not None:
                return row.value_wh
        for before, after in pairwise(rows):
            if before.read_at < moment < after.read_at and after.kind is Kind.READ:
                return _between(before, after, moment)
        return VOID_WH

    def _used(self, key: SeriesKey, start: int, end: int) -> int:
        """Sum of register differences inside segments."""
        total = 0
        for before, after in pairwise(self._of(key)):
            low, high = max(start, before.read_at), min(end, after.read_at)
            if after.kind is Kind.READ and low < high:
                total += _between(before, after, high) - _between(before, after, low)
        return total

    def _known_seconds(self, key: SeriesKey, start: int, end: int) -> int:
        return sum(
            max(0, min(end, last) - max(start, first)) for first, last in self._segments(key)
        )

    def _measured(self, key: SeriesKey, slot: int) -> bool:
        times = {row.read_at for row in self._of(key)}
        whole = self._known_seconds(key, slot, slot + HALF_HOUR) == HALF_HOUR
        return whole and slot in times and slot + HALF_HOUR in times

    def _buckets(
        self, groups: Sequence[Sequence[SeriesKey]], edges: Ints, *, at_least: int = 0
    ) -> Buckets:
        answer = Buckets(edges, *(np.zeros((len(groups), len(edges) - 1), int) for _ in range(4)))
        for n, (start, end) in enumerate(pairwise(edges.tolist())):
            first = start - (start - self.grid_phase) % HALF_HOUR
            for row, keys in enumerate(groups):
                shown: set[str] = set()
                for slot in range(first, end, HALF_HOUR):
                    low, high = max(start, slot), min(end, slot + HALF_HOUR)
                    meters = {k.meter_id for k in keys if self._known_seconds(k, low, high)}
                    masked = 0 < len(meters) < at_least
                    shown |= set() if masked else meters
                    consumed = estimated = 0
                    for key in keys:
                        used = 0 if masked else self._used(key, low, high)
                        whole = self._known_seconds(key, slot, slot + HALF_HOUR) == HALF_HOUR
                        consumed += used
                        estimated += 0 if self._measured(key, slot) else used
                        starts_here = slot >= start
                        silent = len(meters) < at_least
                        answer.missing_half_hours[row, n] += starts_here and (silent or not whole)
                    if slot >= start and len(meters) < at_least:
                        answer.missing_half_hours[row, n] += max(0, at_least - len(keys))
                    if at_least:
                        estimated = consumed if 2 * estimated > consumed else 0
                    answer.consumption_wh[row, n] += consumed
                    answer.estimated_wh[row, n] += estimated
                if at_least:
                    everybody = {k.meter_id for k in keys if self._known_seconds(k, start, end)}
                    answer.reporting[row, n] = len(everybody) if shown else 0
                else:
                    answer.reporting[row, n] = len(shown)
        return answer


def _between(before: Reading, after: Reading, moment: int) -> int:
    assert before.value_wh is not None
    assert after.value_wh is not None
    if after.read_at == before.read_at:
        return after.value_wh
    share = Fraction(moment - before.read_at, after.read_at - before.read_at)
    return floor(before.value_wh + (after.value_wh - before.value_wh) * share)
