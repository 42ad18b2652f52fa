"""How many meters report in a bucket, where readings in the tails change the answer.

A meter reports in a bucket when some part of it is known; over many half hours that cannot be
added up, so meters are looked at one by one, but only those whose tails reach into the bucket.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_layer.readings.model import Buckets, GroupPath, Ints
from data_layer.readings.slot_delta import NO_ROW, SEVERAL, SlotDelta, Stretches, of_meters
from data_layer.readings.tail import ranges
from data_layer.readings.view import View
from index.history import slots_at_or_after
from index.segments import packed

_BUCKET_BITS = 32
_BUCKET_MASK = (1 << _BUCKET_BITS) - 1


@dataclass(frozen=True, slots=True)
class Pairs:
    """Meters and buckets, packed, sorted, none twice; and what is known of each meter."""

    key: Ints
    cell: Ints
    row: Ints

    @classmethod
    def of(cls, stretches: Stretches, slots: Ints) -> Pairs:
        """Every bucket that a stretch reaches into."""
        buckets = len(slots) - 1
        first = np.searchsorted(slots, stretches.low, side="right") - 1
        stop = np.searchsorted(slots, stretches.high, side="left")
        first, stop = np.clip(first, 0, buckets), np.clip(stop, 0, buckets)
        stop = np.maximum(first, stop)
        lead = np.repeat(stretches.lead, stop - first)
        key, seat = np.unique((lead << _BUCKET_BITS) + ranges(first, stop), return_index=True)
        cell = np.repeat(stretches.cell, stop - first)[seat]
        return cls(key, cell, np.repeat(stretches.row, stop - first)[seat])

    @property
    def bucket(self) -> Ints:
        return self.key & _BUCKET_MASK

    def take(self, chosen: npt.NDArray[np.bool_]) -> Pairs:
        return Pairs(self.key[chosen], self.cell[chosen], self.row[chosen])

    def periods(self, view: View, edges: Ints) -> Iterator[tuple[str, int, int]]:
        """Meter, start and end of each pair."""
        words = view.words.series.words
        for key in self.key.tolist():
            bucket = key & _BUCKET_MASK
            meter_id = words[key >> _BUCKET_BITS].meter_id
            yield meter_id, int(edges[bucket]), int(edges[bucket + 1])


def reports(view: View, meter_id: str, start: int, end: int) -> bool:
    """Whether some part of [start, end) is known of any register that counts for the meter."""
    edges = np.array([start, end], dtype=np.int64)
    return bool(view.series(view.places.counting(meter_id), edges).reporting.any())


def reporting_changes(view: View, delta: SlotDelta, edges: Ints) -> tuple[Ints, Ints, Ints]:
    """Cells, buckets and +1 or -1: a meter reports now that did not in the index, or reverse."""
    slots = slots_at_or_after(edges, view.grid_phase)
    became, ceased = Pairs.of(delta.became, slots), Pairs.of(delta.ceased, slots)
    became = became.take(~np.isin(became.key, ceased.key))
    single = became.row != SEVERAL
    already = np.zeros(len(became.key), dtype=np.bool_)
    already[single] = _reported_in_index(view, became.take(single), edges)
    indexed = view.without_tails()
    already[~single] = [reports(indexed, *p) for p in became.take(~single).periods(view, edges)]
    lost = [reports(view, *p) - reports(indexed, *p) for p in ceased.periods(view, edges)]
    return (
        np.concatenate((became.cell, ceased.cell)),
        np.concatenate((became.bucket, ceased.bucket)),
        np.concatenate(((~already).astype(np.int64), np.array(lost, dtype=np.int64))),
    )


def totals_off_the_grid(
    view: View, groups: Sequence[Collection[GroupPath]], sums: Buckets
) -> Buckets:
    """Add to the index's totals what the tails change, meter by meter, at any edges."""
    edges = sums.edges
    start, end = int(edges[0]), int(edges[-1])
    words = view.words.series.words
    leads = np.unique(of_meters(view, view.new_spans(), view.places).code).tolist()
    for meter_id in {words[lead].meter_id for lead in leads}:
        path = view.places.path(meter_id)
        rows = [n for n, paths in enumerate(groups) if path in paths]
        if not rows:
            continue
        reported = np.zeros((2, len(edges) - 1), dtype=np.int64)
        for key in view.places.counting(meter_id):
            for sign, one in ((-1, view.without_tails()), (1, view)):
                if one.present([key])[0]:
                    own = one.history(key, start, end).buckets(edges, view.grid_phase)
                    sums.consumption_wh[rows] += sign * own.consumption
                    sums.estimated_wh[rows] += sign * own.estimated
                    sums.missing_half_hours[rows] += sign * own.missing
                    reported[(sign + 1) // 2] |= own.reporting
        sums.reporting[rows] += reported[1] - reported[0]
    return sums


def _reported_in_index(view: View, pairs: Pairs, edges: Ints) -> npt.NDArray[np.bool_]:
    """Whether the index knows some part of each pair's bucket; for meters with one row."""
    known = view.index.leaves.segments.intervals
    if not len(known.rows):
        return np.zeros(len(pairs.key), dtype=np.bool_)
    begins, ends = edges[pairs.bucket], edges[pairs.bucket + 1]
    starts = packed(known.rows, known.starts)
    # The last stretch that begins before the bucket ends is the last to end, too.
    seat = np.searchsorted(starts, packed(pairs.row, ends)) - 1
    here = np.maximum(seat, 0)
    found = (seat >= 0) & (known.rows[here] == pairs.row) & (known.ends[here] > begins)
    return np.asarray(found & (pairs.row != NO_ROW))
