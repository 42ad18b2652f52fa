"""How many meters report in a bucket, where readings in the tails change the answer.

A meter reports in a bucket when some part of it is known; over many half hours that cannot be
added up, so meters are looked at one by one, but only those whose tails reach into the bucket.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from data_layer.readings.model import Buckets, GroupPath, Ints, SeriesKey
from data_layer.readings.slot_delta import SlotDelta, Stretches, of_meters
from data_layer.readings.tail import ranges
from data_layer.readings.view import View
from index.history import History, slots_at_or_after

_BUCKET_BITS = 32
_BUCKET_MASK = (1 << _BUCKET_BITS) - 1
_NEVER = -(1 << 62)


def reporting_changes(view: View, delta: SlotDelta, edges: Ints) -> Iterator[tuple[str, int, int]]:
    """(meter, bucket, +1 or -1) where a meter reports now and did not in the index, or reverse."""
    slots = slots_at_or_after(edges, view.grid_phase)
    became, ceased = _pairs(delta.became, slots), _pairs(delta.ceased, slots)
    became = np.setdiff1d(became, ceased, assume_unique=True)
    earlier = _may_report_already(view, became, edges)
    words = view.words.series.words
    for pair, doubtful in zip(became.tolist(), earlier.tolist(), strict=True):
        meter_id, bucket = words[pair >> _BUCKET_BITS].meter_id, pair & _BUCKET_MASK
        period = (int(edges[bucket]), int(edges[bucket + 1]))
        if not (doubtful and _reported(view.without_tails(), meter_id, period)):
            yield meter_id, bucket, 1
    for pair in ceased.tolist():
        meter_id, bucket = words[pair >> _BUCKET_BITS].meter_id, pair & _BUCKET_MASK
        period = (int(edges[bucket]), int(edges[bucket + 1]))
        before, after = (_reported(v, meter_id, period) for v in (view.without_tails(), view))
        if before != after:
            yield meter_id, bucket, int(after) - int(before)


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
            histories = (_indexed(view, key, start, end), view.history(key, start, end))
            for sign, history in zip((-1, 1), histories, strict=True):
                present = view.index.row(key) is not None if sign < 0 else view.present([key])[0]
                if not present:
                    continue
                own = history.buckets(edges, view.grid_phase)
                sums.consumption_wh[rows] += sign * own.consumption
                sums.estimated_wh[rows] += sign * own.estimated
                sums.missing_half_hours[rows] += sign * own.missing
                reported[(sign + 1) // 2] |= own.reporting
        sums.reporting[rows] += reported[1] - reported[0]
    return sums


def _pairs(stretches: Stretches, slots: Ints) -> Ints:
    """(meter, bucket) packed, of every bucket that a stretch reaches into; sorted, unique."""
    buckets = len(slots) - 1
    first = np.searchsorted(slots, stretches.low, side="right") - 1
    stop = np.searchsorted(slots, stretches.high, side="left")
    first, stop = np.clip(first, 0, buckets), np.clip(stop, 0, buckets)
    stop = np.maximum(first, stop)
    lead = np.repeat(stretches.lead, stop - first)
    return np.unique((lead << _BUCKET_BITS) + ranges(first, stop))


def _may_report_already(
    view: View, pairs: Ints, edges: Ints
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Pairs whose bucket begins before the index's last reading of the meter."""
    leads, place = np.unique(pairs >> _BUCKET_BITS, return_inverse=True)
    words = view.words.series.words
    latest = np.full(len(leads), _NEVER, dtype=np.int64)
    for n, lead in enumerate(leads.tolist()):
        for key in view.places.counting(words[lead].meter_id):
            row = view.index.row(key)
            newest = None if row is None else view.index.latest(row)
            if newest is not None:
                latest[n] = max(latest[n], newest[0])
    begins: Ints = edges[pairs & _BUCKET_MASK]
    return begins < latest[place]


def _indexed(view: View, key: SeriesKey, start: int, end: int) -> History:
    row = view.index.row(key)
    return History.of([], []) if row is None else view.index.history(row, start, end)


def _reported(view: View, meter_id: str, period: tuple[int, int]) -> bool:
    """Whether some part of the period is known of any register that counts for the meter."""
    known = (view.known([key], *period) for key in view.places.counting(meter_id))
    return any(span is not None and span[1] > span[0] for span in known)
