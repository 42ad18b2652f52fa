"""Several cells asked together answer like the sum of what the oracle says of each."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.history import Measures
from index.sorted_index import SortedIndex
from tests.unit.index.oracle import Home, change, random_home
from tests.unit.index.test_sorted_index import build, some_edges


def assert_answers(index: SortedIndex, home: Home, rng: random.Random) -> None:
    living = home.keys()
    cells = sorted({p for key in living if (p := home.places.get(key)) is not None})
    chosen = rng.sample(cells, rng.randint(0, len(cells)))
    group = index.group([*chosen, ("nobody", "lives", "here")])
    edges = some_edges(home, rng)
    assert columns(group.totals(np.array(edges))) == expected(home, chosen, edges)
    start, step, count = rng.choice(edges), rng.choice([1800, 3600, 5000, 86_400]), 7
    regular = [start + step * n for n in range(count + 1)]
    assert columns(group.totals(np.array(regular))) == expected(home, chosen, regular)


def columns(found: Measures) -> list[tuple[int, ...]]:
    return list(zip(*found.table.tolist(), strict=True))


def expected(
    home: Home, cells: list[tuple[str, str, str]], edges: list[int]
) -> list[tuple[int, ...]]:
    return [
        tuple(sum(part) for part in zip(*(home.cell(cell, a, b) for cell in cells), strict=True))
        or (0, 0, 0, 0)
        for a, b in pairwise(edges)
    ]


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_a_group_answers_like_its_cells_added_up(seed: int) -> None:
    home, rng = random_home(seed), random.Random(seed)
    index = build(home)
    for _ in range(3):
        assert_answers(index, home, rng)


@given(st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_after_a_change_a_group_asked_before_answers_anew(seed: int) -> None:
    home, rng = random_home(seed), random.Random(seed)
    index = build(home)
    assert_answers(index, home, rng)
    index = index.updated([home.day(n) for n in change(home, rng)], home.places)
    assert_answers(index, home, rng)


def test_one_edge_has_no_bucket() -> None:
    index = build(random_home(1))
    assert index.group(index.cells).totals(np.array([0])).table.shape == (4, 0)


def test_no_edges_has_no_bucket() -> None:
    index = build(random_home(1))
    assert index.group(index.cells).totals(np.array([], dtype=np.int64)).table.shape == (4, 0)
