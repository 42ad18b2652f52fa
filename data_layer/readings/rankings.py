"""Meters in order of consumption: the index's ranking, corrected by what the tails change."""

from __future__ import annotations

from collections import Counter

import numpy as np

from data_layer.readings.half_hours import consumed
from data_layer.readings.slot_delta import of_meters, reached, registers_of
from data_layer.readings.view import View
from data_layer.readings.who_reports import reports


def top(
    view: View, start: int, end: int, limit: int, *, descending: bool = True
) -> list[tuple[str, int]]:
    """(meter_id, Wh) over [start, end), equals by meter; who has nothing known is left out."""
    if not any(len(tail) for tail in view.tails):
        return view.index.top(start, end, limit, descending=descending)
    everybody = len(view.index.keys)
    sums = Counter(dict(view.index.top(start, end, everybody, descending=descending)))
    sums.update(_changes(view, start, end, sums))
    sign = -1 if descending else 1
    return sorted(sums.items(), key=lambda meter: (sign * meter[1], meter[0]))[:limit]


def _changes(view: View, start: int, end: int, indexed: Counter[str]) -> dict[str, int]:
    """Wh by which meters differ from the index; takes out of `indexed` who no longer reports."""
    words, places = view.words.series.words, view.places
    meters = of_meters(view, view.new_spans(), places)
    changes: Counter[str] = Counter()
    if not len(meters):
        return changes
    registers = {
        lead: places.counting(words[lead].meter_id) for lead in np.unique(meters.code).tolist()
    }
    reach = reached(view, meters, registers.__getitem__)
    reach = reach.take((reach.last > start) & (reach.first < end))
    indexed_only = view.without_tails()
    for part in reach.rounds():
        keys, owner = registers_of(part, registers.__getitem__)
        first = np.maximum(part.first, start)[owner]
        last = np.minimum(part.last, end)[owner]
        old, old_seconds = consumed(indexed_only, keys, first, last)
        new, seconds = consumed(view, keys, first, last)
        for key, wh, known in zip(keys, (new - old).tolist(), seconds.tolist(), strict=True):
            if known or key.meter_id in indexed:
                changes[key.meter_id] += wh
        for place in np.flatnonzero(seconds < old_seconds).tolist():
            _forget_if_unknown(view, keys[place].meter_id, start, end, indexed, changes)
    return changes


def _forget_if_unknown(
    view: View, meter_id: str, start: int, end: int, indexed: Counter[str], changes: Counter[str]
) -> None:
    """Withdrawn readings may leave nothing known of a meter."""
    if not reports(view, meter_id, start, end):
        indexed.pop(meter_id, None)
        changes.pop(meter_id, None)
