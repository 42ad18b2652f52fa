"""Stored readings of many series at once: the index's and the tails', put together by key.

A reading of the tails stands for the index's reading with the same key: it is the same reading,
or a later revision of it. So what counts under a key is its highest revision, if that is valid
and has a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data_layer.quantities import VOID_WH
from data_layer.readings.lost_days import opened_across
from data_layer.readings.model import Flag, Ints, ReadingBatch, SeriesKey
from data_layer.readings.order import (
    EARLIEST,
    LATEST,
    SPAN,
    codes_of,
    instants_of,
    kinds_of,
    packed,
)
from data_layer.readings.tail import Run, Tail, merged
from data_layer.readings.vocabulary import Vocabulary
from index.sorted_index import Latest, SortedIndex

ALIKE_SECONDS = 6 * 3600
"""Ranges that begin, and end, within the same stretch of this length are read together."""
_FROM_INDEX = -1
"""Revision that stands for "as the index has it": anything in a tail is later."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One state of all readings: day files as the index has them, and what came since."""

    index: SortedIndex
    words: Vocabulary
    tails: tuple[Tail, ...] = (Tail(),)
    """Sealed generations not yet in the index, oldest first; then the open one."""
    amended: Tail = field(default_factory=Tail)
    """All revisions of every key in the day files that was corrected, voided or is suspect."""
    lost: tuple[tuple[int, int], ...] = ()
    """Days [start, end) whose files do not hold; the index knows nothing across them either."""

    def touched(self, key: SeriesKey) -> bool:
        """Whether the tails hold anything of the series."""
        code = self.words.series.find(key)
        return code >= 0 and any(tail.touches(code) for tail in self.tails)

    def odd(self, keys: Sequence[SeriesKey]) -> bool:
        """Whether any of the series was ever corrected, or has void or suspect readings."""
        odd = self._odd_in_tails() | self.amended.amended
        return bool(odd) and not odd.isdisjoint(self.words.series.find(key) for key in keys)

    def gather(
        self, keys: Sequence[SeriesKey], low: Ints, high: Ints, *, every_revision: bool = False
    ) -> ReadingBatch:
        """Stored readings of each series in [low, high], and the nearest before and after.

        Effective ones, sorted by (series, time, kind); with `every_revision` also all that was
        corrected, voided or is suspect. No key may come twice. Types and sources are left out.
        O(answer log stored).
        """
        runs = [self._indexed(keys, low, high), *self._in_tails(keys, low, high)]
        if every_revision:
            rows = _in_order([*runs, *self._amended(keys, low, high)])
            kept = _last_of_key(rows) | (rows.revision != _FROM_INDEX) | _original_of_next(rows)
            return _as_batch(rows if kept.all() else rows.take(kept), keys)
        rows = _effective(_in_order(runs))
        return _as_batch(opened_across(rows, self.lost) if self.lost else rows, keys)

    def latest(self, keys: Sequence[SeriesKey]) -> ReadingBatch:
        """The last effective reading of each series that has one, in the order of the keys."""
        odd, find = self._odd_in_tails(), self.words.series.find
        closer = np.array([n for n, k in enumerate(keys) if odd and find(k) in odd], np.int64)
        runs = [self._newest_indexed(keys), *self._newest_in_tails(keys)]
        if len(closer):
            whole = [keys[place] for place in closer.tolist()]
            ends = np.full((2, len(whole)), [[EARLIEST], [LATEST]], dtype=np.int64)
            found = _in_order([self._indexed(whole, *ends), *self._in_tails(whole, *ends)])
            runs = [run.take(~np.isin(codes_of(run.key), closer)) for run in runs]
            runs.append(_relocated(_effective(found), np.arange(len(whole)), closer))
        rows = _in_order(runs)
        codes = codes_of(rows.key)
        last = np.ones(len(rows), dtype=np.bool_)
        last[:-1] = codes[1:] != codes[:-1]
        return _as_batch(rows.take(last), keys)

    def present(self, keys: Sequence[SeriesKey]) -> npt.NDArray[np.bool_]:
        """Whether each series has any effective reading."""
        found = np.zeros(len(keys), dtype=np.bool_)
        if self._odd_in_tails():
            found[self.latest(keys).series_code] = True
            return found
        rows, held = self._rows(keys)
        found[held] = self.index.latest_of(rows).there
        codes, places = self._codes(keys)
        for tail in self.tails:
            found[places[tail.holds(codes)]] = True
        return found

    def _rows(self, keys: Sequence[SeriesKey]) -> tuple[Ints, Ints]:
        """Rows of the series that the index holds, and their places in `keys`."""
        found = [(row, n) for n, key in enumerate(keys) if (row := self.index.row(key)) is not None]
        columns = np.array(found, dtype=np.int64).reshape(-1, 2)
        return columns[:, 0], columns[:, 1]

    def _codes(self, keys: Sequence[SeriesKey]) -> tuple[Ints, Ints]:
        """Codes of the series that any tail may hold, sorted, and their places in `keys`."""
        find = self.words.series.find
        codes = np.array([find(key) for key in keys], dtype=np.int64)
        places = np.argsort(codes, kind="stable")
        places = places[codes[places] >= 0]
        return codes[places], places

    def _odd_in_tails(self) -> frozenset[int]:
        """Series in which a nearest row of a tail may not be an effective reading."""
        return frozenset[int]().union(*(tail.amended for tail in self.tails))

    def _indexed(self, keys: Sequence[SeriesKey], low: Ints, high: Ints) -> Run:
        """The index's effective readings in and around each range."""
        rows, places = self._rows(keys)
        low, high = low[places], high[places]
        odd = self._odd_in_tails()
        if odd:
            codes = [self.words.series.find(keys[place]) for place in places.tolist()]
            whole = np.isin(codes, list(odd))
            low, high = np.where(whole, EARLIEST, low), np.where(whole, LATEST, high)
        newest = self.index.latest_of(rows)
        # What comes after all that the index holds has one neighbor in it.
        behind = newest.there & (newest.times < low)
        runs = [_newest(newest, places, behind)]
        for some in _alike(low, high, np.flatnonzero(newest.there & ~behind)):
            found = self.index.histories(rows[some], int(low[some].min()), int(high[some].max()))
            key = packed(places[some][found.rows], found.times, found.kinds)
            runs.append(_plain(key, found.values))
        return _in_order(runs)

    def _in_tails(self, keys: Sequence[SeriesKey], low: Ints, high: Ints) -> list[Run]:
        if not any(tail.runs for tail in self.tails):
            return []
        codes, places = self._codes(keys)
        if not len(codes):
            return []
        first, last = packed(codes, low[places], 0), packed(codes, high[places], 1)
        odd = self._odd_in_tails()
        if odd:
            whole = np.isin(codes, list(odd))
            first = np.where(whole, codes * SPAN, first)
            last = np.where(whole, codes * SPAN + (SPAN - 1), last)
        found = [run for tail in self.tails for run in tail.between(first, last, wider=True)]
        return [_relocated(run, codes, places) for run in found]

    def _amended(self, keys: Sequence[SeriesKey], low: Ints, high: Ints) -> list[Run]:
        if not self.amended.runs:
            return []
        codes, places = self._codes(keys)
        if not len(codes):
            return []
        first, last = packed(codes, low[places], 0), packed(codes, high[places], 1)
        return [_relocated(run, codes, places) for run in self.amended.between(first, last)]

    def _newest_indexed(self, keys: Sequence[SeriesKey]) -> Run:
        rows, places = self._rows(keys)
        newest = self.index.latest_of(rows)
        return _newest(newest, places, newest.there)

    def _newest_in_tails(self, keys: Sequence[SeriesKey]) -> list[Run]:
        codes, places = self._codes(keys)
        found = []
        for run in (run for tail in self.tails for run in tail.runs):
            seats = run.key.searchsorted((codes + 1) * SPAN) - 1
            here = (seats >= 0) & (codes_of(run.key[np.maximum(seats, 0)]) == codes)
            if here.any():
                found.append(_relocated(run.take(seats[here]), codes, places))
        return found


def _newest(newest: Latest, places: Ints, chosen: npt.NDArray[np.bool_]) -> Run:
    key = packed(places[chosen], newest.times[chosen], newest.kinds[chosen])
    return _plain(key, newest.values[chosen])


def _alike(low: Ints, high: Ints, chosen: Ints) -> list[Ints]:
    """The chosen ranges in sets that reach over about the same time, to be read at once."""
    if len(chosen) < 2:
        return [chosen] if len(chosen) else []
    reach = np.stack((low[chosen], high[chosen]), axis=1) // ALIKE_SECONDS
    _, kind = np.unique(reach, axis=0, return_inverse=True)
    order = np.argsort(kind, kind="stable")
    return np.split(chosen[order], np.flatnonzero(np.diff(kind[order])) + 1)


def _plain(key: Ints, value: Ints) -> Run:
    """A run of the index's readings, of which nothing more is known."""
    zeros = np.zeros(len(key), dtype=np.int32)
    return Run(
        key=key,
        value=value,
        flag=np.zeros(len(key), dtype=np.uint8),
        revision=np.full(len(key), _FROM_INDEX, dtype=np.int32),
        type=zeros,
        source=zeros,
        plain=False,
    )


def _relocated(run: Run, codes: Ints, places: Ints) -> Run:
    """The run with each series' code replaced by its place; `codes` is sorted."""
    place = places[np.searchsorted(codes, codes_of(run.key))]
    return Run(
        key=place * SPAN + (run.key & (SPAN - 1)),
        value=run.value,
        flag=run.flag,
        revision=run.revision,
        type=run.type,
        source=run.source,
        plain=run.plain,
    )


def _in_order(runs: list[Run]) -> Run:
    """All rows by (key, revision), no row twice; relocated runs may be out of order."""
    filled = [run for run in runs if len(run)] or runs[:1]
    if len(filled) > 1:
        return merged(filled)
    (run,) = filled
    if bool((run.key[1:] > run.key[:-1]).all()):
        return run
    return run.take(np.lexsort((run.revision, run.key)))


def _last_of_key(rows: Run) -> npt.NDArray[np.bool_]:
    last = np.ones(len(rows), dtype=np.bool_)
    last[:-1] = rows.key[1:] != rows.key[:-1]
    return last


def _original_of_next(rows: Run) -> npt.NDArray[np.bool_]:
    """Rows before a correction whose original stands nowhere else: it is the index's reading."""
    original = np.zeros(len(rows), dtype=np.bool_)
    original[:-1] = (rows.key[1:] == rows.key[:-1]) & (rows.revision[1:] > 0)
    return original


def _effective(rows: Run) -> Run:
    """What counts of rows in order."""
    kept = _last_of_key(rows) & (rows.flag == Flag.VALID) & (rows.value != VOID_WH)
    return rows if kept.all() else rows.take(kept)


def _as_batch(rows: Run, keys: Sequence[SeriesKey]) -> ReadingBatch:
    zeros = np.zeros(len(rows), dtype=np.int64)
    return ReadingBatch(
        series=tuple(keys),
        series_code=codes_of(rows.key),
        read_at=instants_of(rows.key),
        value_wh=rows.value,
        kind=kinds_of(rows.key),
        flag=rows.flag,
        revision=np.maximum(rows.revision, 0).astype(np.int64),
        types=("",),
        type_code=zeros,
        sources=("",),
        source_code=zeros,
        line=zeros,
    )
