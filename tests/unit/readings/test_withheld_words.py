"""What is withheld is said, and too coarsely to be undone."""

from __future__ import annotations

from data_layer.readings.model import Reading
from data_layer.readings.suppression import told
from tests.unit.readings.test_group_queries import (
    ADMIN,
    ANALYST,
    BEDOK_FLAT,
    BEDOK_HOUSE,
    DAY,
    START,
    ask,
    room_of,
)


def readings_of(*meters: int) -> list[Reading]:
    """Two midnights of each meter."""
    return [Reading(f"M{n}", "S", START + day * DAY, day * 48) for n in meters for day in (0, 1)]


def missing(reporting: tuple[int, ...]) -> int:
    room = room_of({BEDOK_FLAT: 3}, readings_of(*reporting))
    return int(ask(room, end=START + DAY).buckets.missing_half_hours.sum())


def test_missing_half_hours_do_not_tell_how_many_reported() -> None:
    assert missing(()) == missing((0,)) == missing((0, 1)) == 3 * 48
    assert missing((0, 1, 2)) == 0


def test_masked_half_hours_are_told_apart_from_no_readings() -> None:
    def is_masked(*reporting: int) -> bool:
        room = room_of({BEDOK_FLAT: 3}, readings_of(*reporting))
        return ask(room, end=START + DAY).withheld_half_hours

    assert is_masked(0, 1)
    assert not is_masked()
    assert not is_masked(0, 1, 2)


def test_an_operator_has_nothing_masked() -> None:
    room = room_of({BEDOK_FLAT: 2, BEDOK_HOUSE: 1}, readings_of(0))

    assert not ask(room, ADMIN).withheld_half_hours


def test_numbers_of_withheld_households_cannot_be_subtracted() -> None:
    assert [told(count, 5) for count in (0, 1, 4)] == ["0", "fewer than 5", "fewer than 5"]
    assert told(9, 5) == told(5, 5) == "5 or more"
    assert told(1, 0) == "1"
    assert ask(room_of({BEDOK_FLAT: 2}), ANALYST).withheld_groups == 1
