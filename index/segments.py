"""The segments of every row: where a register is known, and how it joins the unrolled one.

    row          0   0   1   2   2   2          sorted; a row may have none
    start, end   first and last reading of the segment, epoch seconds (equal: a single reading)
    opening      U at start          closing    U at end
    shift        U - register, the same all through the segment
    kind         kind of the reading that opens it (only a row's first can be a read)

With the bits "a reading stands here" of the leaves this tells every reading apart: one at a
segment's start has the segment's kind, and where one segment ends as the next begins, two
readings stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.columns import Columns
from index.grid import Grid
from index.history import INITIAL, READ, Bytes, Ints, Mask

NEVER = -(1 << 62)
_TIME_BITS, _TIME_BIAS = 34, 1 << 33


def packed(rows: npt.ArrayLike, times: npt.ArrayLike) -> Ints:
    """(row, time) as one number that sorts the same; times within 272 years of 1970."""
    row, time = np.asarray(rows, dtype=np.int64), np.asarray(times, dtype=np.int64)
    return (row << _TIME_BITS) + (np.clip(time, 1 - _TIME_BIAS, _TIME_BIAS - 1) + _TIME_BIAS)


class Intervals(NamedTuple):
    """Stretches of positive length, sorted by (row, start)."""

    rows: Ints
    starts: Ints
    ends: Ints


@dataclass(frozen=True, eq=False)
class Segments:
    """All segments of `count` rows."""

    count: int
    rows: Ints
    start: Ints
    end: Ints
    opening: Ints
    closing: Ints
    shift: Ints
    kind: Bytes

    @classmethod
    def of(cls, columns: Columns, total: Ints) -> Segments:
        """From readings and U at each of them."""
        first = np.flatnonzero(columns.opens)
        last = (np.append(first[1:], len(columns)) - 1)[: len(first)]
        return cls(
            columns.count,
            columns.rows[first],
            columns.times[first],
            columns.times[last],
            total[first],
            total[last],
            total[first] - columns.values[first],
            columns.kinds[first],
        )

    @classmethod
    def none(cls) -> Segments:
        none = np.zeros(0, dtype=np.int64)
        return cls(0, none, none, none, none, none, none, none.astype(np.uint8))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def pointer(self) -> Ints:
        return np.searchsorted(self.rows, np.arange(self.count + 1))

    @cached_property
    def alive(self) -> Mask:
        """Rows that have any reading."""
        return np.diff(self.pointer) > 0

    @cached_property
    def several(self) -> Ints:
        """Rows that have more than one segment."""
        return np.flatnonzero(np.diff(self.pointer) > 1)

    def _per_row(self, column: Ints, *, at_end: bool, otherwise: int) -> Ints:
        result = np.full(self.count, otherwise, dtype=np.int64)
        place = self.pointer[1:] - 1 if at_end else self.pointer[:-1]
        result[self.alive] = column[place[self.alive]]
        return result

    @cached_property
    def first_time(self) -> Ints:
        """A row's first reading; -NEVER (the far future) where it has none."""
        return self._per_row(self.start, at_end=False, otherwise=-NEVER)

    @cached_property
    def last_time(self) -> Ints:
        return self._per_row(self.end, at_end=True, otherwise=NEVER)

    @cached_property
    def last_total(self) -> Ints:
        return self._per_row(self.closing, at_end=True, otherwise=0)

    @cached_property
    def first_kind(self) -> Ints:
        return self._per_row(self.kind.astype(np.int64), at_end=False, otherwise=READ)

    @cached_property
    def first_value(self) -> Ints:
        return self._per_row(self.opening - self.shift, at_end=False, otherwise=0)

    @cached_property
    def last_value(self) -> Ints:
        return self._per_row(self.closing - self.shift, at_end=True, otherwise=0)

    @cached_property
    def last_kind(self) -> Ints:
        single = np.where(self.start == self.end, self.kind, READ).astype(np.int64)
        return self._per_row(single, at_end=True, otherwise=READ)

    @cached_property
    def _keys(self) -> Ints:
        return packed(self.rows, self.start)

    def locate(self, rows: Ints, times: Ints) -> Ints:
        """The last segment of the row that starts at or before the time. O(log segments)."""
        return np.searchsorted(self._keys, packed(rows, times), side="right") - 1

    @cached_property
    def intervals(self) -> Intervals:
        """Where each row is known, touching segments joined."""
        joins = np.zeros(len(self), dtype=np.bool_)
        joins[1:] = (self.rows[1:] == self.rows[:-1]) & (self.start[1:] == self.end[:-1])
        first = np.flatnonzero(~joins)
        last = np.append(first[1:], len(self)) - 1
        rows, starts, ends = self.rows[first], self.start[first], self.end[last[: len(first)]]
        lasting = starts < ends
        return Intervals(rows[lasting], starts[lasting], ends[lasting])

    @cached_property
    def holes(self) -> Intervals:
        """Unknown stretches between a row's segments."""
        gap = (self.rows[1:] == self.rows[:-1]) & (self.start[1:] > self.end[:-1])
        return Intervals(self.rows[1:][gap], self.end[:-1][gap], self.start[1:][gap])

    def cut_half_hours(self, rows: Ints, grid: Grid) -> tuple[Ints, Ints]:
        """(place in `rows`, half hour) where a hole of one of the rows begins or ends.

        Such a half hour is not wholly known, so it is not measured, whatever stands at its ends.
        """
        holes = self.holes
        if len(rows) == 1:
            place = np.where(holes.rows == rows[0], 0, -1)
        elif not len(holes.rows):
            place = holes.rows
        else:
            where = np.full(self.count, -1, dtype=np.int64)
            where[rows] = np.arange(len(rows))
            place = where[holes.rows]
        mine = place >= 0
        begins = grid.slot(holes.starts[mine])
        ends = grid.slot_after(holes.ends[mine]) - 1
        return np.tile(place[mine], 2), np.concatenate((begins, ends))

    def take(self, chosen: Mask | Ints) -> Segments:
        return Segments(
            self.count,
            self.rows[chosen],
            self.start[chosen],
            self.end[chosen],
            self.opening[chosen],
            self.closing[chosen],
            self.shift[chosen],
            self.kind[chosen],
        )


def joined(count: int, parts: list[Segments]) -> Segments:
    """Segments of all parts in row order; within a row, in the order of the parts."""
    order = np.argsort(np.concatenate([part.rows for part in parts]), kind="stable")

    def column(name: str) -> Ints:
        stacked: Ints = np.concatenate([getattr(part, name) for part in parts])[order]
        return stacked

    return Segments(
        count,
        column("rows"),
        column("start"),
        column("end"),
        column("opening"),
        column("closing"),
        column("shift"),
        column("kind").astype(np.uint8),
    )


def welded(pieces: Segments) -> Segments:
    """Pieces of segments made whole: a piece opened by a read continues the one before it."""
    opens = np.ones(len(pieces), dtype=np.bool_)
    opens[1:] = (pieces.rows[1:] != pieces.rows[:-1]) | (pieces.kind[1:] == INITIAL)
    first = np.flatnonzero(opens)
    last = (np.append(first[1:], len(pieces)) - 1)[: len(first)]
    return Segments(
        pieces.count,
        pieces.rows[first],
        pieces.start[first],
        pieces.end[last],
        pieces.opening[first],
        pieces.closing[last],
        pieces.shift[first],
        pieces.kind[first],
    )
