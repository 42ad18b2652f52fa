"""What a reader sees: one index, the tails beside it, and the answers both give together.

A view never changes. The store swaps its view by one assignment, so a question is answered from
one state from beginning to end. A series the tails do not touch is answered by the index alone;
any other from its merged history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from data_layer.quantities import VOID_WH
from data_layer.readings.model import Buckets, Ints, SeriesKey
from data_layer.readings.order import EARLIEST, LATEST
from data_layer.readings.places import Places
from data_layer.readings.spans import GAP_SECONDS, Spans
from data_layer.readings.stored import Stored
from data_layer.readings.tail import Run
from data_layer.storage.manifest import Manifest
from index.history import History, Measures, whole_half_hours

TOUCHES_AT_MOST = 64


class Touch(NamedTuple):
    """Where one publish, or several in a row up to `until`, brought readings."""

    until: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class View(Stored):
    """One state of all readings, where they count, and how it came about."""

    manifest: Manifest = field(default_factory=Manifest)
    places: Places = field(default_factory=Places)
    grid_phase: int = 0
    published: int = 0
    """How many publishes this view has seen; `touches` tell where those since the index were."""
    touches: tuple[Touch, ...] = ()

    def extended(self, run: Run) -> View:
        """This view with one publish more."""
        published = self.published + 1
        return View(
            index=self.index,
            words=self.words,
            tails=(*self.tails[:-1], self.tails[-1].extended(run)),
            amended=self.amended,
            manifest=self.manifest,
            places=self.places,
            grid_phase=self.grid_phase,
            published=published,
            touches=_fewer((*self.touches, Touch(published, Spans.of(run)))),
        )

    def news_since(self, published: int) -> Spans:
        """Where readings came in after that publish, or a little more."""
        news = [touch.spans for touch in self.touches if touch.until > published]
        return Spans.together(news) if news else Spans.nothing()

    def without_tails(self) -> View:
        """What the index alone knows."""
        return replace(self, tails=())

    def new_spans(self) -> Spans:
        """Where the tails hold readings."""
        runs = [run for tail in self.tails for run in tail.runs]
        return Spans.together([Spans.of(run) for run in runs]) if runs else Spans.nothing()

    def history(self, key: SeriesKey, start: int, end: int) -> History:
        """The series' effective readings in whole half hours around [start, end], and nearest."""
        low, high = whole_half_hours(start, end, self.grid_phase)
        found = self.gather([key], _instants([low]), _instants([high]))
        return History(found.read_at, found.value_wh, found.kind)

    def series(self, keys: Sequence[SeriesKey], edges: Ints) -> Buckets:
        columns = np.zeros((4, len(keys), len(edges) - 1), dtype=np.int64)
        for row, key in enumerate(keys):
            columns[:, row] = self._measures(key, edges).table
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

    def registers(self, meter_id: str) -> tuple[str, ...]:
        told = {key.register_id for key in self.words.series.of_meter(meter_id)}
        found = sorted(told.union(self.index.registers(meter_id)))
        present = self.present([SeriesKey(meter_id, register_id) for register_id in found])
        return tuple(found[place] for place in np.flatnonzero(present).tolist())

    def _measures(self, key: SeriesKey, edges: Ints) -> Measures:
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


def _fewer(touches: tuple[Touch, ...]) -> tuple[Touch, ...]:
    """Old publishes in one, once there are many."""
    if len(touches) < TOUCHES_AT_MOST:
        return touches
    old = touches[: TOUCHES_AT_MOST // 2]
    spans = Spans.together([touch.spans for touch in old], gap=GAP_SECONDS)
    return (Touch(old[-1].until, spans), *touches[len(old) :])


def _instants(moments: Sequence[int]) -> Ints:
    return np.clip(np.array(moments, dtype=np.int64), EARLIEST, LATEST)
