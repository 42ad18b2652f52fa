"""The store where a gap lies in the middle: what is known on both sides says nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data_layer.readings.model import GroupPath, Kind, Reading
from tests.integration.store_home import HALF_HOUR, START, StoreHome


def reading(slot: int, value: int) -> Reading:
    return Reading("m-1", "S", START + slot * HALF_HOUR, value, source="api:k1")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StoreHome]:
    opened = StoreHome(tmp_path)
    opened.place({"m-1": GroupPath("East", "Bedok", "3-room")})
    opened.submit(reading(24, 500), replace(reading(117, 0), kind=Kind.INITIAL))
    opened.store.seal()
    yield opened
    opened.close()


def test_meter_of_two_known_points_and_a_gap_starts_to_report_with_a_late_reading(
    home: StoreHome,
) -> None:
    edges = [START, START + 150 * HALF_HOUR]
    home.check(edges)
    home.submit(reading(21, 400))
    home.check(edges)
    home.store.seal()
    home.check(edges)


def test_meter_ceases_to_report_when_only_points_around_a_gap_are_left(home: StoreHome) -> None:
    edges = [START, START + 150 * HALF_HOUR]
    home.submit(reading(21, 400))
    home.store.seal()
    home.revise(("m-1", "S", START + 21 * HALF_HOUR, Kind.READ), None)
    home.check(edges)
    home.store.seal()
    home.check(edges)
