"""Invented readings are the same whenever asked, never decrease, and look like homes."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta

import numpy as np
import pytest

from data_layer.clock import HomeZone
from data_layer.readings.load_shapes import MONTHLY_KWH
from data_layer.readings.model import Kind, ReadingBatch
from data_layer.readings.simulator import SimulatedMeter, Simulator, meter_ids

SINGAPORE = HomeZone("Asia/Singapore")
LONDON = HomeZone("Europe/London")
FIRST = date(2025, 1, 1)


def homes(count: int = 12) -> list[SimulatedMeter]:
    types = list(MONTHLY_KWH)
    return [SimulatedMeter(name, types[n % 6]) for n, name in enumerate(meter_ids(count))]


def simulated(zone: HomeZone = SINGAPORE, seed: int = 1) -> Simulator:
    return Simulator(homes(), zone, first_day=FIRST, seed=seed)


def by_meter(batch: ReadingBatch) -> list[ReadingBatch]:
    return [batch.take(batch.series_code == code) for code in range(len(batch.series))]


def test_meter_ids_are_different_and_of_their_form() -> None:
    names = meter_ids(5000)
    assert len(set(names)) == 5000
    assert all(re.fullmatch(r"531-\d{3}-\d{3}", name) for name in names)


def test_parts_of_a_span_in_any_order_are_the_span() -> None:
    start, end = SINGAPORE.day_start(FIRST), SINGAPORE.day_start(FIRST + timedelta(days=40))
    cuts = [start, start + 100_000, start + 1_234_567, end]
    whole = set(simulated().readings(start, end).rows())
    late_first = simulated()
    parts = [late_first.readings(a, b) for a, b in reversed([*itertools.pairwise(cuts)])]
    assert sum(len(part) for part in parts) == len(whole)
    assert {row for part in parts for row in part.rows()} == whole


def test_named_day_alone_is_that_day_of_a_long_span() -> None:
    day = date(2025, 6, 15)
    rows = simulated().readings(SINGAPORE.day_start(FIRST), SINGAPORE.day_start(date(2025, 7, 1)))
    start = SINGAPORE.day_start(day)
    of_day = rows.take((rows.read_at >= start) & (rows.read_at < start + 86_400))
    assert simulated().day(day).rows() == of_day.rows()
    assert len(of_day) == 48 * 12


def test_registers_never_decrease_and_stand_on_the_half_hour() -> None:
    batch = simulated().readings(SINGAPORE.day_start(FIRST), SINGAPORE.day_start(date(2025, 3, 1)))
    assert (batch.read_at % 1800 == 0).all()
    for rows in by_meter(batch):
        assert (np.diff(rows.read_at) == 1800).all()
        assert (np.diff(rows.value_wh) >= 0).all()


@pytest.mark.parametrize(("day", "count"), [(date(2025, 3, 30), 46), (date(2025, 10, 26), 50)])
def test_clock_change_days_have_their_half_hours(day: date, count: int) -> None:
    batch = simulated(LONDON).day(day)
    assert len(batch) == count * 12
    assert (np.diff(by_meter(batch)[0].read_at) == 1800).all()


def test_levels_are_those_of_the_statistics() -> None:
    many = Simulator(homes(600), SINGAPORE, first_day=FIRST)
    first = many.readings(SINGAPORE.day_start(FIRST), SINGAPORE.day_start(FIRST) + 1)
    after = SINGAPORE.day_start(date(2026, 1, 1))
    used = many.readings(after, after + 1).value_wh - first.value_wh
    for place, level in enumerate(MONTHLY_KWH.values()):
        assert used[place::6].mean() / 12_000 == pytest.approx(level, rel=0.2)


def test_evening_is_busier_than_the_small_hours() -> None:
    day = simulated().day(date(2025, 5, 7)).value_wh.reshape(12, 48)
    used = np.diff(day, axis=1).sum(axis=0)
    assert used[38:44].mean() > 1.3 * used[6:12].mean()


def test_other_seed_other_homes() -> None:
    assert simulated(seed=1).day(FIRST).rows() != simulated(seed=2).day(FIRST).rows()


def test_meter_with_gaps_misses_a_few_half_hours() -> None:
    meters = [SimulatedMeter("531-000-001", "3-room", has_gaps=True)]
    batch = Simulator(meters, SINGAPORE, first_day=FIRST).readings(
        SINGAPORE.day_start(FIRST), SINGAPORE.day_start(date(2025, 3, 1))
    )
    assert 0.98 < len(batch) / (59 * 48) < 1.0


def test_exchanged_meter_starts_again_at_zero_and_loses_nothing() -> None:
    exchanged = [
        SimulatedMeter("531-000-001", "3-room"),
        SimulatedMeter("531-000-002", "4-room", exchanged_on=date(2025, 1, 3)),
        SimulatedMeter("531-000-003", "4-room", exchanged_on=date(2025, 1, 4)),
    ]
    plain = [SimulatedMeter(meter.meter_id, meter.dwelling_type) for meter in exchanged]
    start, end = SINGAPORE.day_start(FIRST), SINGAPORE.day_start(date(2025, 1, 6))
    before = by_meter(Simulator(plain, SINGAPORE, first_day=FIRST).readings(start, end))
    after = by_meter(Simulator(exchanged, SINGAPORE, first_day=FIRST).readings(start, end))
    assert after[0].rows() == before[0].rows()
    for place in (1, 2):
        (opened,) = np.flatnonzero(after[place].kind == Kind.INITIAL).tolist()
        assert after[place].value_wh[opened] == 0
        assert after[place].read_at[opened - 1] == after[place].read_at[opened]
        steps = np.diff(after[place].value_wh)
        used = steps[after[place].kind[1:] == Kind.READ].sum()
        assert used == before[place].value_wh[-1] - before[place].value_wh[0]


def test_meter_exchanged_before_the_first_day_is_like_any_other() -> None:
    old = [SimulatedMeter("531-000-001", "3-room", exchanged_on=date(2024, 1, 3))]
    plain = [SimulatedMeter("531-000-001", "3-room")]
    assert (
        Simulator(old, SINGAPORE, first_day=FIRST).day(FIRST).rows()
        == Simulator(plain, SINGAPORE, first_day=FIRST).day(FIRST).rows()
    )
