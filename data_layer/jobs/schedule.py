"""The clock on the wall: rings at each local midnight of the home, on clock-change days too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from data_layer.clock import HomeZone, epoch_of


class LocalMidnight(BaseTrigger):  # type: ignore[misc]
    """The next instant at which a local day opens.

    A cron rule for 00:00 misses the days on which the clock skips midnight; the home's zone
    knows when those days open.
    """

    def __init__(self, zone: HomeZone) -> None:
        self._zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        after = now if previous_fire_time is None else max(now, previous_fire_time)
        tomorrow = self._zone.day_of(epoch_of(after)) + timedelta(days=1)
        return datetime.fromtimestamp(self._zone.day_start(tomorrow), UTC)


class Schedule:
    """Rings `at_midnight` in a thread of its own until closed.

    A machine that slept through midnight rings once on waking, however many nights it slept.
    """

    def __init__(self, zone: HomeZone, at_midnight: Callable[[], None]) -> None:
        self._scheduler = BackgroundScheduler(timezone=zone.zone)
        self._scheduler.add_job(
            at_midnight, LocalMidnight(zone), id="midnight", coalesce=True, misfire_grace_time=None
        )

    def arm(self) -> None:
        self._scheduler.start()

    def close(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
