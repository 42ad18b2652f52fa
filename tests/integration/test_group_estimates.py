"""What is estimated of a group never tells what one of its households used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_layer.accounts.model import Account, Role, Viewer
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings import group_queries, operations
from data_layer.readings.group_queries import GroupQuery
from data_layer.readings.model import Action, Buckets, ReadingBatch, SeriesKey
from data_layer.readings.rules import SIMULATOR

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
"""Midnight in Singapore."""
HOMES, HALF_HOURS = 6, 48
USED_WH = 1000
"""What each home uses in each half hour."""


def totals(home: Path, *, read_seldom: int, role: Role, resolution: str) -> Buckets:
    """A day of six homes; the first few were read at its two ends only."""
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        end = epoch_of(NOW)
        start = end - HALF_HOURS * 1800
        codes, times, values = [], [], []
        for n in range(HOMES):
            book.accounts.register(
                Account(f"531-{n}", "Owner", "1 Street", region="East", area="Bedok"), actor="cli"
            )
            for slot in range(0, HALF_HOURS + 1, HALF_HOURS if n < read_seldom else 1):
                codes.append(n)
                times.append(start + slot * 1800)
                values.append(slot * USED_WH)
        batch = ReadingBatch.of(
            [SeriesKey(f"531-{n}") for n in range(HOMES)], codes, times, values, source="simulator"
        )
        admin = Viewer(Role.ADMIN, "boss@example.org")
        submitting = book.authorize(admin, Action.SUBMIT_READINGS)
        assert operations.submit(book.readings, submitting, batch, rules=SIMULATOR).rejected == 0
        scope = book.authorize(Viewer(role, "someone@example.org"), Action.READ_GROUPS)
        query = GroupQuery(start=start, end=end, resolution=resolution)
        return group_queries.totals(book.readings, scope, query).buckets


@pytest.mark.parametrize("resolution", ["half_hour", "hour", "day", "total"])
@pytest.mark.parametrize(("read_seldom", "told"), [(0, 0), (1, 0), (3, 0), (5, HOMES), (6, HOMES)])
def test_an_analyst_learns_what_is_mostly_estimated(
    tmp_path: Path, resolution: str, read_seldom: int, told: int
) -> None:
    found = totals(tmp_path, read_seldom=read_seldom, role=Role.GOVERNMENT, resolution=resolution)

    assert found.consumption_wh.sum() == HOMES * HALF_HOURS * USED_WH
    assert found.estimated_wh.sum() == told * HALF_HOURS * USED_WH


def test_an_operator_learns_how_much_is_estimated(tmp_path: Path) -> None:
    found = totals(tmp_path, read_seldom=1, role=Role.ADMIN, resolution="day")

    assert found.estimated_wh.sum() == HALF_HOURS * USED_WH
