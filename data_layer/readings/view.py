"""What a reader sees: one index, the tails beside it, and the answers both give together.

A view never changes. The store swaps its view by one assignment, so a question is answered from
one state from beginning to end. A series the tails do not touch is answered by the index alone;
any other from its merged history, in which a reading of the tails stands for the index's reading
with the same key (it is the same reading, or a later revision).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data_layer.quantities import VOID_WH
from data_layer.readings.model import Buckets, Flag, Ints, ReadingBatch, SeriesKey
from data_layer.readings.order import (
    EARLIEST,
    LATEST,
    SPAN,
    codes_of,
    instants_of,
    kinds_of,
    packed,
)
from data_layer.readings.places import Places
from data_layer.readings.spans import Spans
from data_layer.readings.tail import Run, Tail, Vocabulary, merged
from data_layer.storage.manifest import Manifest
from index.history import History, whole_half_hours
from index.sorted_index import SortedIndex

TOUCHES_AT_MOST = 64
_FROM_INDEX = -1
"""Revision that stands for "as the index has it": anything in a tail is later."""


class Touch(NamedTuple):
    """Where one publish, or several in a row up to `until`, brought readings."""

    until: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class View:
    """One state of all readings: day files as the index has them, and what came since."""

    index: SortedIndex
    words: Vocabulary
    tails: tuple[Tail, ...] = (Tail(),)
    """Sealed generations not yet in the index, oldest first; then the open one."""
    amended: Tail = field(default_factory=Tail)
    """All revisions of every key in the day files that was corrected, voided or is suspect."""
    manifest: Manifest = field(default_factory=Manifest)
    places: Places = field(default_factory=Places)
    grid_phase: int = 0
    published: int = 0
    """How many publishes this view has seen; `touches` tell where those since the index were."""
    touches: tuple[Touch, ...] = ()

    def extended(self, run: Run) -> View:
        """This view with one publish more."""
        published = self.published + 1
        return replace(
            self,
            tails=(*self.tails[:-1], self.tails[-1].extended(run)),
            published=published,
            touches=_fewer((*self.touches, Touch(published, Spans.of(run)))),
        )

    def news_since(self, published: int) -> Spans:
        """Where readings came in after that publish, or a little more."""
        news = [touch.spans for touch in self.touches if touch.until > published]
        return Spans.together(news) if news else Spans.nothing()

    def touched(self, key: SeriesKey) -> bool:
        """Whether the tails hold anything of the series."""
        code = self.words.series.find(key)
        return code >= 0 and any(tail.touches(code) for tail in self.tails)

    def without_tails(self) -> View:
        """What the index alone knows."""
        return replace(self, tails=())

    def new_spans(self) -> Spans:
        """Where the tails hold readings."""
        runs = [run for tail in self.tails for run in tail.runs]
        return Spans.together([Spans.of(run) for run in runs]) if runs else Spans.nothing()

    def present(self, keys: Sequence[SeriesKey]) -> npt.NDArray[np.bool_]:
        """Whether each series has any effective reading."""
        found = np.array([self.index.row(key) is not None for key in keys], dtype=np.bool_)
        codes, places = self._codes(keys)
        for tail in self.tails:
            found[places[tail.holds(codes)]] = True
        odd = self._odd()
        for code, place in zip(codes.tolist(), places.tolist(), strict=True):
            if code in odd:
                found[place] = len(self.history(keys[place], EARLIEST, LATEST)) > 0
        return found

    def gather(
        self, keys: Sequence[SeriesKey], low: Ints, high: Ints, *, every_revision: bool = False
    ) -> ReadingBatch:
        """Stored readings of each series in [low, high], and the nearest before and after.

        Effective ones, sorted by (series, time, kind); with `every_revision` also all that was
        corrected, voided or is suspect. Types and sources are left out. O(answer log stored).
        """
        runs = [self._indexed(keys, low, high), *self._in_tails(keys, low, high)]
        if every_revision:
            runs += self._amended(keys, low, high)
        rows = _in_order(runs)
        last = np.ones(len(rows), dtype=np.bool_)
        last[:-1] = rows.key[1:] != rows.key[:-1]
        if every_revision:
            kept = last | (rows.revision != _FROM_INDEX)
        else:
            kept = last & (rows.flag == Flag.VALID) & (rows.value != VOID_WH)
        return _as_batch(rows if kept.all() else rows.take(kept), keys)

    def history(self, key: SeriesKey, start: int, end: int) -> History:
        """The series' effective readings in whole half hours around [start, end], and nearest."""
        low, high = whole_half_hours(start, end, self.grid_phase)
        found = self.gather([key], _instants([low]), _instants([high]))
        return History(found.read_at, found.value_wh, found.kind)

    def series(self, keys: Sequence[SeriesKey], edges: Ints) -> Buckets:
        measures = [self._measures(key, edges) for key in keys]
        shape = (len(keys), len(edges) - 1)
        columns = [np.zeros(shape, dtype=np.int64) for _ in range(4)]
        for row, measure in enumerate(measures):
            for column, values in zip(columns, measure, strict=True):
                column[row] = values
        return Buckets(edges, *columns)

    def registers_at(self, keys: Sequence[SeriesKey], times: Ints) -> Ints:
        values = np.full((len(keys), len(times)), VOID_WH, dtype=np.int64)
        if not len(times):
            return values
        for place, key in enumerate(keys):
            row = self.index.row(key)
            if self.touched(key):
                history = self.history(key, int(times.min()), int(times.max()))
                values[place] = history.register(times)
            elif row is not None:
                values[place] = self.index.register(row, times)
        return values

    def known(self, keys: Sequence[SeriesKey], start: int, end: int) -> tuple[int, int] | None:
        spans = [span for key in keys if (span := self._known(key, start, end)) is not None]
        if not spans:
            return None
        return min(first for first, _ in spans), max(last for _, last in spans)

    def latest(self, keys: Sequence[SeriesKey]) -> ReadingBatch:
        """The last effective reading of each series that has one, in the order of the keys."""
        rows = [self._indexed_latest(keys), *self._latest_in_tails(keys)]
        found = _in_order(rows)
        last = np.ones(len(found), dtype=np.bool_)
        codes = codes_of(found.key)
        last[:-1] = codes[1:] != codes[:-1]
        return _as_batch(found.take(last), keys)

    def registers(self, meter_id: str) -> tuple[str, ...]:
        found = set(self.index.registers(meter_id))
        for key in self.words.series.of_meter(meter_id):
            if key.register_id not in found and self.touched(key):
                found.add(key.register_id)
        return tuple(sorted(found))

    def _measures(self, key: SeriesKey, edges: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        row = self.index.row(key)
        if row is not None and not self.touched(key):
            return self.index.series(row, edges)
        history = self.history(key, int(edges[0]), int(edges[-1]))
        return history.buckets(edges, self.grid_phase)

    def _known(self, key: SeriesKey, start: int, end: int) -> tuple[int, int] | None:
        row = self.index.row(key)
        if row is not None and not self.touched(key):
            return self.index.known(row, start, end)
        return self.history(key, start, end).known(start, end)

    def _codes(self, keys: Sequence[SeriesKey]) -> tuple[Ints, Ints]:
        """Codes of the series that any tail may hold, sorted, and their places in `keys`."""
        find = self.words.series.find
        codes = np.array([find(key) for key in keys], dtype=np.int64)
        places = np.argsort(codes, kind="stable")
        places = places[codes[places] >= 0]
        return codes[places], places

    def _odd(self) -> frozenset[int]:
        """Series in which a nearest row of a tail may not be an effective reading."""
        return frozenset[int]().union(*(tail.amended for tail in self.tails))

    def _indexed(self, keys: Sequence[SeriesKey], low: Ints, high: Ints) -> Run:
        """The index's effective readings in and around each range."""
        odd, find = self._odd(), self.words.series.find
        pieces: list[History] = []
        places: list[int] = []
        bounds = zip(keys, low.tolist(), high.tolist(), strict=True)
        for place, (key, start, end) in enumerate(bounds):
            row = self.index.row(key)
            if row is None:
                continue
            if odd and find(key) in odd:
                start, end = EARLIEST, LATEST
            piece = self.index.history(row, start, end)
            if len(piece):
                pieces.append(piece)
                places.append(place)
        return _from_histories(pieces, places)

    def _in_tails(self, keys: Sequence[SeriesKey], low: Ints, high: Ints) -> list[Run]:
        if not any(tail.runs for tail in self.tails):
            return []
        codes, places = self._codes(keys)
        if not len(codes):
            return []
        first, last = packed(codes, low[places], 0), packed(codes, high[places], 1)
        odd = self._odd()
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
        found = self.amended.between(packed(codes, low[places], 0), packed(codes, high[places], 1))
        return [_relocated(run, codes, places) for run in found]

    def _indexed_latest(self, keys: Sequence[SeriesKey]) -> Run:
        odd, find = self._odd(), self.words.series.find
        rows: list[tuple[int, int, int, int]] = []
        for place, key in enumerate(keys):
            if odd and find(key) in odd:
                history = self.history(key, EARLIEST, LATEST)
                if len(history):
                    time, value = int(history.times[-1]), int(history.values[-1])
                    rows.append((place, time, value, int(history.kinds[-1])))
                continue
            row = self.index.row(key)
            newest = None if row is None else self.index.latest(row)
            if newest is not None:
                rows.append((place, *newest))
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
        return _plain(packed(columns[:, 0], columns[:, 1], columns[:, 3]), columns[:, 2])

    def _latest_in_tails(self, keys: Sequence[SeriesKey]) -> list[Run]:
        codes, places = self._codes(keys)
        odd = self._odd()
        if odd:
            usual = ~np.isin(codes, list(odd))
            codes, places = codes[usual], places[usual]
        found = []
        for run in (run for tail in self.tails for run in tail.runs):
            seats = run.key.searchsorted((codes + 1) * SPAN) - 1
            here = (seats >= 0) & (codes_of(run.key[np.maximum(seats, 0)]) == codes)
            if here.any():
                found.append(_relocated(run.take(seats[here]), codes, places))
        return found


def _fewer(touches: tuple[Touch, ...]) -> tuple[Touch, ...]:
    """Old publishes in one, once there are many."""
    if len(touches) < TOUCHES_AT_MOST:
        return touches
    old = touches[: TOUCHES_AT_MOST // 2]
    return (Touch(old[-1].until, Spans.together([t.spans for t in old])), *touches[len(old) :])


def _instants(moments: Sequence[int]) -> Ints:
    return np.clip(np.array(moments, dtype=np.int64), EARLIEST, LATEST)


def _plain(key: Ints, value: Ints, *, revision: int = 0) -> Run:
    """A run of usual readings of which nothing more is known."""
    zeros = np.zeros(len(key), dtype=np.int32)
    return Run(
        key=key,
        value=value,
        flag=np.zeros(len(key), dtype=np.uint8),
        revision=np.full(len(key), revision, dtype=np.int32),
        type=zeros,
        source=zeros,
        plain=revision == 0,
    )


def _from_histories(pieces: list[History], places: list[int]) -> Run:
    if not pieces:
        return _plain(
            np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), revision=_FROM_INDEX
        )
    code = np.repeat(np.array(places, dtype=np.int64), [len(piece) for piece in pieces])
    key = packed(
        code,
        np.concatenate([piece.times for piece in pieces]),
        np.concatenate([piece.kinds for piece in pieces]),
    )
    return _plain(key, np.concatenate([piece.values for piece in pieces]), revision=_FROM_INDEX)


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
    return (
        run
        if bool((run.key[1:] > run.key[:-1]).all())
        else run.take(np.argsort(run.key, kind="stable"))
    )


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
