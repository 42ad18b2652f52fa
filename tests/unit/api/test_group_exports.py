"""What is divided and what it is divided by are the same households."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from api.group_exports import Figures, Totals
from api.not_yet import NotYet
from data_layer.readings.model import Scope
from tests.unit.readings.test_group_queries import ADMIN, ANALYST, BEDOK_FLAT, DAY, START, ask
from tests.unit.readings.test_group_queries import room_of as room_of_homes

OPEN, CLOSED = 3, 1


def figures(scope: Scope, *, closed: int) -> Figures:
    """Four homes in one place, of which some are given up since."""
    room = room_of_homes({BEDOK_FLAT: OPEN + CLOSED})
    room = replace(room, households=lambda: {BEDOK_FLAT: OPEN + CLOSED - closed})
    return Totals(ask(room, scope), NotYet(), START + 10 * DAY).figures(0, 0)


def test_closed_accounts_stay_in_the_average_as_in_the_total() -> None:
    every = figures(ADMIN, closed=0)

    assert every.kwh == Decimal("2.222")
    assert every.households == OPEN + CLOSED
    assert every.kwh_per_household == Decimal("0.556")
    assert figures(ADMIN, closed=CLOSED) == every
    assert figures(ADMIN, closed=OPEN + CLOSED) == every


def test_an_analyst_divides_by_the_same() -> None:
    assert figures(ANALYST, closed=CLOSED) == figures(ADMIN, closed=0)


def test_a_household_without_readings_in_the_period_does_not_count() -> None:
    room = room_of_homes({BEDOK_FLAT: OPEN}, [])
    shown = Totals(ask(room, ANALYST), NotYet(), START + 10 * DAY).figures(0, 0)

    assert (shown.households, shown.kwh, shown.kwh_per_household) == (0, None, None)
