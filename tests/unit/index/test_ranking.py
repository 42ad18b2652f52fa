"""The meters that used most, among more than are looked at one by one."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from index.day_readings import DayReadings
from index.history import INITIAL, READ
from index.sorted_index import SortedIndex

DAY = 86_400
START = 20_000 * DAY


def index_of(used: dict[str, list[int]], *, late: set[str], broken: set[str]) -> SortedIndex:
    """Meters read each midnight; `late` begin a day later, `broken` have a second segment."""
    names = sorted(used)
    days = []
    for n in range(3):
        rows: list[tuple[int, int, int, int]] = []
        for code, name in enumerate(names):
            if n == 0 and name in late:
                continue
            rows.append((code, START + n * DAY, sum(used[name][:n]), READ))
            if n == 1 and name in broken:
                rows.append((code, START + n * DAY + 60, sum(used[name][:n]), INITIAL))
        code, times, values, kinds = (np.array(column) for column in zip(*rows, strict=True))
        series = tuple((name, "S") for name in names)
        start = START + n * DAY
        days.append(
            DayReadings(start // DAY, start, start + DAY, series, code, times, values, kinds)
        )
    places = {(name, "S"): ("East", "Bedok", "3-room") for name in names}
    return SortedIndex.build(days, places)


@pytest.mark.parametrize("spread", [3, 50, 10**9])
@pytest.mark.parametrize("limit", [1, 7, 20, 3000])
def test_the_first_of_three_thousand_are_those_of_a_sorted_list(spread: int, limit: int) -> None:
    """Many equal, some that begin late, some in two segments, and a last bunch that is short."""
    random = np.random.default_rng(spread + limit)
    used = {f"{n:05}": random.integers(0, spread, 2).tolist() for n in range(2999)}
    names = list(used)
    late = set(random.choice(names, 40, replace=False).tolist())
    broken = set(random.choice(names, 40, replace=False).tolist()) - late
    index = index_of(used, late=late, broken=broken)
    for first, last in ((0, 2), (0, 1), (1, 2)):
        known = {
            name: sum(amounts[max(first, 1 if name in late else 0) : last])
            for name, amounts in used.items()
            if not (name in late and last == 1)
        }
        for name in broken & known.keys() if last == 2 else ():
            # The first minute after the midnight between is in no segment.
            known[name] = used[name][1] + (used[name][0] if first == 0 else 0)
        for descending in (True, False):
            sign = -1 if descending else 1
            order = sorted(known.items(), key=lambda item: (sign * item[1], item[0]))
            found = index.top(START + first * DAY, START + last * DAY, limit, descending=descending)
            assert found == order[:limit]


def test_a_version_that_was_asked_for_usage_goes_with_its_last_reader() -> None:
    """Without waiting to be found as garbage: it may hold much memory and a mapped file."""
    index = index_of({"a": [1, 2], "b": [3, 4]}, late=set(), broken=set())
    assert index.usage(0, START, START + DAY).consumption == 1
    leaves = weakref.ref(index.leaves)
    gc.disable()
    try:
        del index
        assert leaves() is None
    finally:
        gc.enable()
