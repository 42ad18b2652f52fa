"""Rows of days that the index tells of alone: put in order there, and only those shown looked up.

Where a day has neither rows in the tails nor corrected, void or suspect ones, the index has every
reading of it, and the day file is asked for no more than type and source of the rows shown:

    index     which readings, in what order, how many        counted and chosen by bits
    day file  531-123-456,S,2026-11-20T18:30:00+08:00,1234.500,,,,,api:k7
              found by its beginning, near where the order of meters lets it be

A row that the file does not have as the index tells it is left to who reads the whole day.
"""

from __future__ import annotations

import mmap
import re
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data_layer.clock import HomeZone
from data_layer.quantities import format_kwh
from data_layer.readings.model import KIND_TEXT, Ints, Kind, ReadingBatch, RowFilter, SeriesKey
from data_layer.readings.parsed_days import Kept, ParsedDays
from data_layer.readings.row_filter import is_of_the_index
from data_layer.readings.view import View
from data_layer.storage.day_files import DayFiles
from index.day_page import BY_METER, BY_TIME, BY_VALUE, DayPage, Readings
from index.grid import DAY
from index.roster import Names

ROWS_AT_MOST = 500
"""Rows shown that are looked up one by one; for more the whole day is read."""
REACH_AT_MOST = 5_000
"""Place down to which readings are put in order of value."""
FILES_KEPT = 32
_ORDERS = {"read_at": BY_TIME, "meter_id": BY_METER, "value_wh": BY_VALUE}
_NEAR = (4_000, 64_000, 1 << 40)
"""Bytes around its likely place in which a row is looked for, the last time everywhere."""


class _Meters(NamedTuple):
    """Ids of all series in key order, to be searched as one text."""

    text: str
    starts: Ints
    registers: npt.NDArray[np.str_]


class IndexedDays:
    """Counts and pages of days, None where the index does not tell of them alone."""

    def __init__(self, files: DayFiles, zone: HomeZone, days: ParsedDays) -> None:
        self._files = files
        self._zone = zone
        self._days = days
        self._maps: Kept[mmap.mmap] = Kept(FILES_KEPT)
        self._meters = lru_cache(maxsize=2)(_meters)
        self._chosen = lru_cache(maxsize=64)(self._choose)

    def tells_of(self, view: View, day: date) -> bool:
        """Whether all rows of the day are effective readings of the index."""
        return day in view.manifest.days and not self._days.is_unsettled(view, day)

    def count(self, view: View, day: date, wanted: RowFilter) -> int | None:
        """How many rows of a day pass the filter."""
        page = self._page(view, day, wanted)
        return None if page is None else page.total(self._rows(view, wanted))

    def piece(
        self, view: View, day: date, wanted: RowFilter, skip: int, limit: int
    ) -> ReadingBatch | None:
        """Rows number skip.. of a day's matching rows in the order wanted."""
        order = _ORDERS.get(wanted.sort_by)
        if order is None or limit > ROWS_AT_MOST or not self.tells_of(view, day):
            return None
        if order == BY_VALUE and skip + limit > REACH_AT_MOST:
            return None
        page = self._page(view, day, wanted)
        if page is None:
            return None
        rows = self._rows(view, wanted)
        found = page.page(rows, order, skip, limit, descending=wanted.descending)
        return self._labeled(view, day, found)

    def _page(self, view: View, day: date, wanted: RowFilter) -> DayPage | None:
        if not is_of_the_index(wanted) or not self.tells_of(view, day):
            return None
        start = self._zone.day_start(day)
        end = self._zone.day_start(day + timedelta(days=1))
        start = start if wanted.start is None else max(start, wanted.start)
        end = end if wanted.end is None else min(end, wanted.end)
        return view.index.day_page(start, end)

    def _rows(self, view: View, wanted: RowFilter) -> Ints | None:
        """The index's rows that the filter is about, in key order; None for all."""
        if not wanted.meter_contains and not wanted.register_id:
            return None
        names = view.index.roster.names
        return self._chosen(names, wanted.meter_contains.casefold(), wanted.register_id)

    def _choose(self, names: Names, part: str, register_id: str) -> Ints:
        meters = self._meters(names)
        chosen = np.ones(len(names.keys), dtype=np.bool_)
        if part:
            # To the end of the line, so that a meter is found once.
            lines = re.compile(re.escape(part) + "[^\n]*").finditer(meters.text)
            places = np.array([line.start() for line in lines], dtype=np.int64)
            chosen[:] = False
            if "\n" not in part:
                chosen[np.searchsorted(meters.starts, places, side="right") - 1] = True
        if register_id:
            chosen &= meters.registers == register_id
        rows: Ints = names.by_rank[chosen]
        return rows

    def _labeled(self, view: View, day: date, found: Readings) -> ReadingBatch | None:
        """The readings with type and source as the day file has them."""
        text = self._map(day)
        if text is None:
            return None
        keys, rank = view.index.keys, view.index.roster.names.rank
        start = self._zone.day_start(day)
        # How far through the file a row is likely to stand: by its meter, and by its hour.
        places = (rank[found.rows] + (found.times - start) / DAY) / len(keys) * len(text)
        stamp = {at: self._zone.format(at) for at in set(found.times.tolist())}
        series: dict[tuple[str, str], int] = {}
        types: dict[str, int] = {}
        sources: dict[str, int] = {}
        codes = np.empty((3, len(found.rows)), dtype=np.int64)
        columns = (found.rows, found.times, found.values, found.kinds, places.astype(np.int64))
        for n, (row, at, value, kind, place) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            meter_id, register_id = key = keys[row]
            begin = (
                f"\n{meter_id},{register_id},{stamp[at]},{format_kwh(value)},"
                f"{KIND_TEXT[Kind(kind)]},"
            ).encode()
            label = _rest_of_line(text, begin, place)
            if label is None:
                return None
            codes[0, n] = series.setdefault(key, len(series))
            codes[1, n] = types.setdefault(label[0], len(types))
            codes[2, n] = sources.setdefault(label[1], len(sources))
        zeros = np.zeros(len(found.rows), dtype=np.int64)
        return ReadingBatch(
            series=tuple(SeriesKey(*key) for key in series),
            series_code=codes[0],
            read_at=found.times,
            value_wh=found.values,
            kind=found.kinds,
            flag=np.zeros(len(zeros), dtype=np.uint8),
            revision=zeros,
            types=tuple(types) or ("",),
            type_code=codes[1],
            sources=tuple(sources) or ("",),
            source_code=codes[2],
            line=zeros,
        )

    def _map(self, day: date) -> mmap.mmap | None:
        """The day file's text; None when there is none."""
        stamp = self._days.stamp(day)
        if stamp is None or not stamp[1]:
            return None

        def attach() -> tuple[mmap.mmap, int]:
            with self._files.path(day).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), 1

        return self._maps.get((day, stamp), attach)


def _rest_of_line(text: mmap.mmap, begin: bytes, near: int) -> tuple[str, str] | None:
    """Type and source of the line that begins so; None where there is none of a plain reading."""
    for reach in _NEAR:
        at = text.find(begin, max(0, near - reach), near + reach)
        if at >= 0:
            break
    else:
        return None
    at += len(begin)
    words = text[at : text.find(b"\n", at)].decode("ascii").split(",")
    type_, flag, revision, source = words
    return None if flag or revision else (type_, source)


def _meters(names: Names) -> _Meters:
    keys = [names.keys[row] for row in names.by_rank.tolist()]
    ids = [meter_id.casefold() for meter_id, _ in keys]
    lengths = np.array([len(word) + 1 for word in ids], dtype=np.int64)
    return _Meters("\n".join(ids), np.cumsum(lengths) - lengths, np.array([r for _, r in keys]))
