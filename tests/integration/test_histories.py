"""Whatever comes in, late, in parts, with gaps and exchanges: everything adds up, and the store on
files answers as the slow one does.

Random histories of three meters over days on which the clock changes, submitted in random order
and sealed now and then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.readings import group_queries, queries
from data_layer.readings.group_queries import TOTAL, GroupQuery, SplitBy
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import (
    Action,
    GroupPath,
    Kind,
    Reading,
    ReadingBatch,
    Receipt,
    Scope,
)
from data_layer.readings.operations import submit
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.storage.home import Home
from tests.unit.readings.slow_store import SlowStore

ZONE = HomeZone("Europe/London")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SUBMIT = Scope("admin", Action.SUBMIT_READINGS, meter_ids=None)
READ = Scope("admin", Action.READ_READINGS, meter_ids=None)
GROUPS = Scope("admin", Action.READ_GROUPS, meter_ids=None)
ANALYST = Scope("gov", Action.READ_GROUPS, meter_ids=None, at_least=2)
HOMES = {
    "M1": GroupPath("East", "Bedok", "flat"),
    "M2": GroupPath("East", "Changi", "flat"),
    "M3": GroupPath("West", "Clementi", "house"),
}
WINDOWS = {
    "spring": (ZONE.parse("2025-03-29T00:00:00"), ZONE.parse("2025-04-01T00:00:00")),
    "autumn": (ZONE.parse("2025-10-25T00:00:00"), ZONE.parse("2025-10-28T00:00:00")),
}


@dataclass(frozen=True)
class Rooms:
    """The same readings twice: in the store on files and in the slow one."""

    real: ReadingRoom
    slow: ReadingRoom

    def submit(self, readings: list[Reading]) -> None:
        """Both must judge alike."""
        batch = ReadingBatch.from_readings(readings)
        told: list[Receipt] = [
            submit(room, SUBMIT, batch, rules=ADMIN_MANUAL) for room in (self.real, self.slow)
        ]
        assert told[0] == told[1]


@contextmanager
def rooms(folder: Path) -> Iterator[Rooms]:
    with Home.open(folder, timezone=ZONE.name) as home:
        home.lock()
        with LocalStore.open(home, clock=lambda: NOW) as store:
            slow = SlowStore(ZONE.grid_phase)
            for each in (store, slow):
                each.place(dict(HOMES))

            def room_of(kept: LocalStore | SlowStore) -> ReadingRoom:
                return ReadingRoom(
                    store=kept,
                    zone=ZONE,
                    clock=lambda: NOW,
                    standing=lambda _: Standing.ACTIVE,
                    households=lambda: Counter(HOMES.values()),
                )

            yield Rooms(room_of(store), room_of(slow))


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[int, int], list[list[Reading]]]:
    """A window, and readings of it in the batches in which they come."""
    start, end = WINDOWS[draw(st.sampled_from(sorted(WINDOWS)))]
    readings: list[Reading] = []
    for meter in HOMES:
        step = draw(st.sampled_from([HALF_HOUR, HALF_HOUR, 600]))
        slots = draw(st.sets(st.integers(0, (end - start) // step), max_size=12))
        value = draw(st.integers(0, 10**6))
        for slot in sorted(slots):
            moment, value = start + slot * step, value + draw(st.integers(0, 5_000))
            readings.append(Reading(meter, "S", moment, value))
            if draw(st.integers(0, 5)) == 0:
                value = draw(st.integers(0, 100))
                readings.append(Reading(meter, "S", moment, value, kind=Kind.INITIAL))
    shuffled = draw(st.permutations(readings))
    cuts = sorted(draw(st.lists(st.integers(0, len(readings)), max_size=2)))
    edges = [0, *cuts, len(readings)]
    parts = [shuffled[low:high] for low, high in pairwise(edges)]
    return (start, end), [part for part in parts if part]


@given(histories(), st.lists(st.booleans(), min_size=3, max_size=3))
@settings(
    deadline=None,
    max_examples=25,
    derandomize=True,  # each takes a store on files: the same histories, everywhere
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_random_histories_add_up_and_match_the_slow_store(tmp_path_factory, history, seals) -> None:
    (start, end), batches = history
    with rooms(tmp_path_factory.mktemp("home")) as both:
        for batch, seal in zip(batches, seals, strict=False):
            both.submit(batch)
            if seal:
                both.real.store.seal()
        check_meters(both, start, end)
        check_groups(both, start, end)


def check_meters(both: Rooms, start: int, end: int) -> None:
    for meter in HOMES:
        asked = {"meter_id": meter, "start": start, "end": end}
        whole = queries.consumption(both.real, READ, **asked)
        assert whole == queries.consumption(both.slow, READ, **asked)
        for resolution in ("half_hour", "hour", "day", "month"):
            found = queries.series(both.real, READ, **asked, resolution=resolution)
            slow = queries.series(both.slow, READ, **asked, resolution=resolution)
            for name in ("edges", "consumption_wh", "estimated_wh", "missing_half_hours", "known"):
                assert getattr(found, name).tolist() == getattr(slow, name).tolist(), name
            assert found.consumption_wh.sum() == (whole.consumption_wh or 0)
            assert found.estimated_wh.sum() == whole.estimated_wh
        # Days add up to their months, and months to any span of them.
        months = {"meter_id": meter, "start": start - 60 * 86_400, "end": end + 60 * 86_400}
        days = queries.series(both.real, READ, **months, resolution="day")
        coarse = queries.series(both.real, READ, **months, resolution="month")
        added = np.add.reduceat(days.consumption_wh, np.searchsorted(days.edges, coarse.edges[:-1]))
        assert added.tolist() == coarse.consumption_wh.tolist()


def check_groups(both: Rooms, start: int, end: int) -> None:
    for scope in (GROUPS, ANALYST):
        for split_by in SplitBy:
            for resolution in ("half_hour", "day", TOTAL):
                query = GroupQuery(start, end, resolution=resolution, split_by=split_by)
                found = group_queries.totals(both.real, scope, query)
                slow = group_queries.totals(both.slow, scope, query)
                assert found.rows == slow.rows
                for name in ("consumption_wh", "estimated_wh", "missing_half_hours", "reporting"):
                    told = getattr(found.buckets, name).tolist(), getattr(slow.buckets, name)
                    assert told[0] == told[1].tolist(), (scope.actor, split_by, resolution, name)
    sums = {
        split_by: group_queries.totals(
            both.real, GROUPS, GroupQuery(start, end, resolution="day", split_by=split_by)
        ).buckets.consumption_wh.sum(axis=0)
        for split_by in SplitBy
    }
    for split_by, days in sums.items():
        assert days.tolist() == sums[SplitBy.NONE].tolist(), split_by


@pytest.mark.parametrize(("day", "half_hours"), [("2025-03-30", 46), ("2025-10-26", 50)])
def test_days_on_which_the_clock_changes_have_all_their_half_hours(
    tmp_path, day, half_hours
) -> None:
    start = ZONE.parse(f"{day}T00:00:00")
    steady = [Reading("M1", "S", start + n * HALF_HOUR, n * 100) for n in range(half_hours + 1)]
    with rooms(tmp_path) as both:
        both.submit(steady)
        both.real.store.seal()
        end = start + half_hours * HALF_HOUR
        table = queries.series(
            both.real, READ, meter_id="M1", start=start, end=end, resolution="half_hour"
        )
        assert table.consumption_wh.tolist() == [100] * half_hours
        assert table.estimated_wh.sum() == 0
        hours = queries.series(
            both.real, READ, meter_id="M1", start=start, end=end, resolution="hour"
        )
        assert hours.consumption_wh.tolist() == [200] * (half_hours // 2)
