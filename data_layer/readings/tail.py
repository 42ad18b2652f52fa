"""Readings since the last snapshot, in memory: sorted columns that readers may keep.

    Tail    runs: [......2,097,152......][...65,536...][..512..][.3.][1]    each sorted by key

A publish adds one sorted run; runs of like size are merged once FAN_OUT of them stand together,
so a reading is moved O(log n) times whether it came alone or among 300,000. A tail is never
changed: `extended` gives a new one that shares its runs, and a reader that holds one sees all of
a publish or nothing of it. All revisions are kept; what counts is decided by who reads.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from data_layer.readings.column_writer import distinct
from data_layer.readings.model import Bytes, Ints, ReadingBatch, SeriesKey
from data_layer.readings.order import (
    SPAN,
    codes_of,
    instants_of,
    is_plain,
    kinds_of,
    packed,
)

FAN_OUT = 8
Word = TypeVar("Word", bound=Hashable)
Narrow = npt.NDArray[np.int32]


class Words(Generic[Word]):
    """An append-only dictionary: a word keeps its code for the life of the store. Thread-safe."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._code: dict[Word, int] = {}
        self._adding = Lock()

    def __len__(self) -> int:
        return len(self.words)

    def find(self, word: Word) -> int:
        """The word's code, -1 when it was never told."""
        return self._code.get(word, -1)

    def code(self, word: Word) -> int:
        """The word's code, a new one when it was never told."""
        code = self._code.get(word)
        if code is None:
            with self._adding:
                code = self._code.get(word, len(self.words))
                if code == len(self.words):
                    self._add(word, code)
        return code

    def codes(self, words: Sequence[Word], used: Ints) -> Ints:
        """Recode a column whose dictionary is `words`."""
        if len(words) == 1:
            return np.full(len(used), self.code(words[0]), dtype=np.int64)
        return np.array([self.code(word) for word in words] or [0], dtype=np.int64)[used]

    def _add(self, word: Word, code: int) -> None:
        self.words.append(word)
        self._code[word] = code


class SeriesWords(Words[SeriesKey]):
    """Series by code, and by meter."""

    def __init__(self) -> None:
        super().__init__()
        self._of_meter: dict[str, tuple[SeriesKey, ...]] = {}

    def of_meter(self, meter_id: str) -> tuple[SeriesKey, ...]:
        """Series of the meter that were ever told."""
        return self._of_meter.get(meter_id, ())

    def _add(self, word: SeriesKey, code: int) -> None:
        self._of_meter[word.meter_id] = (*self.of_meter(word.meter_id), word)
        super()._add(word, code)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the codes in a store's columns mean; shared by all its tails."""

    series: SeriesWords = field(default_factory=SeriesWords)
    types: Words[str] = field(default_factory=Words)
    sources: Words[str] = field(default_factory=Words)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Run:
    """Readings in columns, sorted by (key, revision); `key` packs series, time and kind."""

    key: Ints
    value: Ints
    flag: Bytes
    revision: Narrow
    type: Narrow
    source: Narrow
    plain: bool
    """Every row is a valid first revision with a value."""

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def of(cls, batch: ReadingBatch, words: Vocabulary) -> Run:
        """A batch in the store's codes; words that are new are added."""
        series = words.series.codes(batch.series, batch.series_code)
        key = packed(series, batch.read_at, batch.kind)
        order: Ints | slice = slice(None)
        if len(key) > 1 and not bool((key[1:] > key[:-1]).all()):
            order = (
                np.lexsort((batch.revision, key))
                if batch.revision.any()
                else np.argsort(key, kind="stable")
            )
        return cls(
            key=key[order],
            value=batch.value_wh[order],
            flag=batch.flag[order],
            revision=batch.revision[order].astype(np.int32),
            type=words.types.codes(batch.types, batch.type_code)[order].astype(np.int32),
            source=words.sources.codes(batch.sources, batch.source_code)[order].astype(np.int32),
            plain=bool(is_plain(batch).all()),
        )

    def take(self, rows: Ints | slice | npt.NDArray[np.bool_]) -> Run:
        return Run(
            self.key[rows],
            self.value[rows],
            self.flag[rows],
            self.revision[rows],
            self.type[rows],
            self.source[rows],
            self.plain,
        )

    def batch(self, words: Vocabulary) -> ReadingBatch:
        """The rows as a batch of their own, in the same order; O(rows) with a small dictionary."""
        codes, series_code = distinct(codes_of(self.key))
        types, type_code = distinct(self.type.astype(np.int64))
        sources, source_code = distinct(self.source.astype(np.int64))
        return ReadingBatch(
            series=tuple(words.series.words[code] for code in codes.tolist()),
            series_code=series_code,
            read_at=instants_of(self.key),
            value_wh=self.value,
            kind=kinds_of(self.key),
            flag=self.flag,
            revision=self.revision.astype(np.int64),
            types=tuple(words.types.words[code] for code in types.tolist()),
            type_code=type_code,
            sources=tuple(words.sources.words[code] for code in sources.tolist()),
            source_code=source_code,
            line=np.zeros(len(self), dtype=np.int64),
        )


def merged(runs: Sequence[Run]) -> Run:
    """One run of all rows; a row that stands in several (same key and revision) is kept once."""
    if len(runs) == 1:
        return runs[0]
    plain = all(run.plain for run in runs)
    key = np.concatenate([run.key for run in runs])
    revision = np.concatenate([run.revision for run in runs])
    # Sorted stretches in a row are what a stable sort merges fastest.
    order = np.argsort(key, kind="stable") if plain else np.lexsort((revision, key))
    key, revision = key[order], revision[order]
    repeated = (key[1:] == key[:-1]) & (revision[1:] == revision[:-1])
    if repeated.any():
        kept = np.concatenate(([True], ~repeated))
        order, key, revision = order[kept], key[kept], revision[kept]
    return Run(
        key=key,
        value=np.concatenate([run.value for run in runs])[order],
        flag=np.concatenate([run.flag for run in runs])[order],
        revision=revision,
        type=np.concatenate([run.type for run in runs])[order],
        source=np.concatenate([run.source for run in runs])[order],
        plain=plain,
    )


def ranges(low: Ints, high: Ints) -> Ints:
    """All positions of the half-open ranges [low, high), one after the other."""
    lengths = high - low
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    starts: Ints = np.repeat(low - ends + lengths, lengths)
    return starts + np.arange(total, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Tail:
    """One generation of readings: the open log's, or a sealed one's."""

    runs: tuple[Run, ...] = ()
    amended: frozenset[int] = frozenset()
    """Codes of series with a correction, void or suspect reading in this tail."""

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)

    def extended(self, run: Run) -> Tail:
        """This tail and one run more; this one stays as it is. O(rows moved), O(log n) a row."""
        if not len(run):
            return self
        runs = [*self.runs, run]
        while len(runs) >= FAN_OUT and _size_class(runs[-FAN_OUT]) <= _size_class(runs[-1]):
            runs[-FAN_OUT:] = [merged(runs[-FAN_OUT:])]
        amended = self.amended
        if not run.plain:
            odd = (run.revision > 0) | (run.flag > 0) | (run.value < 0)
            amended = amended | frozenset(codes_of(run.key[odd]).tolist())
        return Tail(tuple(runs), amended)

    def batch(self, words: Vocabulary) -> ReadingBatch:
        """All rows, sorted by key, each once."""
        return merged(self.runs).batch(words) if self.runs else ReadingBatch.from_readings([])

    def touches(self, code: int) -> bool:
        """Whether any reading of the series is here."""
        low, high = code * SPAN, (code + 1) * SPAN
        for run in self.runs:
            seat = int(run.key.searchsorted(low))
            if seat < len(run) and run.key[seat] < high:
                return True
        return False

    def holds(self, codes: Ints) -> npt.NDArray[np.bool_]:
        """For each series code whether any reading of it is here."""
        found = np.zeros(len(codes), dtype=np.bool_)
        for run in self.runs:
            found |= run.key.searchsorted(codes * SPAN) < run.key.searchsorted((codes + 1) * SPAN)
        return found

    def between(self, low: Ints, high: Ints, *, wider: bool = False) -> list[Run]:
        """From each run the rows with keys in any of [low[i], high[i]]; ranges must not overlap.

        `wider` adds the nearest row before and after each range that is of the same series.
        """
        found = []
        for run in self.runs:
            start = run.key.searchsorted(low)
            stop = run.key.searchsorted(high, side="right")
            if wider:
                before = np.maximum(start - 1, 0)
                start = np.where(
                    (start > 0) & (codes_of(run.key[before] ^ low) == 0), before, start
                )
                after = np.minimum(stop, len(run) - 1)
                stop += (stop < len(run)) & (codes_of(run.key[after] ^ high) == 0)
            if (stop > start).any():
                found.append(run.take(ranges(start, stop)))
        return found


def _size_class(run: Run) -> int:
    return len(run).bit_length() // 3
