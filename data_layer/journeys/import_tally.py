"""What an import has seen so far: counts, meters, time span, gaps, first rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.quantities import format_kwh
from data_layer.readings.interval_runs import DECIMALS, IntervalBatch
from data_layer.readings.intervals import Coverage
from data_layer.readings.model import ReadingBatch, Receipt, Rejection, SeriesKey
from data_layer.readings.parsers import Chunk
from data_layer.readings.room import Standing

LISTED_REJECTIONS = 200
LISTED_ROWS = 10
Row = dict[str, object]


@dataclass
class _Reads:
    """First, last and number of the reads of one register."""

    first: int
    last: int
    count: int

    @property
    def missing_half_hours(self) -> int:
        return max(0, (self.last - self.first) // HALF_HOUR + 1 - self.count)


@dataclass
class Tally:
    """Grows chunk by chunk; its memory grows with the meters, not with the rows."""

    zone: HomeZone
    standing: Callable[[str], Standing]
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    _meters: set[str] = field(default_factory=set)
    _first: int | None = None
    _last: int | None = None
    _reads: dict[SeriesKey, _Reads] = field(default_factory=dict)
    _coverage: Coverage = field(default_factory=Coverage)
    _rejections: list[Rejection] = field(default_factory=list)
    _sample: list[Row] = field(default_factory=list)

    def read(self, chunk: Chunk) -> None:
        """Take note of what the parser gave."""
        self.rows += len(chunk.batch) + len(chunk.rejections)
        self.rejected += len(chunk.rejections)
        if not len(chunk.batch):
            return
        self._meters.update(key.meter_id for key in chunk.batch.series)
        if isinstance(chunk.batch, IntervalBatch):
            self._coverage.add(chunk.batch)
            self._span(int(chunk.batch.start.min()), int(chunk.batch.end.max()))
        else:
            self._add_reads(chunk.batch)
            self._span(int(chunk.batch.read_at.min()), int(chunk.batch.read_at.max()))
        if len(self._sample) < LISTED_ROWS:
            self._sample.extend(
                _first_rows(chunk.batch, LISTED_ROWS - len(self._sample), self.zone)
            )

    def judged(self, receipt: Receipt) -> None:
        """Take note of what became of a chunk's readable rows."""
        self.accepted += receipt.accepted
        self.duplicates += receipt.duplicates
        self.rejected += receipt.rejected

    def listed(self, rejections: Iterable[Rejection]) -> Iterator[Rejection]:
        """Pass refused rows on, remembering the first of them."""
        for rejection in rejections:
            if len(self._rejections) < LISTED_REJECTIONS:
                self._rejections.append(rejection)
            yield rejection

    def counts(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
        }

    def facts(self) -> dict[str, object]:
        """The rest of the answer, as JSON."""
        missing = self._coverage.missing_half_hours + sum(
            reads.missing_half_hours for reads in self._reads.values()
        )
        unknown = sum(self.standing(meter_id) is Standing.UNKNOWN for meter_id in self._meters)
        return {
            "meters": len(self._meters) - unknown,
            "unknown_meters": unknown,
            "first": None if self._first is None else self.zone.format(self._first),
            "last": None if self._last is None else self.zone.format(self._last),
            "missing_half_hours": missing,
            "rejections": [
                {"line": row.line, "verdict": row.verdict.name, "reason": row.sentence}
                for row in self._rejections
            ],
            "sample": self._sample,
        }

    def _span(self, first: int, last: int) -> None:
        self._first = first if self._first is None else min(first, self._first)
        self._last = last if self._last is None else max(last, self._last)

    def _add_reads(self, batch: ReadingBatch) -> None:
        count = np.bincount(batch.series_code, minlength=len(batch.series)).tolist()
        first = np.full(len(batch.series), np.iinfo(np.int64).max)
        last = np.full(len(batch.series), np.iinfo(np.int64).min)
        np.minimum.at(first, batch.series_code, batch.read_at)
        np.maximum.at(last, batch.series_code, batch.read_at)
        for code, key in enumerate(batch.series):
            if count[code]:
                self._add_series(key, _Reads(int(first[code]), int(last[code]), count[code]))

    def _add_series(self, key: SeriesKey, new: _Reads) -> None:
        known = self._reads.setdefault(key, new)
        if known is not new:
            known.first = min(known.first, new.first)
            known.last = max(known.last, new.last)
            known.count += new.count


def _first_rows(batch: ReadingBatch | IntervalBatch, most: int, zone: HomeZone) -> Iterator[Row]:
    """The first rows as they were understood."""
    for n in range(min(most, len(batch))):
        key = batch.series[int(batch.series_code[n])]
        row: Row = {
            "line": int(batch.line[n]),
            "meter_id": key.meter_id,
            "register_id": key.register_id,
        }
        if isinstance(batch, IntervalBatch):
            times = zone.format(int(batch.start[n])), zone.format(int(batch.end[n]))
            kwh = f"{Decimal(batch.energy[n]).scaleb(-DECIMALS).normalize():f}"
        else:
            times = "", zone.format(int(batch.read_at[n]))
            kwh = format_kwh(int(batch.value_wh[n]))
        yield {**row, "start": times[0], "end": times[1], "kwh": kwh}
