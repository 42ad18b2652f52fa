"""A row's usage and half hours, however its lines are stored, against the oracle."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from index.sorted_index import SortedIndex
from tests.unit.index.oracle import Home, change, random_home
from tests.unit.index.test_sorted_index import build, some_edges


def assert_rows_answer(index: SortedIndex, home: Home, rng: random.Random) -> None:
    for key in home.keys():  # noqa: SIM118  (not a mapping)
        row, series = index.row(key), home.series(key)
        assert row is not None
        edges = some_edges(home, rng)
        start, end = edges[0], edges[-1]
        assert index.usage(row, start, end) == series.bucket(start, end)[:3]
        found = index.half_hours(row, start, end)
        half_hours = list(series.half_hours(start, end))
        buckets = [series.bucket(s, s + 1800) for s in half_hours]
        assert found.consumption.tolist() == [bucket[0] for bucket in buckets]
        assert found.missing.tolist() == [bucket[2] > 0 for bucket in buckets]
        assert found.known.tolist() == [bucket[3] > 0 for bucket in buckets]
        assert found.estimated.tolist() == [
            bucket[3] > 0 and not series.measured(s)
            for s, bucket in zip(half_hours, buckets, strict=True)
        ]


@given(st.integers(0, 10**9))
@settings(max_examples=80, deadline=None)
def test_rows_answer_like_the_oracle(seed: int) -> None:
    home, rng = random_home(seed), random.Random(seed)
    index = build(home)
    assert_rows_answer(index, home, rng)
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        index = SortedIndex.load(Path(folder) / "index")
    assert_rows_answer(index, home, rng)
    index = index.updated([home.day(n) for n in change(home, rng)], home.places)
    assert_rows_answer(index, home, rng)
