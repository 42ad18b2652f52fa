"""Group totals: what adds up, what is withheld, and what an analyst may not ask."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Forbidden
from data_layer.readings import group_queries
from data_layer.readings.group_queries import GroupQuery, GroupTable
from data_layer.readings.model import Action, GroupPath, Ints, Reading, Scope
from data_layer.readings.room import ReadingRoom, Standing
from tests.unit.readings.slow_store import SlowStore

ZONE = HomeZone("Asia/Singapore")
DAY = 86_400
START = ZONE.parse("2026-03-01T00:00:00")
ADMIN = Scope("admin", Action.READ_GROUPS, meter_ids=None)
ANALYST = Scope("gov", Action.READ_GROUPS, meter_ids=None, at_least=3)

BEDOK_FLAT = GroupPath("East", "Bedok", "flat")
BEDOK_HOUSE = GroupPath("East", "Bedok", "house")
CHANGI_FLAT = GroupPath("East", "Changi", "flat")
CLEMENTI_FLAT = GroupPath("West", "Clementi", "flat")
CLEMENTI_HOUSE = GroupPath("West", "Clementi", "house")


def room_of(homes: dict[GroupPath, int], readings: list[Reading] | None = None) -> ReadingRoom:
    """Homes with a reading at midnight for five days; a home's daily use tells which it is."""
    paths = {
        f"M{n}": path
        for n, path in enumerate(p for p, count in homes.items() for _ in range(count))
    }
    rows = [
        Reading(name, "S", START + day * DAY, day * 10 ** int(name[1:]))
        for name in paths
        for day in range(5)
    ]
    store = SlowStore(ZONE.grid_phase, readings=rows if readings is None else readings)
    store.place(dict(paths))
    return ReadingRoom(
        store=store,
        zone=ZONE,
        clock=lambda: datetime(2026, 3, 10, tzinfo=UTC),
        standing=lambda _: Standing.ACTIVE,
        households=lambda: Counter(paths.values()),
    )


def ask(room: ReadingRoom, scope: Scope = ANALYST, **asked: object) -> GroupTable:
    query = replace(GroupQuery(START, START + 2 * DAY, resolution="total"), **asked)  # type: ignore[arg-type]
    return group_queries.totals(room, scope, query)


def used(table: GroupTable) -> dict[str, list[int]]:
    rows = table.buckets.consumption_wh.tolist()
    return {row.label: values for row, values in zip(table.rows, rows, strict=True)}


ROOM = room_of({BEDOK_FLAT: 3, BEDOK_HOUSE: 1, CHANGI_FLAT: 3, CLEMENTI_FLAT: 2, CLEMENTI_HOUSE: 1})


def test_total_of_everything_is_complete() -> None:
    table = ask(ROOM)
    assert used(table) == {"All": [2 * 1_111_111_111]}
    assert table.rows[0].households == 10
    assert (table.withheld_households, table.withheld_groups) == (0, 0)


def test_small_cell_takes_the_smallest_neighbor_along_and_is_not_shown() -> None:
    table = ask(ROOM, split_by="cell")
    assert used(table) == {"Changi, flat": [2 * 1_110_000]}
    assert table.withheld_households == 7
    assert table.withheld_groups == 4


def test_areas_and_regions_stay_complete_around_small_cells() -> None:
    areas = ask(ROOM, split_by="area")
    assert used(areas) == {
        "Bedok": [2 * 1_111],
        "Changi": [2 * 1_110_000],
        "Clementi": [2 * 111 * 10**7],
    }
    assert areas.withheld_households == 0
    regions = ask(ROOM, split_by="region")
    assert sum(sum(values) for values in used(regions).values()) == 2 * 1_111_111_111
    assert [(row.label, row.households) for row in regions.rows] == [("East", 7), ("West", 3)]


def test_row_says_how_many_households_it_leaves_out() -> None:
    table = ask(ROOM, split_by="dwelling_type")
    assert [(row.label, row.households, row.withheld_households) for row in table.rows] == [
        ("flat", 3, 5)
    ]
    assert table.withheld_groups == 1
    assert table.withheld_households == 7


def test_filters_name_regions_areas_and_types() -> None:
    assert ask(ROOM, regions=("West",)).rows[0].households == 3
    assert ask(ROOM, areas=("Bedok", "Changi")).rows[0].households == 7
    assert ask(ROOM, areas=("Changi",), dwelling_types=("flat",)).rows[0].households == 3
    nothing = ask(ROOM, areas=("Changi",), dwelling_types=("house",))
    assert nothing.rows == ()
    assert nothing.buckets.consumption_wh.shape == (0, 1)


def test_difference_of_two_answers_is_no_single_household() -> None:
    """East less Changi less the flats of Bedok would be the one house of Bedok."""
    east = ask(ROOM, regions=("East",)).rows[0].households
    changi = ask(ROOM, areas=("Changi",)).rows[0].households
    flats = ask(ROOM, areas=("Bedok",), dwelling_types=("flat",))
    assert flats.rows == ()
    assert east - changi == 4


def test_admin_sees_every_cell() -> None:
    table = ask(ROOM, ADMIN, split_by="cell")
    assert used(table)["Bedok, house"] == [2_000]
    assert len(table.rows) == 5
    assert table.withheld_households == 0


def test_half_hours_in_which_few_of_an_atom_report_are_masked_before_adding_up() -> None:
    """Bedok's flats: on the second day one of three reports; Changi's all do."""
    readings = [
        Reading(f"M{n}", "S", START + day * DAY, day * 48_000)
        for n, days in enumerate((3, 2, 2, 3, 3, 3))
        for day in range(days)
    ]
    room = room_of({BEDOK_FLAT: 3, CHANGI_FLAT: 3}, readings)
    whole = ask(room, split_by="none", resolution="day")
    areas = ask(room, split_by="area", resolution="day")
    assert used(areas) == {"Bedok": [144_000, 0], "Changi": [144_000, 144_000]}
    assert used(whole) == {"All": [288_000, 144_000]}
    assert areas.buckets.missing_half_hours.tolist() == [[0, 3 * 48], [0, 0]]
    assert used(ask(room, ADMIN, resolution="day")) == {"All": [288_000, 192_000]}


def test_home_given_up_stays_in_totals_but_never_alone() -> None:
    room = replace(ROOM, households=lambda: {BEDOK_FLAT: 3, CHANGI_FLAT: 3})
    assert used(ask(room))["All"] == [2 * 1_111_111_111]
    assert "Bedok, house" not in used(ask(room, split_by="cell"))
    assert "West" not in used(ask(room, split_by="region"))


def test_analyst_asks_in_whole_local_days() -> None:
    with pytest.raises(BadInput, match="is not local midnight"):
        ask(ROOM, start=START + 1800)
    with pytest.raises(BadInput, match="is not local midnight"):
        ask(ROOM, end=START + DAY + 3600)
    assert used(ask(ROOM, ADMIN, end=START + DAY // 2)) == {"All": [555_555_555]}


@pytest.mark.parametrize("action", [Action.READ_METER, Action.READ_READINGS, Action.OPERATE])
def test_no_other_scope_reads_groups(action: Action) -> None:
    with pytest.raises(Forbidden):
        ask(ROOM, replace(ANALYST, action=action))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"end": START}, "to"),
        ({"resolution": "minute"}, "resolution"),
        ({"split_by": "street"}, "split_by"),
    ],
)
def test_question_without_sense_is_refused(asked, field) -> None:
    with pytest.raises(BadInput) as refused:
        ask(ROOM, **asked)
    assert refused.value.field == field


def test_answer_too_wide_to_hold_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(group_queries, "MAXIMUM_VALUES", 100)
    with pytest.raises(BadInput, match="coarser resolution"):
        ask(ROOM, split_by="area", resolution="half_hour")


def test_place_without_words_is_named(monkeypatch) -> None:
    room = room_of({GroupPath("", "", ""): 3})
    assert [row.label for row in ask(room, split_by="area").rows] == ["not stated"]


homes = st.dictionaries(
    st.sampled_from([BEDOK_FLAT, BEDOK_HOUSE, CHANGI_FLAT, CLEMENTI_FLAT, CLEMENTI_HOUSE]),
    st.integers(1, 3),
    min_size=1,
)


@given(homes, st.data(), st.integers(0, 4))
@settings(deadline=None, max_examples=15)
def test_days_add_up_to_the_total_and_areas_to_regions_to_all(homes, data, at_least) -> None:
    count = sum(homes.values())
    present = data.draw(st.lists(st.booleans(), min_size=count * 5, max_size=count * 5))
    readings = [
        Reading(f"M{n // 5}", "S", START + n % 5 * DAY, (n % 5) * 7 ** (n // 5 % 9))
        for n, sent in enumerate(present)
        if sent
    ]
    room, scope = room_of(homes, readings), replace(ANALYST, at_least=at_least)

    def totals(split_by: str, resolution: str) -> Ints:
        return ask(room, scope, split_by=split_by, resolution=resolution).buckets.consumption_wh

    for split_by in ("none", "region", "area", "dwelling_type", "cell"):
        days, whole = totals(split_by, "day"), totals(split_by, "total")
        assert (days.sum(axis=1) == whole[:, 0]).all()
    every = int(totals("none", "total").sum())
    for split_by in ("region", "area", "cell"):
        table = ask(room, scope, split_by=split_by)
        if not table.withheld_households and not table.withheld_groups:
            assert int(np.sum(table.buckets.consumption_wh)) == every
        assert int(np.sum(table.buckets.consumption_wh)) <= every
