"""The one written rule for gaps: what a series of readings says about the time between them.

A *history* is one register's effective readings in order of (time, kind). A reading of kind
INITIAL opens a segment, and so does the first reading, whatever its kind:

    value    o-----o                         o read      i initial
             |     '.known,  i----o----o     - known: interpolated in whole Wh
    ---------+------+--------+---------+-->  outside segments: unknown, never zero
             t0     t1       t2        t3    (before t0, between t1 and t2, after t3)

* Inside a segment the register is known everywhere: between two readings it is
  floor(v0 + (v1 - v0) * (t - t0) / (t1 - t0)).
* `U(t)`, the *unrolled* register, starts at the first reading's value, grows with the register
  inside segments, stands still where nothing is known and so continues through an INITIAL.
  Consumption of [a, b) is U(b) - U(a); any partition of a period therefore adds up exactly.
* A half hour of the home's grid is *measured* when a reading stands at both its ends and all of
  it is known; otherwise its known part is *estimated*. It is *missing* when any part is unknown.

Every other module of the index keeps results of this rule, or carries it out on many rows at a
time; the tests hold those against `History`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

HALF_HOUR = 1800
READ, INITIAL = 0, 1
UNKNOWN = -1
"""Stands in a column of register values where the register is unknown."""

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class Measures(NamedTuple):
    """Per bucket: Wh, Wh of it estimated, half hours missing, series (or meters) reporting.

    One array of int64, (4, buckets): a small answer is made in half the time of four.
    """

    table: Ints

    @property
    def consumption(self) -> Ints:
        column: Ints = self.table[0]
        return column

    @property
    def estimated(self) -> Ints:
        column: Ints = self.table[1]
        return column

    @property
    def missing(self) -> Ints:
        column: Ints = self.table[2]
        return column

    @property
    def reporting(self) -> Ints:
        column: Ints = self.table[3]
        return column


def interpolated(v0: Ints, v1: Ints, t0: Ints, t1: Ints, t: Ints) -> Ints:
    """floor(v0 + (v1 - v0) * (t - t0) / (t1 - t0)) for t0 <= t <= t1, t0 < t1, without overflow.

    The quotient is split off first; what remains stays below the square of a time span, which
    an unsigned 64-bit number holds for 136 years.
    """
    whole, rest = np.divmod(v1 - v0, t1 - t0)
    past, span = (t - t0).astype(np.uint64), (t1 - t0).astype(np.uint64)
    part = rest.astype(np.uint64) * past // span
    result: Ints = v0 + whole * (t - t0) + part.astype(np.int64)
    return result


def slots_at_or_after(times: npt.ArrayLike, grid_phase: int = 0) -> Ints:
    """Number of the first half-hour boundary at or after each time."""
    return -(-(np.asarray(times, dtype=np.int64) - grid_phase) // HALF_HOUR)


def whole_half_hours(start: int, end: int, grid_phase: int = 0) -> tuple[int, int]:
    """The smallest span of whole half hours around [start, end].

    `buckets` of a cut-out of a history is exact when the cut-out reaches this far.
    """
    low = (start - grid_phase) // HALF_HOUR * HALF_HOUR + grid_phase
    high = -(-(end - grid_phase) // HALF_HOUR) * HALF_HOUR + grid_phase
    return low, high


@dataclass(frozen=True, eq=False)
class History:
    """Effective readings of one series, sorted by (time, kind), no (time, kind) twice.

    A cut-out of a longer history (what lies in a period, plus the nearest reading on either
    side) gives the same answers inside that period, except for the anchor of `unrolled`.
    """

    times: Ints
    values: Ints
    kinds: Bytes

    @classmethod
    def of(
        cls, times: npt.ArrayLike, values: npt.ArrayLike, kinds: npt.ArrayLike | None = None
    ) -> History:
        """From plain columns; without kinds, all are reads."""
        column = np.asarray(times, dtype=np.int64)
        return cls(
            column,
            np.asarray(values, dtype=np.int64),
            np.zeros(len(column), np.uint8) if kinds is None else np.asarray(kinds, np.uint8),
        )

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def at_readings(self) -> Ints:
        """U at each reading."""
        steps = np.diff(self.values)
        steps[self.kinds[1:] == INITIAL] = 0
        return np.concatenate((self.values[:1], self.values[:1] + np.cumsum(steps)))

    @cached_property
    def intervals(self) -> tuple[Ints, Ints]:
        """Starts and ends of the known stretches; touching segments joined, points possible."""
        if not len(self):
            return self.times, self.times
        gap = (self.kinds[1:] == INITIAL) & (self.times[1:] > self.times[:-1])
        starts = np.concatenate((self.times[:1], self.times[1:][gap]))
        ends = np.concatenate((self.times[:-1][gap], self.times[-1:]))
        return starts, ends

    def unrolled(self, edges: npt.ArrayLike) -> Ints:
        """U at each time: Wh, flat where unknown. O(edges log readings).

        >>> History.of([0, 1800, 7200], [500, 600, 900]).unrolled([-60, 900, 3600, 9000]).tolist()
        [500, 550, 700, 900]
        """
        at = np.asarray(edges, dtype=np.int64)
        if not len(self):
            return np.zeros(at.shape, dtype=np.int64)
        total = self.at_readings
        last = len(self) - 1
        found = np.searchsorted(self.times, at, side="right") - 1
        result: Ints = total[np.maximum(found, 0)]
        inside = np.flatnonzero((found >= 0) & (found < last))
        before = found[inside]
        here = (self.kinds[before + 1] == READ) & (self.times[before] < at[inside])
        inside, before = inside[here], before[here]
        result[inside] = interpolated(
            total[before],
            total[before + 1],
            self.times[before],
            self.times[before + 1],
            at[inside],
        )
        return result

    def register(self, times: npt.ArrayLike, *, opening: bool = False) -> Ints:
        """The register at each time in Wh, UNKNOWN (-1) outside segments.

        Where a read and an initial share the instant, the read answers (it closes the old
        segment); with `opening`, the initial does.
        """
        at = np.asarray(times, dtype=np.int64)
        result = np.full(at.shape, UNKNOWN, dtype=np.int64)
        if not len(self):
            return result
        low = np.searchsorted(self.times, at, side="left")
        high = np.searchsorted(self.times, at, side="right") - 1
        exact = high >= low
        chosen = high if opening else low
        result[exact] = self.values[chosen[exact]]
        between = np.flatnonzero(~exact & (high >= 0) & (low < len(self)))
        between = between[self.kinds[low[between]] == READ]
        before, after = high[between], low[between]
        result[between] = interpolated(
            self.values[before],
            self.values[after],
            self.times[before],
            self.times[after],
            at[between],
        )
        return result

    def known(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last instant in the closed period at which the register is known."""
        starts, ends = self.intervals
        low = int(np.searchsorted(ends, start, side="left"))
        high = int(np.searchsorted(starts, end, side="right")) - 1
        if low > high:
            return None
        return max(start, int(starts[low])), min(end, int(ends[high]))

    def buckets(self, edges: npt.ArrayLike, grid_phase: int = 0) -> Measures:
        """Consumption between consecutive edges (ascending), and how good it is.

        A half hour's energy is split at an edge inside it; its being missing is counted once, in
        the bucket in which it starts. `reporting` is 1 where some part of the bucket is known.
        """
        at = np.asarray(edges, dtype=np.int64)
        total = self.unrolled(at)
        slots = slots_at_or_after(at, grid_phase)
        consumption = np.diff(total)
        estimated = np.diff(total - self._measured_until(at, total, grid_phase))
        missing = np.diff(slots) - np.diff(self._full_half_hours_before(slots, grid_phase))
        reporting = np.diff(self._known_seconds_until(at)) > 0
        return Measures(np.stack((consumption, estimated, missing, reporting.astype(np.int64))))

    def _known_seconds_until(self, at: Ints) -> Ints:
        starts, ends = self.intervals
        return covered(at, starts, ends)

    def _full_half_hours_before(self, slots: Ints, grid_phase: int) -> Ints:
        """How many wholly known half hours have a number below each of `slots`."""
        starts, ends = self.intervals
        first = slots_at_or_after(starts, grid_phase)
        stop = (ends - grid_phase) // HALF_HOUR
        return covered(slots, first, np.maximum(first, stop))

    def _measured_until(self, at: Ints, total: Ints, grid_phase: int) -> Ints:
        """Energy of measured half hours up to each time; one that is cut counts up to the cut."""
        grid = np.unique(self.times[(self.times - grid_phase) % HALF_HOUR == 0])
        opens = grid[:-1][np.diff(grid) == HALF_HOUR]
        known = self._known_seconds_until(opens + HALF_HOUR) - self._known_seconds_until(opens)
        opens = opens[known == HALF_HOUR]
        if not len(opens):
            return np.zeros_like(at)
        at_open = self.unrolled(opens)
        energy = self.unrolled(opens + HALF_HOUR) - at_open
        before = np.concatenate(([0], np.cumsum(energy)))
        found = np.searchsorted(opens, at, side="left") - 1
        inside = (found >= 0) & (at < opens[np.maximum(found, 0)] + HALF_HOUR)
        result: Ints = before[found + 1]
        result[inside] = before[found[inside]] + total[inside] - at_open[found[inside]]
        return result


def covered(at: Ints, starts: Ints, ends: Ints) -> Ints:
    """Length of the disjoint ascending intervals [starts, ends) that lies before each point."""
    if not len(starts):
        return np.zeros_like(at)
    before = np.concatenate(([0], np.cumsum(ends - starts)))
    found = np.searchsorted(starts, at, side="right") - 1
    place = np.maximum(found, 0)
    partial = np.clip(at - starts[place], 0, ends[place] - starts[place])
    result: Ints = np.where(found >= 0, before[place] + partial, 0)
    return result
