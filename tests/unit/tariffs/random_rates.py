"""Rates and rate bands as chance has them."""

from __future__ import annotations

import random
from decimal import Decimal

from data_layer.tariffs.model import RateBand, TimeOfUse


def rate(chance: random.Random, *, negative: bool = False) -> Decimal:
    low = -20_000 if negative else 0
    return Decimal(chance.randint(low, 60_000)).scaleb(-chance.choice((3, 4, 5)))


def bands(chance: random.Random) -> TimeOfUse:
    """Up to three bands that may overlap, and one for the rest."""
    drawn = tuple(
        RateBand(
            f"band {number}",
            rate(chance),
            chance.randrange(48) * 30,
            chance.randrange(1, 49) * 30,
            frozenset(chance.sample(range(7), chance.randint(1, 7))),
            frozenset(chance.sample(range(1, 13), chance.randint(6, 12))),
        )
        for number in range(chance.randint(0, 3))
    )
    return TimeOfUse(drawn, RateBand("otherwise", rate(chance)))
