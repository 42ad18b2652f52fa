"""Maintenance on demand, in the words of the first system's operators: daily, monthly or both.

    daily      end the day: seal the log into day files, renew the index
    monthly    end the month before this one: its bills, then daily/monthly_YYYY-MM.csv
    both       one after the other

They are the jobs that midnight begins by itself, so doing them again changes nothing. A restore of
all readings from their files counts as maintenance too.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from data_layer.billing.model import month_before
from data_layer.errors import Conflict
from data_layer.jobs.model import Job
from data_layer.jobs.queue import Jobs
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.end_month import END_MONTH
from data_layer.journeys.restore_readings import RESTORE_READINGS

KINDS = (END_DAY, END_MONTH, RESTORE_READINGS)
"""Work that counts as maintenance while it waits or runs."""


class MaintenanceType(StrEnum):
    DAILY = "daily"
    MONTHLY = "monthly"
    BOTH = "both"


def under_way(jobs: Jobs) -> Job | None:
    """The oldest maintenance that waits or runs."""
    return next(iter(jobs.unfinished(KINDS)), None)


def begin_maintenance(jobs: Jobs, wanted: MaintenanceType, *, today: date, actor: str) -> list[str]:
    """Put it into the queue; ids of its jobs, in their order. Raises Conflict while any runs."""
    refuse_second(jobs)
    begun = []
    if wanted is not MaintenanceType.MONTHLY:
        begun.append(jobs.start(END_DAY, {}, actor=actor))
    if wanted is not MaintenanceType.DAILY:
        begun.append(jobs.start(END_MONTH, {"month": month_before(today)}, actor=actor))
    return begun


def begin_restore(jobs: Jobs, *, actor: str) -> str:
    """Put a restore into the queue; its id. Raises Conflict while any maintenance runs."""
    refuse_second(jobs)
    return jobs.start(RESTORE_READINGS, {}, actor=actor)


def refuse_second(jobs: Jobs) -> None:
    """Raises Conflict while maintenance waits or runs."""
    found = under_way(jobs)
    if found is not None:
        raise Conflict(f"{found.kind.replace('_', ' ')} is under way (job {found.id}).")
