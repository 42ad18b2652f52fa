"""Meterbook's side: a set's home opened as the product opens it, asked by its public calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import RowFilter, RowPage
from data_layer.readings.snapshots import Snapshots
from data_layer.storage.home import Home
from index.sorted_index import SortedIndex
from tests.benchmarks.data_set import DataSet, places_of
from tests.benchmarks.peer_tables import DAY, PeerTables
from tests.benchmarks.peers.peer import Rows, Use
from tests.benchmarks.questions import Question
from tests.benchmarks.timing import Asked

NAME = "Meterbook"


@contextmanager
def opened(target: DataSet) -> Iterator[LocalStore]:
    """The set's home, opened for writing, its meters placed. An index it lacks is built."""
    with Home.existing(target.home) as home:
        home.lock()
        with LocalStore.open(home) as store:
            store.place(places_of(target.size))
            yield store


def snapshot_stands(target: DataSet) -> None:
    """Builds the index where the home has no snapshot that can be used."""
    home = Home.existing(target.home)
    if Snapshots(home.snapshot, home.zone).load() is None:
        with opened(target) as store:
            store.seal(rebuild=True)


class Meterbook:
    """A home with a snapshot, open for reading."""

    def __init__(self, tables: PeerTables) -> None:
        self._tables = tables
        self._home = Home.existing(tables.target.home)
        found = Snapshots(self._home.snapshot, self._home.zone).load()
        assert found is not None
        self.index: SortedIndex = found.index
        self._store = LocalStore.open(self._home, writable=False)
        rows = [self.index.row((meter_id, "S")) for meter_id in tables.meters]
        self._rows = [row for row in rows if row is not None]
        self._number = {meter_id: number for number, meter_id in enumerate(tables.meters)}
        paths = set(places_of(tables.target.size).values())
        self._groups = [
            self.index.group([path for path in paths if path.region == region])
            for region in tables.regions
        ]

    def close(self) -> None:
        self._store.close()
        self._home.close()

    def asked(self, question: Question) -> list[Asked]:
        """The calls that answer a question; several where each region is an object of its own."""
        match question.asks:
            case "usage" | "half_hours":
                call = getattr(self.index, question.asks)
                return [Asked(call, [(self._rows[m], a, b) for m, a, b in question.arguments])]
            case "totals":
                return [
                    Asked(
                        self._groups[region].totals,
                        [(self._tables.target.zone.boundaries(start, end, unit),)],
                    )
                    for region, start, end, unit in question.arguments
                ]
            case "top":
                return [Asked(self.index.top, list(question.arguments))]
            case _:
                wanted = [(row_filter(*arguments),) for arguments in question.arguments]
                return [Asked(self._store.rows, wanted)]

    def answer(self, question: Question, *arguments: Any) -> object:
        """One answer in the form in which peers give theirs."""
        one = self.asked(question.with_arguments([arguments]))[0]
        found: Any = one.call(*one.arguments[0])
        match question.asks:
            case "usage":
                return found.consumption
            case "half_hours":
                return Use(found.consumption, np.where(found.estimated, found.consumption, 0))
            case "totals":
                return Use(found.consumption, found.estimated)
            case "top":
                return [(self._number[meter_id], wh) for meter_id, wh in found]
            case _:
                return self._as_rows(found)

    def _as_rows(self, page: RowPage) -> Rows:
        batch = page.batch
        number = np.array([self._number[key.meter_id] for key in batch.series] or [0])
        columns = number[batch.series_code], batch.read_at, batch.value_wh
        return Rows(page.total, list(zip(*(c.tolist() for c in columns), strict=True)))


def row_filter(day: int, contains: str, limit: int) -> RowFilter:
    """Q5 in the words of the admin's grid."""
    return RowFilter(
        meter_contains=contains,
        start=day,
        end=day + DAY,
        sort_by="value_wh",
        descending=True,
        limit=limit,
    )
