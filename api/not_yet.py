"""Half hours of today that have not ended: nobody can have sent them, so they are not missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from api.group_view import GroupView
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings import group_queries
from data_layer.readings.group_queries import GroupRow
from data_layer.readings.model import GroupPath, Ints, Scope


@dataclass(frozen=True, slots=True)
class NotYet:
    """What the totals count as missing in half hours that end after now."""

    starts: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    missing: Mapping[GroupPath, Ints] = field(default_factory=dict)

    def within(self, group: GroupRow, start: int, end: int) -> int:
        """Half hours of the group's meters inside [start, end) that are still to come."""
        counted = self.missing.get(path_of(group))
        if counted is None:
            return 0
        return int(counted[(self.starts >= start) & (self.starts < end)].sum())


def path_of(group: GroupRow) -> GroupPath:
    return GroupPath(group.region, group.area, group.dwelling_type)


def not_yet(book: Book, scope: Scope, view: GroupView, split_by: str) -> NotYet:
    """What is still to come today in each group of the split; nothing when today is not shown."""
    now = epoch_of(book.clock())
    today = book.zone.day_of(now)
    if not view.first <= today <= view.last:
        return NotYet()
    wanted = view.on(today).query(book.zone, split_by=split_by, resolution="half_hour")
    table = group_queries.totals(book.readings, scope, wanted)
    to_come = table.buckets.edges[1:] > now
    return NotYet(
        starts=table.buckets.edges[:-1][to_come],
        missing={
            path_of(group): table.buckets.missing_half_hours[row][to_come]
            for row, group in enumerate(table.rows)
        },
    )
