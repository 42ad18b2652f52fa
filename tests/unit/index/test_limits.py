"""The corners of the format: largest values, largest steps, far times, clock changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from index.columns import LONGEST_FILLED
from index.day_readings import DayReadings
from index.history import INITIAL, READ
from index.sorted_index import SortedIndex

MAXIMUM_WH = 999_999_999_999
DAY = 86_400
KEY = ("531-204-118", "S")
PATH = ("East", "Bedok", "3-room")


def day(start: int, rows: list[tuple[int, int, int]], end: int | None = None) -> DayReadings:
    """One series; rows are (seconds into the day, value, kind)."""
    return DayReadings(
        start // DAY,
        start,
        start + DAY if end is None else end,
        (KEY,),
        np.zeros(len(rows), np.int64),
        np.array([start + row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.uint8),
    )


@pytest.mark.parametrize("step", [0, 1, 2**31 - 2, 2**31 - 1, 2**31, 2**32, MAXIMUM_WH])
def test_a_step_of_any_size_is_kept_exactly(step: int) -> None:
    start = 20_000 * DAY
    rows = [(0, 0, READ), (1800, step, READ), (5400, MAXIMUM_WH, READ)]
    index = SortedIndex.build([day(start, rows)], {KEY: PATH})
    index._check()
    edges = [start, start + 1800, start + 3600, start + 5400]
    half = step + (MAXIMUM_WH - step) // 2
    found = index.series(0, edges)
    assert found.consumption.tolist() == [step, half - step, MAXIMUM_WH - half]
    assert found.estimated.tolist() == [0, half - step, MAXIMUM_WH - half]
    assert index.register(0, edges).tolist() == [0, step, half, MAXIMUM_WH]
    totals = index.group([PATH]).totals(np.array(edges))
    assert totals.consumption.tolist() == found.consumption.tolist()


def test_many_segments_take_the_unrolled_register_past_any_reading() -> None:
    start = 20_000 * DAY
    rows = []
    for n in range(40):
        rows += [(n * 1800, 0, INITIAL), (n * 1800 + 900, MAXIMUM_WH, READ)]
    index = SortedIndex.build([day(start, rows)], {KEY: PATH})
    index._check()
    assert index.series(0, [start, start + DAY]).consumption.tolist() == [40 * MAXIMUM_WH]
    assert index.top(start, start + DAY, 3) == [(KEY[0], 40 * MAXIMUM_WH)]


@pytest.mark.parametrize("silent", [1, LONGEST_FILLED, LONGEST_FILLED + 1, 12_000])
def test_a_long_silence_is_exact_and_costs_no_calendar(silent: int) -> None:
    start = 8_000 * DAY
    later = start + (silent + 1) * DAY
    days = [day(start, [(0, 100, READ)]), day(later, [(0, 900_100, READ)])]
    index = SortedIndex.build(days, {KEY: PATH})
    index._check()
    assert len(index.leaves.blocks) <= LONGEST_FILLED + 2
    span = later - start
    edges = [start, start + span // 3 // 1800 * 1800, start + span // 2 // 1800 * 1800, later]
    expected = [900_000 * (t - start) // span for t in edges]
    for found in (index.series(0, edges), index.group([PATH]).totals(np.array(edges))):
        assert found.consumption.tolist() == np.diff(expected).tolist()
        assert found.estimated.tolist() == np.diff(expected).tolist()
        assert found.missing.tolist() == [0, 0, 0]
    middle = start + (silent // 2 + 1) * DAY
    filled = index.updated([day(middle, [(600, 450_000, READ)])], {KEY: PATH})
    filled._check()
    assert len(filled.leaves.blocks) <= 2 * LONGEST_FILLED + 3
    assert filled.register(0, [middle + 600]).tolist() == [450_000]


@pytest.mark.parametrize("zone", ["Europe/London", "America/St_Johns", "Asia/Kathmandu"])
def test_days_of_any_clock_add_up(zone: str) -> None:
    """A year of local days, with 46 and 50 half hours where the clock changes."""
    local = ZoneInfo(zone)
    first = datetime(2025, 1, 1, tzinfo=local)
    midnights = [int((first + timedelta(days=n)).replace(hour=0).timestamp()) for n in range(366)]
    days, value = [], 0
    for start, end in pairwise(midnights):
        count = (end - start) // 1800
        rows = [(n * 1800, value + 7 * n, READ) for n in range(count)]
        value += 7 * count
        days.append(day(start, rows, end))
    index = SortedIndex.build(days, {KEY: PATH}, grid_phase=midnights[0] % 1800)
    index._check()
    per_day = index.series(0, midnights)
    half_hours = [(end - start) // 1800 for start, end in pairwise(midnights)]
    expected = [7 * count for count in half_hours]
    expected[-1] -= 7
    assert per_day.consumption.tolist() == expected
    assert per_day.estimated.sum() == 0
    assert per_day.missing.tolist() == [0] * 364 + [1]
    assert index.group([PATH]).totals(np.array(midnights)).consumption.tolist() == expected
    year = index.series(0, [midnights[0], midnights[-1]])
    assert year.consumption[0] == per_day.consumption.sum()


def test_a_nightly_day_shares_everything_before_it() -> None:
    start = 20_000 * DAY
    days = [day(start + n * DAY, [(s * 1800, 48 * n + s, READ) for s in range(48)])
            for n in range(5)]  # fmt: skip
    index = SortedIndex.build(days[:4], {KEY: PATH})
    later = index.updated(days[4:], {KEY: PATH})
    later._check()
    assert later.leaves.lines.words.given is index.leaves.lines.words.given
    assert later.series(0, [start, start + 5 * DAY]).consumption.tolist() == [239]
    assert index.series(0, [start, start + 5 * DAY]).consumption.tolist() == [191]


def test_an_unchanged_day_changes_nothing() -> None:
    start = 20_000 * DAY
    days = [day(start, [(s * 1800, s, READ) for s in range(48)])]
    index = SortedIndex.build(days, {KEY: PATH})
    again = index.updated(days, {KEY: PATH})
    assert again.leaves.lines is index.leaves.lines
    assert np.array_equal(again.leaves.base, index.leaves.base)


def test_a_register_placed_none_counts_in_nothing_and_an_absent_one_for_its_meter() -> None:
    rows = [(0, 0, READ), (1800, 10, READ)]
    start = 20_000 * DAY
    one = day(start, rows)
    for places, top in (({}, [(KEY[0], 10)]), ({KEY: None}, []), ({KEY: PATH}, [(KEY[0], 10)])):
        index = SortedIndex.build([one], places)
        assert index.top(start, start + DAY, 5) == top
        assert index.cells == tuple(path for path in places.values() if path is not None)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(0, 1, READ), (0, 2, READ)], "not in order"),
        ([(1800, 1, READ), (0, 2, READ)], "not in order"),
        ([(0, 1, INITIAL), (0, 2, READ)], "not in order"),
        ([(DAY, 1, READ)], "outside its day"),
        ([(-1, 1, READ)], "outside its day"),
    ],
)
def test_a_disordered_day_is_refused(rows: list[tuple[int, int, int]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        day(0, rows)


def test_a_day_given_twice_is_refused() -> None:
    one = day(0, [(0, 1, READ)])
    with pytest.raises(ValueError, match="two days"):
        SortedIndex.build([one, one], {})


def test_the_check_finds_a_changed_base() -> None:
    """The net under every other test must have no hole."""
    index = SortedIndex.build([day(0, [(0, 1, READ), (1800, 5, READ)])], {KEY: PATH})
    index.leaves.base.flags.writeable = True
    index.leaves.base[0, 0] += 1
    with pytest.raises(AssertionError):
        index._check()
