"""The midnight bell rings when local days open, on the odd days too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data_layer.clock import HomeZone
from data_layer.jobs.schedule import LocalMidnight, Schedule


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("Asia/Singapore", "2026-11-20T10:30:00+00:00", "2026-11-20T16:00:00+00:00"),
        ("Asia/Singapore", "2026-11-20T16:00:00+00:00", "2026-11-21T16:00:00+00:00"),
        ("Asia/Singapore", "2026-11-20T15:59:59+00:00", "2026-11-20T16:00:00+00:00"),
        ("Europe/London", "2026-10-25T12:00:00+00:00", "2026-10-26T00:00:00+00:00"),
        ("Europe/London", "2026-10-24T23:00:00+00:00", "2026-10-26T00:00:00+00:00"),
        # In Beirut the clock goes from 00:00 to 01:00, so the day of 30 March 2025 opens at 01:00.
        ("Asia/Beirut", "2025-03-29T12:00:00+00:00", "2025-03-29T22:00:00+00:00"),
    ],
)
def test_the_next_local_day_opens(zone: str, now: str, expected: str) -> None:
    trigger = LocalMidnight(HomeZone(zone))

    assert trigger.get_next_fire_time(None, moment(now)) == moment(expected)


def test_a_machine_that_slept_through_nights_rings_once() -> None:
    trigger = LocalMidnight(HomeZone("UTC"))
    last_week = datetime(2026, 11, 13, tzinfo=UTC)

    next_ring = trigger.get_next_fire_time(last_week, datetime(2026, 11, 20, 7, tzinfo=UTC))

    assert next_ring == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_schedule_that_was_never_armed_closes() -> None:
    Schedule(HomeZone("UTC"), lambda: None).close()


def test_an_armed_schedule_closes_without_ringing() -> None:
    rung: list[bool] = []
    schedule = Schedule(HomeZone("UTC"), lambda: rung.append(True))
    schedule.arm()
    schedule.close()

    assert rung == []
