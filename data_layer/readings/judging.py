"""Which new readings a series can take: never decreasing inside a segment, one value a key.

Pure. `judge` looks at all rows at once: sorted together with what is stored, a series in which
no key repeats with another value and nothing decreases is accepted as it stands. Only series that
fail this, or hold corrections, voids or suspect readings, are walked row by row, each held against
both neighbors in its segment: new initials first, the last of them first, then the reads in order
of time. So a series that is right as a whole is accepted as a whole either way, and a meter
exchange before stored readings may come with the last read of the old meter.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data_layer.quantities import VOID_WH
from data_layer.readings.model import Flag, Ints, Kind, ReadingBatch, Verdict
from data_layer.readings.order import codes_of, is_plain, packed, recoded
from data_layer.readings.store import Verdicts

Mask = npt.NDArray[np.bool_]


def judge(batch: ReadingBatch, verdicts: Verdicts, around: ReadingBatch) -> Verdicts:
    """Final verdicts of rows that are ACCEPTED so far; the others keep theirs.

    `around` holds stored readings, sorted by (series, time, kind, revision): for each series
    those inside the batch's time range, the nearest effective ones before and after, and every
    revision of a key that was corrected, voided or is suspect. Its dictionary may differ.
    O(n log n) in columns; only series with something amiss are walked in Python.
    """
    final = verdicts.copy()
    asked = np.flatnonzero(verdicts == Verdict.ACCEPTED)
    if not len(asked):
        return final
    rows = _Rows.gather(batch, asked, around)
    amiss = rows.amiss()
    repeats = ~rows.first & rows.new
    same = rows.value == rows.value[rows.opener]
    final[rows.line[repeats & same]] = Verdict.DUPLICATE
    final[rows.line[repeats & ~same]] = Verdict.CONFLICT
    for low, high in _stretches(rows.code, amiss):
        _judge_series(rows, low, high, final)
    return final


@dataclass(frozen=True)
class _Rows:
    """Stored and new rows of the same series, sorted by key, stored first."""

    key: Ints
    value: Ints
    revision: Ints
    flag: npt.NDArray[np.uint8]
    line: Ints
    """Position in the batch; -1 for stored rows."""
    plain: Mask

    @classmethod
    def gather(cls, batch: ReadingBatch, asked: Ints, around: ReadingBatch) -> _Rows:
        code_of: dict[object, int] = {key: n for n, key in enumerate(batch.series)}
        stored_code = recoded(around, code_of)
        near = np.flatnonzero(stored_code >= 0)
        key = np.concatenate(
            (
                packed(stored_code[near], around.read_at[near], around.kind[near]),
                packed(batch.series_code[asked], batch.read_at[asked], batch.kind[asked]),
            )
        )
        revision = np.concatenate((around.revision[near], batch.revision[asked]))
        order = np.lexsort((revision, key)) if revision.any() else np.argsort(key, kind="stable")
        line = np.concatenate((np.full(len(near), -1, dtype=np.int64), asked))
        return cls(
            key=key[order],
            value=np.concatenate((around.value_wh[near], batch.value_wh[asked]))[order],
            revision=revision[order],
            flag=np.concatenate((around.flag[near], batch.flag[asked]))[order],
            line=line[order],
            plain=np.concatenate((is_plain(around)[near], is_plain(batch)[asked]))[order],
        )

    @property
    def code(self) -> Ints:
        return codes_of(self.key)

    @property
    def new(self) -> Mask:
        return self.line >= 0

    @property
    def first(self) -> Mask:
        """True where a key stands for the first time."""
        first = np.ones(len(self.key), dtype=np.bool_)
        first[1:] = self.key[1:] != self.key[:-1]
        return first

    @property
    def opener(self) -> Ints:
        """For each row the position of the first row with its key."""
        return np.maximum.accumulate(np.where(self.first, np.arange(len(self.key)), 0))

    def amiss(self) -> Mask:
        """Rows at which their series needs a closer look."""
        seats = np.flatnonzero(self.first)
        key, value = self.key[seats], self.value[seats]
        same_segment = (codes_of(key[1:]) == codes_of(key[:-1])) & (key[1:] & 1 != Kind.INITIAL)
        amiss = ~self.plain
        amiss[seats[1:][same_segment & (value[1:] < value[:-1])]] = True
        return amiss


def _stretches(code: Ints, amiss: Mask) -> Iterator[tuple[int, int]]:
    """Row ranges of the series in which some row is amiss."""
    for series in np.unique(code[amiss]).tolist():
        low, high = np.searchsorted(code, [series, series + 1]).tolist()
        yield low, high


@dataclass
class _Series:
    """What one series holds while its new rows are walked."""

    keys: list[int] = field(default_factory=list)
    """Effective keys, sorted."""
    value_of: dict[int, int] = field(default_factory=dict)
    revisions: dict[int, dict[int, int]] = field(default_factory=dict)
    """Values by revision of every stored key."""

    def take(self, key: int, revision: int, value: int, *, counts: bool) -> None:
        """Store a row whose revision is the key's highest."""
        self.revisions.setdefault(key, {})[revision] = value
        if key in self.value_of:
            del self.value_of[key]
            self.keys.pop(bisect_left(self.keys, key))
        if counts:
            self.value_of[key] = value
            insort(self.keys, key)

    def neighbors(self, key: int) -> tuple[int | None, int | None]:
        """Values of the effective readings before and after the key in its segment.

        The reading before an initial, and an initial after the key, belong to other segments.
        """
        seat = bisect_left(self.keys, key)
        after = seat + (key in self.value_of)
        previous = self.keys[seat - 1] if seat else None
        following = self.keys[after] if after < len(self.keys) else None
        if following is not None and following & 1 == Kind.INITIAL:
            following = None
        return (
            None if previous is None else self.value_of[previous],
            None if following is None else self.value_of[following],
        )

    def judge(self, key: int, revision: int, value: int, *, counts: bool) -> Verdict:
        stored = self.revisions.get(key)
        if stored is not None and (revision == 0 or revision in stored):
            return Verdict.DUPLICATE if value in stored.values() else Verdict.CONFLICT
        if revision != (0 if stored is None else max(stored) + 1):
            return Verdict.CONFLICT
        previous, following = self.neighbors(key)
        if not counts:
            # Taking an initial away joins two segments: they must fit each other.
            if key not in self.value_of or previous is None or following is None:
                return Verdict.ACCEPTED
            return Verdict.ACCEPTED if previous <= following else Verdict.BELOW_PREVIOUS
        if key & 1 != Kind.INITIAL and previous is not None and value < previous:
            return Verdict.BELOW_PREVIOUS
        if following is not None and value > following:
            return Verdict.ABOVE_NEXT
        return Verdict.ACCEPTED


def _judge_series(rows: _Rows, low: int, high: int, final: Verdicts) -> None:
    """Walk one series' new rows and write their verdicts."""
    counts = ((rows.flag[low:high] == Flag.VALID) & (rows.value[low:high] != VOID_WH)).tolist()
    columns = list(
        zip(
            rows.key[low:high].tolist(),
            rows.revision[low:high].tolist(),
            rows.value[low:high].tolist(),
            rows.line[low:high].tolist(),
            counts,
            strict=True,
        )
    )
    series = _Series()
    for key, revision, value, line, effective in columns:
        if line < 0:
            series.take(key, revision, value, counts=effective)
    new = [column for column in columns if column[3] >= 0]
    initials = [column for column in new if column[0] & 1 == Kind.INITIAL]
    reads = [column for column in new if column[0] & 1 != Kind.INITIAL]
    # Stable: rows of one key stay in order of revision and arrival.
    initials.sort(key=lambda column: -column[0])
    for key, revision, value, line, effective in (*initials, *reads):
        verdict = series.judge(key, revision, value, counts=effective)
        final[line] = verdict
        if verdict is Verdict.ACCEPTED:
            series.take(key, revision, value, counts=effective)
