"""The tail: cheap to extend, never changing under a reader, complete whatever its runs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_layer.readings.model import Kind, Reading, ReadingBatch, SeriesKey
from data_layer.readings.order import EARLIEST, packed
from data_layer.readings.tail import FAN_OUT, Run, Tail, merged, ranges
from data_layer.readings.vocabulary import Vocabulary


def run_of(words: Vocabulary, *readings: Reading) -> Run:
    return Run.of(ReadingBatch.from_readings(readings), words)


def reading(meter: int, minute: int, value: int | None = 0, revision: int = 0) -> Reading:
    return Reading(
        f"m-{meter}", "S", EARLIEST + 60 * minute, value, revision=revision, source=f"file:{meter}"
    )


def test_run_gives_back_the_rows_sorted_by_key() -> None:
    words = Vocabulary()
    initial = Reading("m-1", "S", EARLIEST, 5, kind=Kind.INITIAL)
    rows = [initial, reading(1, 3), reading(1, 0), reading(0, 9)]
    found = run_of(words, *rows).batch(words).rows()
    assert found == [reading(1, 0), initial, reading(1, 3), reading(0, 9)]


def test_tail_a_reader_holds_does_not_change() -> None:
    words = Vocabulary()
    before = Tail().extended(run_of(words, reading(1, 1)))
    after = before.extended(run_of(words, reading(1, 2)))
    assert (len(before), len(after)) == (1, 2)


def test_runs_stay_few_however_readings_come() -> None:
    words = Vocabulary()
    tail = Tail()
    for minute in range(1000):
        tail = tail.extended(run_of(words, reading(minute % 7, minute, minute)))
    assert len(tail) == 1000
    assert len(tail.runs) <= 4 * FAN_OUT
    assert len(merged(tail.runs)) == 1000


def test_row_that_stands_in_two_runs_is_kept_once() -> None:
    words = Vocabulary()
    rows = run_of(words, reading(1, 1, 7), reading(1, 2, 8, revision=1))
    assert merged([rows, rows]).batch(words).rows() == rows.batch(words).rows()


def test_series_with_corrections_are_remembered() -> None:
    words = Vocabulary()
    tail = Tail().extended(run_of(words, reading(1, 1), reading(2, 1, None, revision=1)))
    assert [words.series.words[code].meter_id for code in tail.amended] == ["m-2"]


def test_ranges_lists_all_positions() -> None:
    low, high = np.array([3, 5, 9]), np.array([5, 5, 12])
    assert ranges(low, high).tolist() == [3, 4, 9, 10, 11]
    assert ranges(low[:0], high[:0]).tolist() == []


minutes = st.integers(0, 30)
meters = st.integers(0, 3)


@given(
    publishes=st.lists(st.sets(st.tuples(meters, minutes), min_size=1, max_size=6), max_size=20),
    asked=st.dictionaries(meters, st.tuples(minutes, minutes).map(sorted), min_size=1),
)
def test_between_finds_the_ranges_and_their_neighbors(
    publishes: list[set[tuple[int, int]]], asked: dict[int, list[int]]
) -> None:
    words = Vocabulary()
    for meter in range(4):
        words.series.code(SeriesKey(f"m-{meter}"))
    tail, everything = Tail(), set()
    for rows in publishes:
        fresh = rows - everything
        everything |= fresh
        if fresh:
            tail = tail.extended(run_of(words, *(reading(*row) for row in fresh)))
    codes = np.array(sorted(asked))
    low = packed(codes, [EARLIEST + 60 * asked[m][0] for m in codes], 0)
    high = packed(codes, [EARLIEST + 60 * asked[m][1] for m in codes], 1)
    inside = {row for row in everything if row[0] in asked and within(row[1], asked[row[0]])}
    found = rows_in(tail.between(low, high), words)
    assert found == inside
    nearest = set()
    for meter, (first, last) in asked.items():
        own = sorted(minute for m, minute in everything if m == meter)
        nearest |= {(meter, m) for m in [m for m in own if m < first][-1:]}
        nearest |= {(meter, m) for m in [m for m in own if m > last][:1]}
    assert rows_in(tail.between(low, high, wider=True), words) >= inside | nearest
    for meter in range(4):
        assert tail.touches(meter) == any(m == meter for m, _ in everything)


def within(minute: int, bounds: list[int]) -> bool:
    return bounds[0] <= minute <= bounds[1]


def rows_in(runs: list[Run], words: Vocabulary) -> set[tuple[int, int]]:
    rows = [row for run in runs for row in run.batch(words).rows()]
    assert len(rows) == len(set(rows))
    return {(int(row.meter_id[2:]), (row.read_at - EARLIEST) // 60) for row in rows}
