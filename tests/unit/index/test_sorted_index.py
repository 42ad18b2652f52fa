"""The index against the oracle: after a build, and after any sequence of changed days."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.sorted_index import SortedIndex
from tests.unit.index.oracle import Home, change, place, random_home


def build(home: Home) -> SortedIndex:
    return SortedIndex.build(home.days(), home.places, grid_phase=home.phase)


def some_edges(home: Home, rng: random.Random) -> list[int]:
    """Edges on midnights, on the grid or anywhere; some outside what the index holds."""
    low, high = home.midnights[0] - 90_000, home.midnights[-1] + 90_000
    kind = rng.choice(["midnights", "grid", "half hours", "anywhere"])
    if kind == "midnights":
        return sorted(rng.sample(home.midnights, rng.randint(2, 8)))
    if kind == "half hours":
        start = rng.choice(home.midnights)
        return list(range(start, start + 1800 * rng.randint(2, 60), 1800))
    points = {rng.randrange(low, high) for _ in range(rng.randint(2, 6))}
    if kind == "grid":
        points = {(point - home.phase) // 1800 * 1800 + home.phase for point in points}
    if kind == "anywhere":
        points |= {t for rows in home.readings.values() for t, _ in list(rows)[:1]}
    return sorted(points) if len(points) > 1 else [low, high]


def assert_equal(index: SortedIndex, home: Home, rng: random.Random) -> None:
    """Every question the index answers, against the oracle."""
    living = home.keys()
    for key in living:
        row = index.row(key)
        assert row is not None
        series = home.series(key)
        edges = some_edges(home, rng)
        expected = [series.bucket(a, b) for a, b in pairwise(edges)]
        found = index.series(row, edges)
        assert list(zip(*found.table.tolist(), strict=True)) == expected
        times = edges + [time for time, _, _ in series.rows[::5]]
        for opening in (False, True):
            registers = index.register(row, times, opening=opening).tolist()
            assert registers == [series.register(t, opening=opening) for t in times]
        start, end = edges[0], edges[-1]
        assert index.known(row, start, end) == series.known(start, end)
        cut = index.history(row, start, end)
        rows = list(zip(cut.times.tolist(), cut.kinds.tolist(), cut.values.tolist(), strict=True))
        assert rows == series.cut_out(start, end)
        time, kind, value = series.rows[-1]
        assert index.latest(row) == (time, value, kind)
        assert index.place(row) == home.places.get(key)
    meters = {meter for meter, _ in living}
    for meter in meters:
        assert index.registers(meter) == tuple(r for m, r in living if m == meter)
    assert_groups_equal(index, home, rng)


def assert_groups_equal(index: SortedIndex, home: Home, rng: random.Random) -> None:
    living = home.keys()
    cells = sorted({p for key in living if (p := home.places.get(key)) is not None})
    assert index.cells == tuple(cells)
    assert index.meters_per_cell == {
        cell: len({m for m, r in living if home.places.get((m, r)) == cell}) for cell in cells
    }
    edges = some_edges(home, rng)
    asked = [*cells, ("nobody", "lives", "here")]
    rng.shuffle(asked)
    for cell in asked:
        expected = [home.cell(cell, a, b) for a, b in pairwise(edges)]
        found = index.group([cell]).totals(np.array(edges)).table
        assert list(zip(*found.tolist(), strict=True)) == expected
    expected_top = home.top(edges[0], edges[-1])
    for descending in (True, False):
        sign = -1 if descending else 1
        order = sorted(expected_top.items(), key=lambda item: (sign * item[1], item[0]))
        limit = rng.randint(1, 6)
        assert index.top(edges[0], edges[-1], limit, descending=descending) == order[:limit]


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_a_built_index_answers_like_the_oracle(seed: int) -> None:
    home = random_home(seed)
    index = build(home)
    index._check()
    assert_equal(index, home, random.Random(seed))


@given(st.integers(0, 10**9), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_after_any_changed_days_it_answers_like_the_oracle(seed: int, changes: int) -> None:
    home, rng = random_home(seed), random.Random(seed + 1)
    index = build(home)
    for _ in range(changes):
        touched = change(home, rng)
        for _ in range(rng.randint(0, 2)):
            touched |= change(home, rng)
        if rng.random() < 0.3:
            place(home, rng.choice(list(home.readings)), rng)
        index = index.updated([home.day(n) for n in touched], home.places)
        index._check()
        assert_equal(index, home, rng)


@given(st.integers(0, 10**9))
@settings(max_examples=20, deadline=None)
def test_an_older_version_keeps_its_answers(seed: int) -> None:
    home, rng = random_home(seed), random.Random(seed + 1)
    first = build(home)
    edges = some_edges(home, rng)
    before = [first.series(row, edges) for row in range(len(first.keys))]
    totals = first.group(first.cells).totals(np.array(edges)).table.tolist()
    later = first
    for _ in range(3):
        touched = change(home, rng)
        later = later.updated([home.day(n) for n in touched], home.places)
    again = [first.series(row, edges) for row in range(len(first.keys))]
    for one, other in zip(before, again, strict=True):
        assert one.table.tolist() == other.table.tolist()
    assert first.group(first.cells).totals(np.array(edges)).table.tolist() == totals
    first._check()


@given(st.integers(0, 10**9))
@settings(max_examples=20, deadline=None)
def test_moving_places_is_exact_at_once(seed: int) -> None:
    home, rng = random_home(seed), random.Random(seed)
    index = build(home)
    for _ in range(3):
        for key in home.readings:
            place(home, key, rng)
        index = index.with_places(home.places)
        index._check()
        assert_groups_equal(index, home, rng)


@given(st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_parts_add_up_to_the_whole(seed: int) -> None:
    """Half hours to days, days to the period, cells to all that count."""
    home = random_home(seed)
    index = build(home)
    for days in (home.midnights[:31], home.midnights[-20:]):
        fine = np.arange(days[0], days[-1] + 1, 1800)
        for row in range(len(index.keys)):
            whole, by_day = index.series(row, [days[0], days[-1]]), index.series(row, days)
            by_half_hour = index.series(row, fine)
            for n in range(3):
                sums = {int(found.table[n].sum()) for found in (whole, by_day, by_half_hour)}
                assert len(sums) == 1
        rows = [row for row in range(len(index.keys)) if index.place(row) is not None]
        totals = index.group(index.cells).totals(np.array(days)).table
        for n in range(3):
            nothing = np.zeros(len(days) - 1, int)
            own = sum((index.series(row, days).table[n] for row in rows), nothing)
            assert totals[n].tolist() == own.tolist()


def test_an_empty_index_answers_and_grows() -> None:
    empty = SortedIndex.build([], {})
    empty._check()
    assert empty.cells == ()
    assert empty.row(("a", "S")) is None
    assert empty.top(0, 86_400, 5) == []
    assert empty.group([("a", "b", "c")]).totals(np.array([0, 86_400])).missing.tolist() == [0]
    home = random_home(3)
    grown = empty.updated(home.days(), home.places)
    grown._check()
    assert_equal(grown, home, random.Random(3))
