"""Stored readings as rows, page by page, for the admin's grid: day files and tails together.

    days, newest first    2026-11-20   2026-11-19   2026-11-18 ...
    rows in each          1,204        9,600        9,600          counted, not read
    page at offset 5,000               read this one only

Sorted by time, days are walked from one end by how many rows each holds, so that the first page
over millions of rows reads one file. Any other order needs all days of the period.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings.indexed_days import IndexedDays
from data_layer.readings.model import ReadingBatch, RowFilter, RowPage, SeriesKey, join
from data_layer.readings.parsed_days import Kept, ParsedDays
from data_layer.readings.row_filter import SORTS, is_unfiltered, matches, order_of
from data_layer.readings.view import View
from data_layer.storage.day_files import DayFiles

ROWS_KEPT = 200_000
"""Rows of pages that are kept while nothing comes."""
SORTED_ROWS_AT_MOST = 5_000_000
"""Rows of the period that an order other than by time may look at."""
NOTHING = ReadingBatch.from_readings([])


@dataclass(frozen=True, slots=True)
class _Counted:
    """A day that has matching rows, and how many."""

    day: date
    rows: int


class DayRows:
    """Answers `rows`, `revisions` and `revision` for one store."""

    def __init__(self, folder: Path, zone: HomeZone) -> None:
        self._zone = zone
        files = DayFiles(folder)
        self._days = ParsedDays(files, zone)
        self._indexed = IndexedDays(files, zone, self._days)
        self._seen: tuple[View | None, Kept[RowPage]] = (None, Kept(ROWS_KEPT))

    def page(self, view: View, wanted: RowFilter) -> RowPage:
        """One page and how many rows match in all; kept while nothing comes. Raises BadInput."""
        seen = self._seen
        if seen[0] is not view:
            seen = self._seen = (view, Kept(ROWS_KEPT))
        page = seen[1].kept(wanted)
        if page is not None:
            return page

        def made() -> tuple[RowPage, int]:
            found = self._made(view, wanted)
            return found, len(found.batch) + 1

        return seen[1].get(wanted, made)

    def _made(self, view: View, wanted: RowFilter) -> RowPage:
        if wanted.sort_by not in SORTS:
            raise BadInput(
                f"sort_by {wanted.sort_by[:40]!r} is unknown: use one of {', '.join(SORTS)}.",
                field="sort_by",
            )
        matching = self._count(view, wanted)
        total = sum(day.rows for day in matching)
        if wanted.sort_by == "read_at":
            return self._marked(view, self._by_time(view, wanted, matching), total)
        if total > SORTED_ROWS_AT_MOST:
            raise BadInput(
                f"{total:,} readings are too many to sort by {wanted.sort_by}: choose a shorter "
                f"period or narrower filter (at most {SORTED_ROWS_AT_MOST:,}).",
                field="sort_by",
            )
        return self._marked(view, self._by_value(view, wanted, matching), total)

    def revisions(self, view: View, key: SeriesKey, read_at: int) -> ReadingBatch:
        """Every revision and kind stored for one series at one instant, sorted."""
        whole = self._days.read(view, self._zone.day_of(read_at))
        if key not in whole.series:
            return NOTHING
        code = whole.series.index(key)
        return whole.take((whole.series_code == code) & (whole.read_at == read_at))

    def revision(self, view: View, key: SeriesKey, read_at: int, kind: int) -> int:
        """The highest revision of one reading; no day is read in which nothing was corrected."""
        if self._indexed.tells_of(view, self._zone.day_of(read_at)):
            return 0
        found = self.revisions(view, key, read_at)
        return int(found.revision[found.kind == kind].max(initial=0))

    def _marked(self, view: View, batch: ReadingBatch, total: int) -> RowPage:
        """The page with the rows that a higher revision, on this page or not, has replaced."""
        replaced: set[int] = set()
        days = self._zone.days_of(batch.read_at)
        for ordinal in np.unique(days).tolist():
            if self._indexed.tells_of(view, date.fromordinal(ordinal)):
                continue
            whole = self._days.read(view, date.fromordinal(ordinal))
            revised = whole.take(np.flatnonzero(whole.revision))
            newest: dict[tuple[SeriesKey, int, int], int] = {}
            for key, revision in _keys(revised):
                newest[key] = max(revision, newest.get(key, 0))
            places = np.flatnonzero((days == ordinal) & np.isin(batch.read_at, revised.read_at))
            rows = zip(places.tolist(), _keys(batch.take(places)), strict=True)
            replaced |= {place for place, (key, own) in rows if own < newest.get(key, own)}
        return RowPage(batch, total, frozenset(replaced))

    def _count(self, view: View, wanted: RowFilter) -> list[_Counted]:
        """Days with matching rows, in order."""
        found = []
        unfiltered = is_unfiltered(wanted)
        for day in self._in_period(view, wanted):
            rows = self._days.count(view, day) if unfiltered else None
            if rows is None or not self._is_inside(day, wanted):
                rows = self._indexed.count(view, day, wanted)
            if rows is None:
                rows = self._days.matching(view, day, replace(wanted, offset=0, limit=0))
            if rows:
                found.append(_Counted(day, rows))
        return found

    def _in_period(self, view: View, wanted: RowFilter) -> Iterator[date]:
        first = None if wanted.start is None else self._zone.day_of(wanted.start)
        last = None if wanted.end is None else self._zone.day_of(wanted.end - 1)
        for day in sorted(view.manifest.days.keys() | self._days.in_tails(view)):
            if (first is None or first <= day) and (last is None or day <= last):
                yield day

    def _is_inside(self, day: date, wanted: RowFilter) -> bool:
        """Whether the whole local day lies in the period."""
        start, end = self._zone.day_start(day), self._zone.day_start(day + timedelta(days=1))
        return (wanted.start is None or wanted.start <= start) and (
            wanted.end is None or end <= wanted.end
        )

    def _by_time(self, view: View, wanted: RowFilter, matching: Sequence[_Counted]) -> ReadingBatch:
        days = matching[::-1] if wanted.descending else matching
        ends = list(accumulate(day.rows for day in days))
        place = bisect_left(ends, wanted.offset + 1)
        skip = wanted.offset - (ends[place - 1] if place else 0)
        pieces: list[ReadingBatch] = []
        missing = wanted.limit
        for counted in days[place:]:
            if missing <= 0:
                break
            piece = self._piece(view, counted.day, wanted, skip, missing)
            pieces.append(piece)
            missing -= len(piece)
            skip = max(0, skip - counted.rows)
        return join(pieces) if pieces else NOTHING

    def _by_value(
        self, view: View, wanted: RowFilter, matching: Sequence[_Counted]
    ) -> ReadingBatch:
        """The best rows of each day, then of all: as many as the page reaches down to."""
        reach = wanted.offset + wanted.limit
        best = NOTHING
        for counted in matching:
            rows = self._piece(view, counted.day, wanted, 0, reach)
            if len(best):
                rows = join([best, rows])
                rows = rows.take(order_of(rows, wanted)[:reach])
            best = rows
        return _part(best, wanted.offset, reach)

    def _piece(
        self, view: View, day: date, wanted: RowFilter, skip: int, limit: int
    ) -> ReadingBatch:
        """Rows number skip.. of the day's matching rows in the order wanted."""
        piece = self._indexed.piece(view, day, wanted, skip, limit)
        if piece is not None:
            return piece
        return _part(self._ordered(view, day, wanted), skip, skip + limit)

    def _ordered(self, view: View, day: date, wanted: RowFilter) -> ReadingBatch:
        """The day's matching rows in the order wanted."""
        whole = self._days.read(view, day)
        rows = whole.take(np.flatnonzero(matches(whole, wanted)))
        return rows.take(order_of(rows, wanted))


def _keys(batch: ReadingBatch) -> Iterator[tuple[tuple[SeriesKey, int, int], int]]:
    """Of each row its key (series, instant, kind) and its revision."""
    columns = (batch.series_code, batch.read_at, batch.kind, batch.revision)
    for code, at, kind, revision in zip(*(each.tolist() for each in columns), strict=True):
        yield (batch.series[code], at, kind), revision


def _part(batch: ReadingBatch, start: int, stop: int) -> ReadingBatch:
    return batch.take(np.arange(start, max(start, min(stop, len(batch)))))
