"""The gap rule, checked against an oracle that looks at every second boundary one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.history import INITIAL, READ, History, whole_half_hours

MAXIMUM_WH = 999_999_999_999


def register_of(readings: list[tuple[int, int, int]], t: int) -> int | None:
    """The register by the book: exact fractions, one reading after the other."""
    for time, _, value in readings:
        if time == t:
            return value
    for (t0, _, v0), (t1, kind, v1) in pairwise(readings):
        if t0 < t < t1 and kind == READ:
            return floor(v0 + Fraction((v1 - v0) * (t - t0), t1 - t0))
    return None


def energy_of(readings: list[tuple[int, int, int]], a: int, b: int) -> int:
    """Consumption of [a, b): differences inside each pair of neighboring reads."""
    total = 0
    for (t0, _, v0), (t1, kind, v1) in pairwise(readings):
        low, high = max(a, t0), min(b, t1)
        if kind == READ and low < high:
            at = [floor(v0 + Fraction((v1 - v0) * (t - t0), t1 - t0)) for t in (low, high)]
            total += at[1] - at[0]
    return total


def known_seconds(readings: list[tuple[int, int, int]], a: int, b: int) -> int:
    return sum(
        max(0, min(b, t1) - max(a, t0))
        for (t0, _, _), (t1, kind, _) in pairwise(readings)
        if kind == READ
    )


def measures_of(
    readings: list[tuple[int, int, int]], a: int, b: int, phase: int
) -> tuple[int, int, int, int]:
    times = {time for time, _, _ in readings}
    estimated = missing = 0
    start = (a - phase) // 1800 * 1800 + phase
    for s in range(start, b, 1800):
        e = s + 1800
        full = known_seconds(readings, s, e) == 1800
        if not (full and s in times and e in times):
            estimated += energy_of(readings, max(a, s), min(b, e))
        if a <= s and not full:
            missing += 1
    return (
        energy_of(readings, a, b),
        estimated,
        missing,
        int(known_seconds(readings, a, b) > 0),
    )


@st.composite
def readings(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """(time, kind, value) in order: on and off the grid, gaps, segments, shared instants."""
    moment = draw(st.integers(-3, 3)) * 900
    result: list[tuple[int, int, int]] = []
    value = draw(st.integers(0, 5000))
    for _ in range(draw(st.integers(0, 12))):
        step = draw(st.sampled_from([1800, 1800, 1800, 3600, 5400, 900, 1, 777, 2700]))
        moment += step
        shape = draw(st.sampled_from(["read", "read", "read", "read", "initial", "both"]))
        if shape in ("read", "both"):
            value += draw(st.integers(0, 3000))
            result.append((moment, READ, value))
        if shape in ("initial", "both"):
            value = draw(st.integers(0, 5000))
            result.append((moment, INITIAL, value))
    return result


def history(rows: list[tuple[int, int, int]]) -> History:
    return History.of([r[0] for r in rows], [r[2] for r in rows], [r[1] for r in rows])


@given(
    readings(),
    st.lists(st.integers(-10, 40), min_size=2, max_size=8),
    st.sampled_from([0, 900]),
    st.sampled_from([1800, 900, 701]),
)
@settings(max_examples=400, deadline=None)
def test_buckets_equal_the_oracle(
    rows: list[tuple[int, int, int]], places: list[int], phase: int, step: int
) -> None:
    edges = sorted({place * step for place in places})
    found = history(rows).buckets(edges, phase)
    expected = [measures_of(rows, a, b, phase) for a, b in pairwise(edges)]
    assert list(zip(*found.table.tolist(), strict=True)) == expected


@given(readings(), st.lists(st.integers(-9000, 40_000), min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_register_equals_the_oracle(rows: list[tuple[int, int, int]], times: list[int]) -> None:
    times += [row[0] for row in rows]
    expected = [register_of(rows, t) for t in times]
    assert history(rows).register(times).tolist() == [-1 if v is None else v for v in expected]


@given(readings(), st.integers(-9000, 40_000), st.integers(0, 20_000))
@settings(max_examples=300, deadline=None)
def test_known_is_the_hull_of_what_the_register_knows(
    rows: list[tuple[int, int, int]], start: int, span: int
) -> None:
    end = start + span
    moments = {start, end} | {t for t, _, _ in rows if start <= t <= end}
    knowing = sorted(t for t in moments if register_of(rows, t) is not None)
    found = history(rows).known(start, end)
    assert found == ((knowing[0], knowing[-1]) if knowing else None)


@given(readings(), st.integers(0, 20), st.integers(1, 10))
@settings(max_examples=300, deadline=None)
def test_a_cut_out_answers_like_the_whole(
    rows: list[tuple[int, int, int]], first: int, count: int
) -> None:
    start, end = whole_half_hours(first * 1000, (first + count) * 1000)
    inside = [n for n, row in enumerate(rows) if start <= row[0] <= end]
    before = [n for n, row in enumerate(rows) if row[0] < start][-1:]
    after = [n for n, row in enumerate(rows) if row[0] > end][:1]
    cut = [rows[n] for n in before + inside + after]
    edges = [first * 1000, first * 1000 + 400, (first + count) * 1000]
    whole, part = history(rows).buckets(edges), history(cut).buckets(edges)
    assert whole.table.tolist() == part.table.tolist()


def test_an_initial_at_the_same_instant_leaves_no_gap() -> None:
    found = History.of([0, 1800, 1800, 3600], [100, 150, 7, 27], [READ, READ, INITIAL, READ])
    measures = found.buckets([0, 1800, 3600])
    assert measures.consumption.tolist() == [50, 20]
    assert measures.estimated.tolist() == [0, 0]
    assert measures.missing.tolist() == [0, 0]
    assert found.register([1800]).tolist() == [150]
    assert found.register([1800], opening=True).tolist() == [7]


def test_time_between_segments_is_missing_and_never_zero_usage() -> None:
    found = History.of([0, 1800, 5400, 7200], [100, 150, 7, 27], [READ, READ, INITIAL, READ])
    measures = found.buckets([0, 1800, 3600, 5400, 7200])
    assert measures.consumption.tolist() == [50, 0, 0, 20]
    assert measures.missing.tolist() == [0, 1, 1, 0]
    assert measures.reporting.tolist() == [1, 0, 0, 1]
    assert found.register([3600]).tolist() == [-1]


def test_an_empty_history_is_all_missing() -> None:
    nothing = History.of([], [])
    measures = nothing.buckets([0, 3600])
    assert measures.table.tolist() == [[0], [0], [2], [0]]
    assert nothing.known(0, 3600) is None
    assert nothing.register([0]).tolist() == [-1]


@pytest.mark.parametrize("years", [1, 50, 108])
def test_the_largest_step_over_the_longest_time_is_exact(years: int) -> None:
    span = years * 31_557_600 + 1
    found = History.of([0, span], [0, MAXIMUM_WH])
    at = [1, span // 3, span // 2, span - 1]
    assert found.register(at).tolist() == [MAXIMUM_WH * t // span for t in at]
    assert found.unrolled(np.array(at)).tolist() == found.register(at).tolist()
