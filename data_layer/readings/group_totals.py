"""Totals of groups: what the index has added up, plus what the tails change.

The difference the tails make (`slot_delta`) is brought up to date when somebody asks, by as much
as came in since somebody last did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from threading import Lock

import numpy as np

from data_layer.errors import BadInput
from data_layer.readings.model import Buckets, GroupPath, Ints
from data_layer.readings.slot_delta import SlotDelta, difference
from data_layer.readings.tail import Words
from data_layer.readings.view import View
from data_layer.readings.who_reports import reporting_changes, totals_off_the_grid
from index.history import HALF_HOUR, slots_at_or_after

Groups = Sequence[Collection[GroupPath]]
VALUES_AT_ONCE = 4_000_000
"""Groups times half hours looked at together where small groups are masked."""


class GroupTotals:
    """Answers for one store. Holds the newest view it was asked about and its difference."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cells: Words[GroupPath] = Words()
        self._view: View | None = None
        self._delta = SlotDelta.nothing()

    def totals(self, view: View, groups: Groups, edges: Ints, *, at_least: int = 0) -> Buckets:
        """One row a group, one column a bucket; see `ReadingStore.totals`.

        Raises BadInput when small groups are to be masked and an edge is not on the half hour.
        """
        on_the_grid = not ((edges - view.grid_phase) % HALF_HOUR).any()
        if at_least > 1:
            if not on_the_grid:
                raise BadInput("group totals are given for whole half hours.", field="from")
            return _Answer(*self._current(view)).masked(groups, edges, at_least)
        if not on_the_grid:
            return totals_off_the_grid(view, groups, index_totals(view, groups, edges))
        return _Answer(*self._current(view)).plain(groups, edges)

    def reporting_meters(self, view: View) -> Mapping[GroupPath, int]:
        """How many meters with any reading count in each place."""
        view, delta, cells = self._current(view)
        meters = Counter({GroupPath(*path): n for path, n in view.index.meters_per_cell.items()})
        meters.update({cells.words[cell]: change for cell, change in delta.meters.items()})
        return {path: count for path, count in meters.items() if count}

    def _current(self, view: View) -> tuple[View, SlotDelta, Words[GroupPath]]:
        """This view, or a newer one of the same index, and the difference its tails make."""
        with self._lock:
            known = self._view
            if known is None or known.index is not view.index or known.places is not view.places:
                self._cells = Words()
                known, self._delta = replace(view, tails=(), published=-1), SlotDelta.nothing()
            if view.published > known.published:
                # A view without tails has published nothing: all of them are news to it.
                news = view.new_spans() if known.published < 0 else view.news_since(known.published)
                change = difference(known, view, news, view.places, self._cells)
                self._delta = self._delta.plus(change)
                known = view
            self._view = known
            return known, self._delta, self._cells


def index_totals(view: View, groups: Groups, edges: Ints) -> Buckets:
    """What the index alone has of each group."""
    sums = Buckets(edges, *(np.zeros((len(groups), len(edges) - 1), np.int64) for _ in range(4)))
    wanted = sorted(set(view.index.cells).intersection(path for paths in groups for path in paths))
    place = {path: n for n, path in enumerate(wanted)}
    if not wanted:
        return sums
    found = view.index.totals(wanted, edges)
    for group, paths in enumerate(groups):
        rows = [place[path] for path in frozenset(paths) if path in place]
        sums.consumption_wh[group] = found.consumption[rows].sum(axis=0)
        sums.estimated_wh[group] = found.estimated[rows].sum(axis=0)
        sums.missing_half_hours[group] = found.missing[rows].sum(axis=0)
        sums.reporting[group] = found.reporting[rows].sum(axis=0)
    return sums


class _Answer:
    """Totals of one state."""

    def __init__(self, view: View, delta: SlotDelta, cells: Words[GroupPath]) -> None:
        self._view, self._delta, self._cells = view, delta, cells

    def plain(self, groups: Groups, edges: Ints) -> Buckets:
        """O(cells x buckets) and what the tails changed in them."""
        sums, delta = index_totals(self._view, groups, edges), self._delta
        slots = slots_at_or_after(edges, self._view.grid_phase)
        half_hourly = bool((np.diff(slots) == 1).all())
        for group, cells in enumerate(self._codes(groups)):
            for rows in delta.between(cells, int(slots[0]), int(slots[-1])):
                bucket = np.searchsorted(slots, delta.slot[rows], side="right") - 1
                np.add.at(sums.consumption_wh[group], bucket, delta.consumption[rows])
                np.add.at(sums.estimated_wh[group], bucket, delta.estimated[rows])
                np.subtract.at(sums.missing_half_hours[group], bucket, delta.full[rows])
                if half_hourly:
                    np.add.at(sums.reporting[group], bucket, delta.reporting[rows])
            appeared = sum(delta.series.get(cell, 0) for cell in cells.tolist())
            sums.missing_half_hours[group] += appeared * np.diff(slots)
        if not half_hourly:
            self._count_reporting(groups, edges, sums.reporting)
        return sums

    def masked(self, groups: Groups, edges: Ints, at_least: int) -> Buckets:
        """The same without half hours in which too few meters of a group report.

        What is estimated may be one meter's alone: a half hour is told as estimated whole, when
        most of it is, or not at all. A half hour that tells nothing misses every register, and
        at least `at_least`: what is missing does not say how many reported, or ever did.
        """
        sums = self.plain(groups, edges)
        fine_edges = np.arange(int(edges[0]), int(edges[-1]) + 1, HALF_HOUR, dtype=np.int64)
        starts = (edges[:-1] - edges[0]) // HALF_HOUR
        step = max(1, VALUES_AT_ONCE // len(fine_edges))
        series = self._series_counted(groups)
        for first in range(0, len(groups), step):
            part = slice(first, first + step)
            fine = self.plain(groups[part], fine_edges)
            few = (fine.reporting > 0) & (fine.reporting < at_least)
            silent = fine.reporting < at_least
            hidden = np.maximum(series[part, None], at_least) - fine.missing_half_hours

            def bucketed(values: Ints) -> Ints:
                return np.add.reduceat(values, starts, axis=1)

            sums.consumption_wh[part] -= bucketed(np.where(few, fine.consumption_wh, 0))
            mostly = ~few & (2 * fine.estimated_wh > fine.consumption_wh)
            sums.estimated_wh[part] = bucketed(np.where(mostly, fine.consumption_wh, 0))
            sums.missing_half_hours[part] += bucketed(np.where(silent, hidden, 0))
            shown = bucketed(np.where(few, 0, fine.reporting))
            sums.reporting[part] = np.where(shown > 0, sums.reporting[part], 0)
        return sums

    def _codes(self, groups: Groups) -> list[Ints]:
        """Codes of each group's places that the tails touch, sorted."""
        found = [{self._cells.find(GroupPath(*path)) for path in group} - {-1} for group in groups]
        return [np.array(sorted(codes), dtype=np.int64) for codes in found]

    def _count_reporting(self, groups: Groups, edges: Ints, reporting: Ints) -> None:
        """Count meters that report in a bucket thanks to the tails, or no longer do."""
        cells, buckets, changes = reporting_changes(self._view, self._delta, edges)
        touched, place = np.unique(cells, return_inverse=True)
        by_cell = np.zeros((len(touched), len(edges) - 1), dtype=np.int64)
        np.add.at(by_cell, (place, buckets), changes)
        for group, codes in enumerate(self._codes(groups)):
            reporting[group] += by_cell[np.isin(touched, codes)].sum(axis=0)

    def _series_counted(self, groups: Groups) -> Ints:
        """How many series count in each group."""
        index, series = self._view.index, Counter[tuple[str, str, str]]()
        alive = index.latest_of(np.arange(len(index.keys))).there
        for row in np.flatnonzero(alive).tolist():
            place = index.place(row)
            if place is not None:
                series[place] += 1
        for cell, change in self._delta.series.items():
            series[self._cells.words[cell]] += change
        return np.array(
            [sum(series[path] for path in frozenset(paths)) for paths in groups], dtype=np.int64
        )
