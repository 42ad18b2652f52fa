"""The stored readings a group of submissions is judged by: found quickly where they come in order.

Most uploads are later than anything stored of their series. Such a row has one neighbor, the
newest reading, which is remembered; everything else is looked up in the view.
"""

from __future__ import annotations

import numpy as np

from data_layer.readings.model import Ints, ReadingBatch, SeriesKey
from data_layer.readings.order import EARLIEST, LATEST, is_plain
from data_layer.readings.view import View

FEW_SERIES = 256
"""Groups of more series or rows than this look at the stored readings in columns."""
SERIES_KEPT = 100_000


class Newest:
    """Remembers the newest reading of series that are uploaded to. One thread's."""

    def __init__(self) -> None:
        self._known: dict[SeriesKey, tuple[int, int, int]] = {}

    def around(self, view: View, asked: ReadingBatch) -> ReadingBatch:
        """The stored readings to judge the rows by."""
        keys, low, high = reach(asked)
        if len(keys) <= FEW_SERIES:
            newest = self._newest(view, keys)
            if newest is not None and all(
                found is None or found[0] < first
                for found, first in zip(newest, low.tolist(), strict=True)
            ):
                return _plain_rows(keys, newest)
        return view.gather(keys, low, high, every_revision=True)

    def published(self, accepted: ReadingBatch) -> None:
        """Keep up with what was just stored."""
        if len(accepted) > FEW_SERIES or not is_plain(accepted).all():
            for key in accepted.series:
                self._known.pop(key, None)
            return
        columns = zip(
            accepted.series_code.tolist(),
            accepted.read_at.tolist(),
            accepted.kind.tolist(),
            accepted.value_wh.tolist(),
            strict=True,
        )
        for code, read_at, kind, value in columns:
            key = accepted.series[code]
            known = self._known.get(key)
            if known is not None and (read_at, kind) > (known[0], known[2]):
                self._known[key] = (read_at, value, kind)

    def _newest(
        self, view: View, keys: list[SeriesKey]
    ) -> list[tuple[int, int, int] | None] | None:
        """(time, value, kind) of each series; None when a series needs a closer look."""
        if view.odd(keys):
            return None
        unknown = [key for key in keys if key not in self._known]
        if unknown:
            if len(self._known) > SERIES_KEPT:
                self._known.clear()
                unknown = keys
            for row in view.latest(unknown).rows():
                if row.value_wh is not None:
                    newest = (row.read_at, row.value_wh, int(row.kind))
                    self._known[SeriesKey(row.meter_id, row.register_id)] = newest
        return [self._known.get(key) for key in keys]


def _plain_rows(keys: list[SeriesKey], newest: list[tuple[int, int, int] | None]) -> ReadingBatch:
    rows = [(code, *found) for code, found in enumerate(newest) if found is not None]
    codes, times, values, kinds = zip(*rows, strict=True) if rows else ((), (), (), ())
    return ReadingBatch.of(keys, codes, times, values, kind=kinds)


def reach(batch: ReadingBatch) -> tuple[list[SeriesKey], Ints, Ints]:
    """The series of a batch, and first and last time of each. O(rows)."""
    if len(batch) == 1:
        at = np.clip(batch.read_at, EARLIEST, LATEST)
        return [batch.series[int(batch.series_code[0])]], at, at
    low = np.full(len(batch.series), LATEST + 1, dtype=np.int64)
    high = np.full(len(batch.series), EARLIEST - 1, dtype=np.int64)
    np.minimum.at(low, batch.series_code, batch.read_at)
    np.maximum.at(high, batch.series_code, batch.read_at)
    used = np.unique(batch.series_code) if len(batch) < len(low) else np.flatnonzero(low <= high)
    keys = [batch.series[code] for code in used.tolist()]
    return keys, np.clip(low[used], EARLIEST, LATEST), np.clip(high[used], EARLIEST, LATEST)
