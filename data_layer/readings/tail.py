"""Readings since the last snapshot, in memory: sorted columns that readers may keep.

    Tail    runs: [......2,097,152......][...65,536...][..512..][.3.][1]    each sorted by key

A publish adds one sorted run; runs of like size are merged once FAN_OUT of them stand together,
so a reading is moved O(log n) times whether it came alone or among 300,000. A tail is never
changed: `extended` gives a new one that shares its runs, and a reader that holds one sees all of
a publish or nothing of it. All revisions are kept; what counts is decided by who reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_layer.readings.model import Bytes, Ints, ReadingBatch
from data_layer.readings.order import (
    SPAN,
    codes_of,
    instants_of,
    kinds_of,
    refuse_unwritable,
)
from data_layer.readings.run_kernel import NOT_WRITABLE, take
from data_layer.readings.vocabulary import Vocabulary

FAN_OUT = 8
Narrow = npt.NDArray[np.int32]


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
        arrived = cls.arrived(batch, np.zeros(len(batch), dtype=np.uint8), words)
        return arrived.rows.sorted(rising=arrived.rising)

    @classmethod
    def arrived(
        cls, batch: ReadingBatch, verdicts: Bytes, words: Vocabulary, *, check: bool = False
    ) -> Arrived:
        """The ACCEPTED rows of a batch in the store's codes; words that are new are added.

        With `check`, raises BadInput for a new word that cannot stand in a line; in any case for
        a value, time or revision that cannot.
        """
        size = len(batch)
        key, value = np.empty(size, np.int64), np.empty(size, np.int64)
        flag, revision = np.empty(size, np.uint8), np.empty(size, np.int32)
        type_, source = np.empty(size, np.int32), np.empty(size, np.int32)
        series, types, sources = (
            words.series.table(batch.series),
            words.types.table(batch.types),
            words.sources.table(batch.sources),
        )
        while True:
            count, plain, rising = take(
                verdicts,
                series,
                batch.series_code,
                batch.read_at,
                batch.value_wh,
                batch.kind,
                batch.flag,
                batch.revision,
                types,
                batch.type_code,
                sources,
                batch.source_code,
                key,
                value,
                flag,
                revision,
                type_,
                source,
            )
            if count >= 0:
                break
            accepted = batch.take(verdicts == 0)
            if count == NOT_WRITABLE:
                refuse_unwritable(accepted)
            words.series.tell(batch.series, series, accepted.series_code, check=check)
            words.types.tell(batch.types, types, accepted.type_code, check=check)
            words.sources.tell(batch.sources, sources, accepted.source_code, check=check)
        rows = cls(key, value, flag, revision, type_, source, bool(plain))
        return Arrived(rows if count == size else rows.take(slice(count)), bool(rising))

    def sorted(self, *, rising: bool = False) -> Run:
        """The rows by (key, revision), those of like key and revision as they came."""
        if rising:
            return self
        if self.plain:
            return self.take(np.argsort(self.key, kind="stable"))
        return self.take(np.lexsort((self.revision, self.key)))

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


class Arrived(NamedTuple):
    """Rows in the store's codes in the order they came, and whether this is the keys' order."""

    rows: Run
    rising: bool


def together(parts: Sequence[Arrived]) -> Arrived:
    """The rows of all, one part behind the other."""
    if len(parts) == 1:
        return parts[0]
    rows = [part.rows for part in parts]
    whole = Run(
        key=np.concatenate([run.key for run in rows]),
        value=np.concatenate([run.value for run in rows]),
        flag=np.concatenate([run.flag for run in rows]),
        revision=np.concatenate([run.revision for run in rows]),
        type=np.concatenate([run.type for run in rows]),
        source=np.concatenate([run.source for run in rows]),
        plain=all(run.plain for run in rows),
    )
    return Arrived(whole, rising=False)


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


def distinct(values: Ints) -> tuple[Ints, Ints]:
    """The different values in order of appearance, and each row's code. O(n)."""
    coded = pa.array(values).dictionary_encode()
    return (
        coded.dictionary.to_numpy(zero_copy_only=False),
        coded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
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
