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
from data_layer.readings.masking import mask
from data_layer.readings.model import Buckets, GroupPath, Ints
from data_layer.readings.slot_delta import SlotDelta, difference
from data_layer.readings.view import View
from data_layer.readings.vocabulary import Words
from data_layer.readings.who_reports import reporting_changes, totals_off_the_grid
from index.history import HALF_HOUR, slots_at_or_after

Groups = Sequence[Collection[GroupPath]]


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
    columns = np.zeros((4, len(groups), max(0, len(edges) - 1)), dtype=np.int64)
    given = np.ascontiguousarray(edges)
    for group, paths in enumerate(groups):
        columns[:, group] = view.index.group(paths).totals(given).table
    return Buckets(edges, *columns)


class _Answer:
    """Totals of one state."""

    def __init__(self, view: View, delta: SlotDelta, cells: Words[GroupPath]) -> None:
        self._view, self._delta, self._cells = view, delta, cells

    def plain(self, groups: Groups, edges: Ints) -> Buckets:
        """O(cells x buckets) and what the tails changed in them."""
        sums, delta = index_totals(self._view, groups, edges), self._delta
        if delta.is_nothing:
            return sums
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
        starts = np.ascontiguousarray((edges - edges[0]) // HALF_HOUR)
        for group, series in enumerate(self._series_counted(groups)):
            fine = _one(self.plain(groups[group : group + 1], fine_edges), 0)
            told = _one(sums, group)
            mask(fine, starts, at_least, series, told)
            sums.consumption_wh[group], sums.estimated_wh[group] = told[0], told[1]
            sums.missing_half_hours[group], sums.reporting[group] = told[2], told[3]
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

    def _series_counted(self, groups: Groups) -> list[int]:
        """How many series count in each group."""
        series = Counter[tuple[str, str, str]](self._view.index.series_per_cell)
        for cell, change in self._delta.series.items():
            series[self._cells.words[cell]] += change
        return [sum(series[path] for path in frozenset(paths)) for paths in groups]


def _one(sums: Buckets, group: int) -> Ints:
    """One group's four columns in one array."""
    columns = (sums.consumption_wh, sums.estimated_wh, sums.missing_half_hours, sums.reporting)
    return np.array([column[group] for column in columns])
