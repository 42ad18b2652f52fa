"""Interval data as running totals: exact, repeatable, in parts and in any order."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.readings.interval_runs import UNITS_PER_WH, Intake, IntervalBatch, to_readings
from data_layer.readings.intervals import Coverage
from data_layer.readings.model import Kind, Reading, ReadingBatch, SeriesKey, Verdict, join
from index.history import History

KEY = SeriesKey("M1")
NOTHING = ReadingBatch.of((), [], [], [])
T0 = 1_700_000_000 // 1800 * 1800
Interval = tuple[int, int, int]
"""Start and end in half hours after T0, energy in 1e-20 kWh."""


def batch_of(intervals: list[Interval]) -> IntervalBatch:
    return IntervalBatch(
        series=(KEY,),
        series_code=np.zeros(len(intervals), dtype=np.int64),
        start=np.array([T0 + 1800 * start for start, _, _ in intervals], dtype=np.int64),
        end=np.array([T0 + 1800 * end for _, end, _ in intervals], dtype=np.int64),
        energy=tuple(energy for _, _, energy in intervals),
        line=np.arange(2, len(intervals) + 2, dtype=np.int64),
    )


def import_all(files: list[list[Interval]]) -> tuple[ReadingBatch, list[Intake]]:
    """Import one file after the other; give all that is stored then."""
    stored, intakes = NOTHING, []
    for intervals in files:
        intake = to_readings(batch_of(intervals), stored)
        stored = join([stored, intake.readings])
        intakes.append(intake)
    return stored, intakes


def half_hours(*energies_wh: float, first: int = 0) -> list[Interval]:
    return [
        (first + n, first + n + 1, int(energy * 1000) * UNITS_PER_WH // 1000)
        for n, energy in enumerate(energies_wh)
    ]


def shown(batch: ReadingBatch) -> list[tuple[int, str, int | None]]:
    """Half hours after T0, kind and Wh, in order."""
    rows = sorted(batch.rows(), key=lambda row: (row.read_at, row.kind))
    return [((row.read_at - T0) // 1800, row.kind.name, row.value_wh) for row in rows]


def segments_total(batch: ReadingBatch) -> int:
    rows = sorted(batch.rows(), key=lambda row: (row.read_at, row.kind))
    total = 0
    for before, after in itertools.pairwise(rows):
        if after.kind is Kind.READ and after.value_wh is not None and before.value_wh is not None:
            assert after.value_wh >= before.value_wh
            total += after.value_wh - before.value_wh
    return total


def test_run_opens_a_segment_at_zero_and_a_gap_opens_another() -> None:
    stored, _ = import_all([half_hours(396, 172) + half_hours(166, first=4)])
    assert shown(stored) == [
        (0, "INITIAL", 0),
        (1, "READ", 396),
        (2, "READ", 568),
        (4, "INITIAL", 0),
        (5, "READ", 166),
    ]


def test_running_total_is_rounded_not_the_single_rows() -> None:
    stored, _ = import_all([half_hours(*[0.4] * 10)])
    assert [value for _, _, value in shown(stored)] == [0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4]


def test_run_that_continues_the_latest_reading_goes_on_with_its_register() -> None:
    stored, _ = import_all([half_hours(100, 200), half_hours(50, first=2)])
    assert shown(stored)[-1] == (3, "READ", 350)
    assert [kind for _, kind, _ in shown(stored)].count("INITIAL") == 1


def test_earlier_run_joined_on_later_keeps_both_segments() -> None:
    stored, _ = import_all([half_hours(50, first=2), half_hours(100, 200)])
    assert shown(stored) == [
        (0, "INITIAL", 0),
        (1, "READ", 100),
        (2, "READ", 300),
        (2, "INITIAL", 0),
        (3, "READ", 50),
    ]


def test_run_continues_a_plain_register_where_it_ends() -> None:
    register = ReadingBatch.from_readings([Reading("M1", "S", T0, 12_345_678)])
    intake = to_readings(batch_of(half_hours(10)), register)
    assert shown(intake.readings) == [(1, "READ", 12_345_688)]


def test_run_before_a_register_read_leaves_the_time_between_unknown() -> None:
    register = ReadingBatch.from_readings([Reading("M1", "S", T0 + 9000, 12_345_678)])
    intake = to_readings(batch_of(half_hours(10, 20)), register)
    stored = join([register, intake.readings])
    order = np.lexsort((stored.kind, stored.read_at))
    history = History(stored.read_at[order], stored.value_wh[order], stored.kind[order])
    assert intake.verdicts.tolist() == [Verdict.ACCEPTED] * 2
    assert segments_total(stored) == 30
    assert history.buckets([T0, T0 + 3600, T0 + 9000]).missing.tolist() == [0, 3]
    again = to_readings(batch_of(half_hours(10, 20)), stored)
    assert (again.verdicts == Verdict.DUPLICATE).all()
    assert len(again.readings) == 0


def test_interval_that_ends_at_the_first_read_is_refused_alone() -> None:
    register = ReadingBatch.from_readings([Reading("M1", "S", T0 + 3600, 500)])
    intake = to_readings(batch_of(half_hours(10, 20, 40)), register)
    assert intake.verdicts.tolist() == [Verdict.ACCEPTED, Verdict.CONFLICT, Verdict.ACCEPTED]
    assert intake.meeting == {1: (T0 + 3600, 500)}
    assert segments_total(join([register, intake.readings])) == 50


def test_interval_across_or_over_part_of_what_is_known_is_a_conflict() -> None:
    stored, _ = import_all([half_hours(100, 200, first=2)])
    wide = [(1, 3, UNITS_PER_WH), (3, 5, UNITS_PER_WH), (0, 9, UNITS_PER_WH)]
    assert to_readings(batch_of(wide), stored).verdicts.tolist() == [Verdict.CONFLICT] * 3


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [(0.0, Verdict.DUPLICATE), (0.999, Verdict.DUPLICATE), (1.0, Verdict.CONFLICT)],
)
def test_equal_interval_is_a_duplicate_another_a_conflict(difference, verdict) -> None:
    stored, _ = import_all([half_hours(100, 200)])
    again = to_readings(batch_of(half_hours(100 + difference, 200)), stored)
    assert again.verdicts.tolist() == [verdict, Verdict.DUPLICATE]
    assert len(again.readings) == 0


def test_same_half_hour_twice_in_one_file() -> None:
    intake = to_readings(batch_of([*half_hours(100), *half_hours(100), *half_hours(300)]), NOTHING)
    assert intake.verdicts.tolist() == [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.CONFLICT]


def test_run_that_fills_a_gap_ends_and_starts_beside_its_neighbors() -> None:
    stored, _ = import_all([half_hours(10), half_hours(30, first=2), half_hours(20, first=1)])
    assert shown(stored) == [
        (0, "INITIAL", 0),
        (1, "READ", 10),
        (1, "INITIAL", 0),
        (2, "READ", 20),
        (2, "INITIAL", 0),
        (3, "READ", 30),
    ]


def test_meters_of_one_file_are_kept_apart() -> None:
    both = IntervalBatch(
        series=(KEY, SeriesKey("M2")),
        series_code=np.array([1, 0, 1]),
        start=np.array([T0, T0, T0 + 1800]),
        end=np.array([T0, T0, T0 + 1800]) + 1800,
        energy=(UNITS_PER_WH, 5 * UNITS_PER_WH, UNITS_PER_WH),
        line=np.array([2, 3, 4]),
    )
    rows = to_readings(both, NOTHING).readings.rows()
    totals = {row.meter_id: row.value_wh for row in rows}
    assert totals == {"M1": 5, "M2": 2}


energies = st.integers(0, 3 * 10**20)
histories = st.lists(st.one_of(energies, st.none()), min_size=1, max_size=30)


def known(history: list[int | None]) -> list[Interval]:
    return [(n, n + 1, energy) for n, energy in enumerate(history) if energy is not None]


@given(histories)
def test_each_run_is_right_to_half_a_watt_hour(history: list[int | None]) -> None:
    intervals = known(history)
    stored, (intake, *_) = import_all([intervals])
    runs = int((stored.kind == Kind.INITIAL).sum())
    exact = Fraction(sum(energy for _, _, energy in intervals), UNITS_PER_WH)
    assert (intake.verdicts == Verdict.ACCEPTED).all()
    assert abs(segments_total(stored) - exact) <= Fraction(runs, 2)


@given(histories, st.data())
@settings(deadline=None)
def test_file_in_parts_in_any_order_and_again_changes_nothing(history, data) -> None:
    intervals = known(history)
    owner = data.draw(st.lists(st.integers(0, 2), min_size=len(intervals), max_size=len(intervals)))
    parts = [[i for i, part in zip(intervals, owner, strict=True) if part == n] for n in range(3)]
    stored, intakes = import_all(data.draw(st.permutations(parts)))
    assert all((intake.verdicts == Verdict.ACCEPTED).all() for intake in intakes)
    runs = int((stored.kind == Kind.INITIAL).sum()) + len(parts)
    exact = Fraction(sum(energy for _, _, energy in intervals), UNITS_PER_WH)
    assert abs(segments_total(stored) - exact) <= Fraction(runs, 2)
    keys = [(row.read_at, row.kind) for row in stored.rows()]
    assert len(keys) == len(set(keys))
    again = to_readings(batch_of(data.draw(st.permutations(intervals))), stored)
    assert (again.verdicts == Verdict.DUPLICATE).all()
    assert len(again.readings) == 0


@given(histories)
def test_missing_half_hours_are_those_between_first_and_last(history) -> None:
    intervals = known(history)
    coverage = Coverage()
    for interval in reversed(intervals):
        coverage.add(batch_of([interval]))
    places = [start for start, _, _ in intervals]
    expected = max(places) - min(places) + 1 - len(places) if places else 0
    assert coverage.missing_half_hours == expected
