"""The tariffs of the demo's households: made up, one of each usual kind, in Singapore dollars."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from data_layer.tariffs.model import (
    FlatRate,
    RateBand,
    Slab,
    Slabs,
    StandingCharge,
    Subsidy,
    Tariff,
    TariffVersion,
    Tax,
    TimeOfUse,
)

SINCE = date(2020, 1, 1)
GST = Tax(Decimal("0.09"), "GST")

FLAT = Tariff(
    "EVERYDAY",
    "Everyday",
    "SGD",
    tuple(
        TariffVersion(day, FlatRate(Decimal(rate)), tax=GST)
        for day, rate in (
            (SINCE, "0.2994"),
            (date(2025, 10, 1), "0.2755"),
            (date(2026, 1, 1), "0.2810"),
            (date(2026, 4, 1), "0.2862"),
            (date(2026, 7, 1), "0.2914"),
        )
    ),
)
DAY_AND_NIGHT = Tariff(
    "DAY-NIGHT",
    "Day and night",
    "SGD",
    (
        TariffVersion(
            SINCE,
            TimeOfUse(
                (RateBand("Day, 07:00 to 23:00", Decimal("0.3089"), 7 * 60, 23 * 60),),
                RateBand("Night, 23:00 to 07:00", Decimal("0.2188")),
            ),
            standing=StandingCharge(per_day=Decimal("0.15")),
            tax=GST,
        ),
    ),
)
STEP_BY_STEP = Tariff(
    "STEPS",
    "Step by step",
    "SGD",
    (
        TariffVersion(
            SINCE,
            Slabs(
                (
                    Slab(Decimal("0.2390"), Decimal(200)),
                    Slab(Decimal("0.2980"), Decimal(450)),
                    Slab(Decimal("0.3540")),
                )
            ),
            subsidy=Subsidy(Decimal(60), Decimal("0.5")),
            tax=GST,
        ),
    ),
)
DEMO_TARIFFS = (DAY_AND_NIGHT, STEP_BY_STEP, FLAT)


def demo_tariff(place: int) -> str:
    """The tariff code of the household at this place among all: they take turns."""
    return DEMO_TARIFFS[place % len(DEMO_TARIFFS)].code
