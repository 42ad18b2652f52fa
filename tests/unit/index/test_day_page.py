"""The readings of a day in any order, against a sorted list of what the oracle holds."""

from __future__ import annotations

import random
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.day_page import BY_METER, BY_TIME, BY_VALUE
from index.history import READ
from index.sorted_index import SortedIndex
from tests.unit.index.oracle import Home, change, random_home
from tests.unit.index.test_sorted_index import build

ORDERS = {
    BY_TIME: lambda r: (r[1], r[0], r[2]),
    BY_METER: lambda r: (r[0], r[1], r[2]),
    BY_VALUE: lambda r: (r[3], r[0], r[1], r[2]),
}


def runs_back(home: Home) -> bool:
    """Whether a register falls inside a segment, which the rules for readings never let happen."""
    return any(b < a for key in home.keys() for (_, _, a), (_, kind, b)  # noqa: SIM118
               in pairwise(home.series(key).rows) if kind == READ)  # fmt: skip


def assert_pages(index: SortedIndex, home: Home, rng: random.Random) -> None:
    """Rows are (key, time, kind, value)."""
    for _ in range(6 if home.keys() else 0):
        day = rng.randrange(len(home.midnights) - 1)
        start, end = home.midnights[day], home.midnights[day + 1]
        page = index.day_page(start, end)
        if (start - home.phase) % 1800:
            assert page is None
            continue
        assert page is not None
        keys = sorted(rng.sample(home.keys(), rng.randint(1, len(home.keys()))))
        rows = [index.row(key) for key in keys]
        expected = [
            (key, time, kind, value)
            for key in keys
            for time, kind, value in home.series(key).rows
            if start <= time < end
        ]
        chosen = np.array(rows, dtype=np.int64) if len(keys) < len(index.keys) else None
        assert page.total(chosen) == len(expected)
        for order, by in ORDERS.items():
            if order == BY_VALUE and runs_back(home):
                continue
            for descending in (False, True):
                offset, limit = rng.choice([0, 1, 7, 40]), rng.choice([1, 5, 100])
                found = page.page(chosen, order, offset, limit, descending=descending)
                told = zip(*(column.tolist() for column in found), strict=True)
                assert [(index.keys[row], t, k, v) for row, t, v, k in told] == sorted(
                    expected, key=by, reverse=descending
                )[offset : offset + limit]


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_any_stretch_of_any_order_is_a_piece_of_the_sorted_list(seed: int) -> None:
    home, rng = random_home(seed), random.Random(seed)
    index = build(home)
    assert_pages(index, home, rng)
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        index = SortedIndex.load(Path(folder) / "index")
    assert_pages(index, home, rng)
    index = index.updated([home.day(n) for n in change(home, rng)], home.places)
    assert_pages(index, home, rng)


def test_what_is_no_day_has_no_page() -> None:
    home = random_home(5)
    index, start = build(home), home.midnights[0]
    assert (start - home.phase) % 1800 == 0
    assert index.day_page(start + 1, start + 86_400) is None
    assert index.day_page(start, start) is None
    assert index.day_page(start, start + 65 * 1800) is None
