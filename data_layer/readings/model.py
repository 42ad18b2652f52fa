"""What a reading is, what may be said of one, and who may look: types only, no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data_layer.quantities import VOID_WH

DEFAULT_REGISTER = "S"

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
_FIRST = np.zeros(1, dtype=np.int64)
_FIRST.setflags(write=False)


class SeriesKey(NamedTuple):
    """One register of one meter: the unit that is sorted, indexed and drawn."""

    meter_id: str
    register_id: str = DEFAULT_REGISTER


class Kind(IntEnum):
    """In this order at one instant: a read ends the old segment, an initial opens the new."""

    READ = 0
    INITIAL = 1


KIND_TEXT = {Kind.READ: "", Kind.INITIAL: "initial"}


class Flag(IntEnum):
    """A suspect reading is shown and marked, but no consumption is taken from it until accepted."""

    VALID = 0
    SUSPECT = 1


FLAG_TEXT = {Flag.VALID: "", Flag.SUSPECT: "suspect"}
ACTUAL = ""
"""The usual reading type, written as nothing; others are the industry's words or codes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading as a row, for people and tests. The columns travel as `ReadingBatch`."""

    meter_id: str
    register_id: str
    read_at: int
    """Epoch seconds, UTC."""
    value_wh: int | None
    """Whole watt-hours; None when this revision withdraws the reading."""
    kind: Kind = Kind.READ
    type: str = ACTUAL
    flag: Flag = Flag.VALID
    revision: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Readings in columns, all of one length: what travels from every door to the store.

    One upload is a batch of one. `series_code` and `source_code` point into `series` and
    `sources`. `line` is the line in the source (1 is the first), 0 when there is none.
    """

    series: tuple[SeriesKey, ...]
    series_code: Ints
    read_at: Ints
    value_wh: Ints
    """VOID_WH marks a revision without a value."""
    kind: Bytes
    flag: Bytes
    revision: Ints
    types: tuple[str, ...]
    type_code: Ints
    sources: tuple[str, ...]
    source_code: Ints
    line: Ints

    def __len__(self) -> int:
        return len(self.read_at)

    @classmethod
    def of(
        cls,
        series: Sequence[SeriesKey],
        series_code: npt.ArrayLike,
        read_at: npt.ArrayLike,
        value_wh: npt.ArrayLike,
        *,
        source: str = "",
        kind: npt.ArrayLike | None = None,
        line: npt.ArrayLike | None = None,
    ) -> ReadingBatch:
        """Usual readings (actual, valid, first revision) from plain columns."""
        times = np.asarray(read_at, dtype=np.int64)
        zeros = np.zeros(len(times), dtype=np.int64)
        small = np.zeros(len(times), dtype=np.uint8)
        return cls(
            series=tuple(series),
            series_code=np.asarray(series_code, dtype=np.int64),
            read_at=times,
            value_wh=np.asarray(value_wh, dtype=np.int64),
            kind=small if kind is None else np.asarray(kind, dtype=np.uint8),
            flag=small,
            revision=zeros,
            types=(ACTUAL,),
            type_code=zeros,
            sources=(source,),
            source_code=zeros,
            line=zeros if line is None else np.asarray(line, dtype=np.int64),
        )

    @classmethod
    def from_readings(cls, readings: Sequence[Reading]) -> ReadingBatch:
        if len(readings) == 1:
            return cls._of_one(readings[0])
        series = tuple(dict.fromkeys(SeriesKey(r.meter_id, r.register_id) for r in readings))
        types = tuple(dict.fromkeys(r.type for r in readings)) or (ACTUAL,)
        sources = tuple(dict.fromkeys(r.source for r in readings)) or ("",)

        def column(values: list[int]) -> Ints:
            return np.array(values, dtype=np.int64)

        return cls(
            series=series,
            series_code=column(
                [series.index(SeriesKey(r.meter_id, r.register_id)) for r in readings]
            ),
            read_at=column([r.read_at for r in readings]),
            value_wh=column([VOID_WH if r.value_wh is None else r.value_wh for r in readings]),
            kind=np.array([r.kind for r in readings], dtype=np.uint8),
            flag=np.array([r.flag for r in readings], dtype=np.uint8),
            revision=column([r.revision for r in readings]),
            types=types,
            type_code=column([types.index(r.type) for r in readings]),
            sources=sources,
            source_code=column([sources.index(r.source) for r in readings]),
            line=column([0] * len(readings)),
        )

    @classmethod
    def _of_one(cls, reading: Reading) -> ReadingBatch:
        """What single uploads travel as: as few arrays as can be."""
        value = VOID_WH if reading.value_wh is None else reading.value_wh
        return cls(
            series=(SeriesKey(reading.meter_id, reading.register_id),),
            series_code=_FIRST,
            read_at=np.array((reading.read_at,), dtype=np.int64),
            value_wh=np.array((value,), dtype=np.int64),
            kind=np.array((reading.kind,), dtype=np.uint8),
            flag=np.array((reading.flag,), dtype=np.uint8),
            revision=np.array((reading.revision,), dtype=np.int64),
            types=(reading.type,),
            type_code=_FIRST,
            sources=(reading.source,),
            source_code=_FIRST,
            line=_FIRST,
        )

    def take(self, rows: npt.ArrayLike) -> ReadingBatch:
        """The rows chosen by position or mask, in that order; dictionaries are shared."""
        chosen = np.asarray(rows)
        if not chosen.size:
            chosen = np.zeros(0, dtype=np.int64)
        return ReadingBatch(
            self.series,
            self.series_code[chosen],
            self.read_at[chosen],
            self.value_wh[chosen],
            self.kind[chosen],
            self.flag[chosen],
            self.revision[chosen],
            self.types,
            self.type_code[chosen],
            self.sources,
            self.source_code[chosen],
            self.line[chosen],
        )

    def rows(self) -> list[Reading]:
        """The row view; for tests, messages and short lists."""
        return [
            Reading(
                meter_id=self.series[self.series_code[n]].meter_id,
                register_id=self.series[self.series_code[n]].register_id,
                read_at=int(self.read_at[n]),
                value_wh=None if self.value_wh[n] == VOID_WH else int(self.value_wh[n]),
                kind=Kind(int(self.kind[n])),
                type=self.types[self.type_code[n]],
                flag=Flag(int(self.flag[n])),
                revision=int(self.revision[n]),
                source=self.sources[self.source_code[n]],
            )
            for n in range(len(self))
        ]


def join(batches: Sequence[ReadingBatch]) -> ReadingBatch:
    """One batch of all rows in order, with common dictionaries."""
    if len(batches) == 1:
        return batches[0]
    series = tuple(dict.fromkeys(key for batch in batches for key in batch.series))
    types = tuple(dict.fromkeys(name for batch in batches for name in batch.types)) or (ACTUAL,)
    sources = tuple(dict.fromkeys(name for batch in batches for name in batch.sources)) or ("",)

    def recode(words: Sequence[object], own: Sequence[object], codes: Ints) -> Ints:
        place = {word: n for n, word in enumerate(words)}
        table = np.array([place[word] for word in own] or [0], dtype=np.int64)
        return table[codes]

    def stack(columns: list[npt.NDArray[np.int64]]) -> Ints:
        return np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)

    def stack_small(columns: list[Bytes]) -> Bytes:
        return np.concatenate(columns) if columns else np.zeros(0, dtype=np.uint8)

    return ReadingBatch(
        series=series,
        series_code=stack([recode(series, b.series, b.series_code) for b in batches]),
        read_at=stack([b.read_at for b in batches]),
        value_wh=stack([b.value_wh for b in batches]),
        kind=stack_small([b.kind for b in batches]),
        flag=stack_small([b.flag for b in batches]),
        revision=stack([b.revision for b in batches]),
        types=types,
        type_code=stack([recode(types, b.types, b.type_code) for b in batches]),
        sources=sources,
        source_code=stack([recode(sources, b.sources, b.source_code) for b in batches]),
        line=stack([b.line for b in batches]),
    )


class Verdict(IntEnum):
    """What becomes of one row. Everything from UNREADABLE on is a rejection."""

    ACCEPTED = 0
    DUPLICATE = 1
    UNREADABLE = 2
    UNKNOWN_METER = 3
    INACTIVE_METER = 4
    OFF_THE_HALF_HOUR = 5
    IN_THE_FUTURE = 6
    CONFLICT = 7
    BELOW_PREVIOUS = 8
    ABOVE_NEXT = 9
    MARKED_INVALID = 10


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused row: where it stood, what rule it broke, in one sentence for a person."""

    line: int
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a submission; accepted rows are on disk when it is given.

    `rejections` holds at most the first 10,000; `rejected` counts them all. `verdicts` says what
    became of each row that was submitted, in their order.
    """

    accepted: int
    duplicates: int
    rejected: int
    rejections: tuple[Rejection, ...] = ()
    verdicts: Bytes = field(
        default_factory=lambda: np.zeros(0, dtype=np.uint8), compare=False, repr=False
    )


class Action(StrEnum):
    """What one may want to do with readings and accounts; `accounts.authorize` decides."""

    READ_METER = "read meter"
    READ_GROUPS = "read groups"
    READ_READINGS = "read readings"
    SUBMIT_READINGS = "submit readings"
    CORRECT_READINGS = "correct readings"
    READ_ACCOUNTS = "read accounts"
    MANAGE_ACCOUNTS = "manage accounts"
    READ_BILLS = "read bills"
    MANAGE_BILLS = "make bills"
    MANAGE_TARIFFS = "manage tariffs"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Scope:
    """Proof that `authorize` was asked: a required argument of every query and operation.

    `meter_ids` None means all meters. `since` holds, for a household, the instant its occupant
    moved in (epoch): nothing earlier is shown. `at_least` is the smallest group an answer may
    speak of (0 for admins).
    """

    actor: str
    action: Action
    meter_ids: frozenset[str] | None = frozenset()
    since: Mapping[str, int] = field(default_factory=dict)
    at_least: int = 0

    def earliest(self, meter_id: str) -> int | None:
        return self.since.get(meter_id)


class GroupPath(NamedTuple):
    """Where a meter counts in group totals. Opaque to the index: three words and no more."""

    region: str
    area: str
    dwelling_type: str


@dataclass(frozen=True, slots=True)
class Buckets:
    """Consumption over consecutive buckets: one column each, one row a group or meter.

    `edges` has one more element than there are buckets. All other arrays have the shape
    (groups, buckets). A half hour is missing when any part of it is unknown; `reporting` counts
    meters with any known part. Shape, units: Wh, half hours, meters.
    """

    edges: Ints
    consumption_wh: Ints
    estimated_wh: Ints
    missing_half_hours: Ints
    reporting: Ints


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which readings the admin's grid shows, and in what order."""

    meter_contains: str = ""
    register_id: str = ""
    source_starts: str = ""
    type: str | None = None
    flag: Flag | None = None
    kind: Kind | None = None
    start: int | None = None
    end: int | None = None
    sort_by: str = "read_at"
    descending: bool = True
    offset: int = 0
    limit: int = 100

    def __hash__(self) -> int:
        """Of what pages differ in most: all fields would cost as much as the page kept for them."""
        return hash((self.start, self.offset, self.meter_contains))


@dataclass(frozen=True, slots=True)
class RowPage:
    """One page of readings and how many the filter matches in all, each revision counted."""

    batch: ReadingBatch
    total: int
    replaced: frozenset[int] = frozenset()
    """Positions in the batch of rows that a higher revision has replaced."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """The answer to "how much over this period", cut to what is known.

    All null when the meter has no data in the period. `start_time`/`end_time` bound what was
    added up; `missing_half_hours` are of the whole period, but for those that have not ended, and
    `missing_between` those of them inside these bounds; `data_until` is the latest
    reading's time. Source: S1's `get_consumption`.
    """

    meter_id: str
    period: str
    start_reading_wh: int | None
    end_reading_wh: int | None
    consumption_wh: int | None
    estimated_wh: int
    missing_half_hours: int
    start_time: datetime | None
    end_time: datetime | None
    data_until: datetime | None
    missing_between: int = 0
