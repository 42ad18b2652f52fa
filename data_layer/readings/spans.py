"""Stretches of time in which something of a series is new, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_layer.readings.model import Ints
from data_layer.readings.order import codes_of, instants_of, packed
from data_layer.readings.run_kernel import stretches
from data_layer.readings.tail import Run

GAP_SECONDS = 2 * 86_400
"""New readings of a series further apart than this are looked at separately."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Closed stretches [first, last] of series, by code; sorted, no two of a series overlap."""

    code: Ints
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.code)

    @classmethod
    def nothing(cls) -> Spans:
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, none)

    @classmethod
    def of(cls, run: Run) -> Spans:
        """Where the rows of a sorted run stand."""
        code, first, last = np.empty((3, len(run)), dtype=np.int64)
        count = stretches(run.key, GAP_SECONDS, code, first, last)
        return cls(code[:count], first[:count], last[:count])

    @classmethod
    def together(cls, many: Sequence[Spans], *, gap: int = 0) -> Spans:
        """The union: stretches that overlap, or stand no further apart than `gap`, become one."""
        code = np.concatenate([spans.code for spans in many])
        low = packed(code, np.concatenate([spans.first for spans in many]))
        high = packed(code, np.concatenate([spans.last for spans in many]))
        order = np.argsort(low, kind="stable")
        low, high = low[order], np.maximum.accumulate(high[order])
        opens = np.ones(len(low), dtype=np.bool_)
        opens[1:] = (low[1:] > high[:-1] + 2 * gap) | (codes_of(low[1:]) != codes_of(low[:-1]))
        closes = np.ones(len(low), dtype=np.bool_)
        closes[:-1] = opens[1:]
        return cls(codes_of(low[opens]), instants_of(low[opens]), instants_of(high[closes]))

    def take(self, rows: Ints | slice | npt.NDArray[np.bool_]) -> Spans:
        return Spans(self.code[rows], self.first[rows], self.last[rows])

    def rounds(self) -> list[Spans]:
        """The spans in parts in which no series comes twice."""
        opens = np.ones(len(self), dtype=np.bool_)
        opens[1:] = self.code[1:] != self.code[:-1]
        seats = np.arange(len(self))
        turn = seats - np.maximum.accumulate(np.where(opens, seats, 0))
        return [self.take(turn == n) for n in range(int(turn.max(initial=-1)) + 1)]
