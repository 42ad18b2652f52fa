"""Rows of days that the index tells of alone: put in order there, and only those shown looked up.

Where a day has neither rows in the tails nor corrected, void or suspect ones, the index has every
reading of it, and the day file is asked for no more than type and source of the rows shown:

    index     which readings, in what order, how many        counted and chosen by bits
    day file  531-123-456,S,2026-11-20T18:30:00+08:00,1234.500,,,,,api:k7
              found by halving, from where the order of meters lets it be

A row that the file does not have as the index tells it is left to who reads the whole day.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Hashable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from data_layer.clock import HomeZone
from data_layer.readings.codec import HEADER
from data_layer.readings.model import KIND_TEXT, Ints, Kind, ReadingBatch, RowFilter, SeriesKey
from data_layer.readings.parsed_days import Kept, ParsedDays
from data_layer.readings.row_filter import is_of_the_index
from data_layer.readings.row_search import INSTANT, KIND, NEAR, SERIES_AT, VALUE, find_lines
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
Word = TypeVar("Word", bound=Hashable)
_ORDERS = {"read_at": BY_TIME, "meter_id": BY_METER, "value_wh": BY_VALUE}


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
        rows, code = np.unique(found.rows, return_inverse=True)
        keys = [SeriesKey(*view.index.keys[row]) for row in rows.tolist()]
        rests = self._rests(
            view, day, found, [f"{key[0]},{key[1]},".encode() for key in keys], code
        )
        if rests is None:
            return None
        lines, line_code = _numbered(list(zip(rests, found.kinds.tolist(), strict=True)))
        plain = [_type_and_source(rest, Kind(kind)) for rest, kind in lines]
        told = [label for label in plain if label is not None]
        if len(told) < len(plain):
            return None
        types, type_code = _numbered([type_ for type_, _ in told])
        sources, source_code = _numbered([source for _, source in told])
        zeros = np.zeros(len(code), dtype=np.int64)
        return ReadingBatch(
            series=tuple(keys),
            series_code=code,
            read_at=found.times,
            value_wh=found.values,
            kind=found.kinds,
            flag=np.zeros(len(code), dtype=np.uint8),
            revision=zeros,
            types=types or ("",),
            type_code=type_code[line_code],
            sources=sources or ("",),
            source_code=source_code[line_code],
            line=zeros,
        )

    def _rests(
        self, view: View, day: date, found: Readings, words: list[bytes], code: Ints
    ) -> list[bytes] | None:
        """Each reading's line in the day file, from its kind on; None where one is not there.

        `words` begin the lines of the series, each reading's by its code.
        """
        text = self._map(day)
        if text is None:
            return None
        lengths = np.array([len(word) for word in words], dtype=np.int64)
        rank = view.index.roster.names.rank[found.rows]
        asked = np.empty((len(code), 5), dtype=np.int64)
        asked[:, SERIES_AT] = (np.cumsum(lengths) - lengths)[code]
        asked[:, INSTANT], asked[:, VALUE], asked[:, KIND] = found.times, found.values, found.kinds
        # How far through the file a row is likely to stand: by its meter, and by its hour.
        since = (found.times - self._zone.day_start(day)) / DAY
        asked[:, NEAR] = (rank + since) / len(view.index.keys) * len(text)
        in_file = np.lexsort((found.times, rank))
        places, bounds = np.empty((len(code), 2), dtype=np.int64), np.empty_like(asked[:, :2])
        find_lines(
            np.frombuffer(text, np.uint8), len(HEADER),
            np.frombuffer(b"".join(words), np.uint8), asked[in_file], places,
        )  # fmt: skip
        bounds[in_file] = places
        return None if (places < 0).any() else [text[begin:end] for begin, end in bounds.tolist()]

    def _map(self, day: date) -> mmap.mmap | None:
        """The day file's text; None when there is none."""
        stamp = self._days.stamp(day)
        if stamp is None or not stamp[1]:
            return None

        def attach() -> tuple[mmap.mmap, int]:
            with self._files.path(day).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), 1

        return self._maps.get((day, stamp), attach)


def _type_and_source(rest: bytes, kind: Kind) -> tuple[str, str] | None:
    """Of a line from its kind on; None where it is not that of a plain reading of this kind."""
    if not rest.isascii():
        return None
    words = rest.decode("ascii").split(",")
    if len(words) != 5 or words[0] != KIND_TEXT[kind] or words[2] or words[3]:
        return None
    return words[1], words[4]


def _numbered(words: list[Word]) -> tuple[tuple[Word, ...], Ints]:
    """Each different word once, and its number for each word."""
    numbers: dict[Word, int] = {}
    code = [numbers.setdefault(word, len(numbers)) for word in words]
    return tuple(numbers), np.array(code, dtype=np.int64)


def _meters(names: Names) -> _Meters:
    keys = [names.keys[row] for row in names.by_rank.tolist()]
    ids = [meter_id.casefold() for meter_id, _ in keys]
    lengths = np.array([len(word) + 1 for word in ids], dtype=np.int64)
    return _Meters("\n".join(ids), np.cumsum(lengths) - lengths, np.array([r for _, r in keys]))
