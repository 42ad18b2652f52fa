"""The picture of a tariff's day is what the engine prices, for every month and weekday."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import numpy as np

from data_layer.clock import HomeZone
from data_layer.tariffs.day_shapes import day_shapes
from data_layer.tariffs.half_hours import HalfHours
from data_layer.tariffs.model import RateBand, TimeOfUse
from data_layer.tariffs.pieces import cut

ZONE = HomeZone("Asia/Singapore")
OTHERWISE = RateBand("Day", Decimal("0.3"))
NIGHT = RateBand("Night", Decimal("0.1"), 22 * 60, 6 * 60)


def test_a_tariff_without_weekdays_and_months_has_one_shape() -> None:
    (shape,) = day_shapes(TimeOfUse((NIGHT,), OTHERWISE))
    assert (len(shape.months), len(shape.weekdays)) == (12, 7)
    assert shape.slots == (0,) * 12 + (1,) * 32 + (0,) * 4


def test_weekdays_and_months_that_look_alike_are_told_together() -> None:
    peak = RateBand(
        "Peak", Decimal("0.5"), 17 * 60, 19 * 60, frozenset(range(5)), frozenset({1, 2, 12})
    )
    shapes = day_shapes(TimeOfUse((peak, NIGHT), OTHERWISE))
    assert [(sorted(one.months), sorted(one.weekdays)) for one in shapes] == [
        ([1, 2, 12], [0, 1, 2, 3, 4]),
        ([1, 2, 12], [5, 6]),
        ([3, 4, 5, 6, 7, 8, 9, 10, 11], [0, 1, 2, 3, 4, 5, 6]),
    ]


def test_every_half_hour_of_a_year_has_the_band_that_the_engine_prices_it_with() -> None:
    random = Random(531)
    for _ in range(20):
        bands = tuple(
            RateBand(
                f"Band {number}",
                Decimal(number),
                random.randrange(48) * 30,
                random.randrange(49) * 30,
                frozenset(random.sample(range(7), random.randint(1, 7))),
                frozenset(random.sample(range(1, 13), random.randint(1, 12))),
            )
            for number in range(random.randint(1, 4))
        )
        energy = TimeOfUse(bands, RateBand("Otherwise", Decimal(99)))
        shape_of = {
            (month, weekday): shape.slots
            for shape in day_shapes(energy)
            for month in shape.months
            for weekday in shape.weekdays
        }
        assert len(shape_of) == 12 * 7
        for place in range(0, 365, 5):
            day = date(2026, 1, 1) + timedelta(days=place)
            half_hours = HalfHours.of(ZONE, day, np.ones(48, dtype=np.int64), days=1)
            pieces = cut(half_hours, energy, None, share_of_month=(1, 1), prices_of={})
            priced = [pieces.levels[level].label for level in pieces.level.tolist()]
            names = [band.name for band in (*bands, energy.otherwise)]
            assert [names[slot] for slot in shape_of[day.month, day.weekday()]] == priced
