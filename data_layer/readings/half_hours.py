"""The index's rule for gaps, applied to the half hours of many series at once.

    edges of a series    |     |     |     |     |       half hours of the home's grid
    readings             o---------o-----o-----o i       known between readings of a segment
    unrolled register    differences are consumption
    seconds known        differences are coverage

What the half hours mean is written in `index.history`; here is only the arithmetic in columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_layer.readings.model import Ints, Kind, ReadingBatch, SeriesKey
from data_layer.readings.order import codes_of, packed
from data_layer.readings.tail import ranges
from data_layer.readings.view import View
from index.history import HALF_HOUR, interpolated


@dataclass(frozen=True, slots=True)
class HalfHours:
    """The half hours of some meters, one meter after the other, registers added up.

    `full` counts registers of which the half hour is wholly known; `reporting` is 1 where some
    part of it is known of any.
    """

    consumption: Ints
    estimated: Ints
    full: Ints
    reporting: Ints

    @classmethod
    def of(
        cls, view: View, keys: Sequence[SeriesKey], owner: Ints, low: Ints, high: Ints
    ) -> HalfHours:
        """Half hours number low[i] to high[i] - 1 of meter i; `owner` says whose each key is."""
        phase, meters, lengths = view.grid_phase, len(low), high - low
        low, high = low[owner], high[owner]
        found = view.gather(keys, low * HALF_HOUR + phase, high * HALF_HOUR + phase)
        edge = ranges(low, high + 1) * HALF_HOUR + phase
        code = np.repeat(np.arange(len(keys), dtype=np.int64), high + 1 - low)
        unrolled, known, exact = _at_edges(found, code, edge)
        # A series has one edge more than half hours; what lies between the last edge of one and
        # the first of the next is no half hour of either.
        steps = code[1:] == code[:-1]
        consumption = np.diff(unrolled)[steps]
        seconds = np.diff(known)[steps]
        full = seconds == HALF_HOUR
        measured = full & (exact[:-1] & exact[1:])[steps]
        columns = cls(
            consumption=consumption,
            estimated=np.where(measured, 0, consumption),
            full=full.astype(np.int64),
            reporting=(seconds > 0).astype(np.int64),
        )
        return columns if len(keys) == meters else columns._by_meter(owner, lengths)

    def _by_meter(self, owner: Ints, lengths: Ints) -> HalfHours:
        begin = np.cumsum(lengths) - lengths
        target = ranges(begin[owner], (begin + lengths)[owner])
        sums = HalfHours(*(np.zeros(int(lengths.sum()), dtype=np.int64) for _ in range(4)))
        np.add.at(sums.consumption, target, self.consumption)
        np.add.at(sums.estimated, target, self.estimated)
        np.add.at(sums.full, target, self.full)
        np.maximum.at(sums.reporting, target, self.reporting)
        return sums


def consumed(view: View, keys: Sequence[SeriesKey], start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Wh of each series over its own [start[i], end[i]), and how many seconds of it are known."""
    found = view.gather(keys, start, end)
    code = np.repeat(np.arange(len(keys), dtype=np.int64), 2)
    unrolled, known, _ = _at_edges(found, code, np.stack((start, end), axis=1).ravel())
    return unrolled[1::2] - unrolled[::2], known[1::2] - known[::2]


def _at_edges(found: ReadingBatch, code: Ints, edge: Ints) -> tuple[Ints, Ints, Ints]:
    """At each edge: unrolled register, seconds known before it, 1 where a reading stands there.

    Registers and seconds run on through all series; only differences inside one mean anything.
    """
    if not len(found):
        nothing = np.zeros(len(edge), dtype=np.int64)
        return nothing, nothing, nothing
    key = packed(found.series_code, found.read_at, found.kind)
    joined = np.zeros(len(key), dtype=np.bool_)
    joined[:-1] = (found.series_code[1:] == found.series_code[:-1]) & (found.kind[1:] == Kind.READ)
    total, seconds = _running(found.value_wh, joined), _running(found.read_at, joined)
    seat = np.searchsorted(key, packed(code, edge, Kind.INITIAL), side="right") - 1
    here = np.maximum(seat, 0)
    own = (seat >= 0) & (codes_of(key[here]) == code)
    exact = own & (found.read_at[here] == edge)
    unrolled, known = total[here], seconds[here]
    inside = np.flatnonzero(own & joined[here] & ~exact)
    a, b, at = here[inside], here[inside] + 1, edge[inside]
    unrolled[inside] = interpolated(total[a], total[b], found.read_at[a], found.read_at[b], at)
    known[inside] = seconds[a] + at - found.read_at[a]
    return unrolled, known, exact.astype(np.int64)


def _running(column: Ints, joined: npt.NDArray[np.bool_]) -> Ints:
    """Sums of the steps from row to row, leaving out those that join nothing."""
    steps = np.where(joined[:-1], np.diff(column), 0)
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(steps)))
