"""The newest reading of every series that is uploaded to: what most rows are judged by.

Most uploads are later than anything stored of their series and not lower. Such rows are accepted
whatever else is stored, so two numbers a series are remembered by its code and no stored reading
is looked at. Everything else goes to the judge with its neighbors.
"""

from __future__ import annotations

import numpy as np

from data_layer.readings.model import Ints, ReadingBatch, SeriesKey
from data_layer.readings.order import EARLIEST, LATEST, SPAN, codes_of, packed
from data_layer.readings.run_kernel import NEVER_LOOKED, follow
from data_layer.readings.tail import Run
from data_layer.readings.view import View

NEVER_FOLLOWED = np.iinfo(np.int64).max


class Newest:
    """Key and value of the newest reading by series code. One thread's at a time."""

    def __init__(self) -> None:
        self._key = np.zeros(0, dtype=np.int64)
        self._value = np.zeros(0, dtype=np.int64)

    def followed_by(self, rows: Run, view: View) -> bool:
        """Whether all rows, in their order, are usual ones that come after what the view holds.

        If so they are the newest from now on; if not, their series are looked up again.
        """
        if not rows.plain:
            self.forget(rows)
            return False
        self._grow(len(view.words.series))
        place = 0
        while True:
            place = follow(rows.key, rows.value, place, self._key, self._value)
            if place == len(rows):
                return True
            if self._key[rows.key[place] >> 33] != NEVER_LOOKED:
                self.forget(rows)
                return False
            self._look_up(np.unique(codes_of(rows.key[place:])), view)

    def forget(self, rows: Run) -> None:
        """Look these series up again: they were judged in another way."""
        self._grow(int(codes_of(rows.key).max(initial=-1)) + 1)
        self._key[codes_of(rows.key)] = NEVER_LOOKED

    def _look_up(self, codes: Ints, view: View) -> None:
        """Fill in the series among these that were never looked up."""
        codes = codes[self._key[codes] == NEVER_LOOKED]
        keys = [view.words.series.words[code] for code in codes.tolist()]
        self._key[codes], self._value[codes] = codes * SPAN - 1, 0
        found = view.latest(keys)
        places = codes[found.series_code]
        self._key[places] = packed(places, found.read_at, found.kind)
        self._value[places] = found.value_wh
        if view.odd(keys):
            odd = [view.odd([key]) for key in keys]
            self._key[codes[odd]] = NEVER_FOLLOWED

    def _grow(self, size: int) -> None:
        more = size - len(self._key)
        if more > 0:
            more += size // 2
            self._key = np.concatenate((self._key, np.full(more, NEVER_LOOKED)))
            self._value = np.concatenate((self._value, np.zeros(more, dtype=np.int64)))


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
