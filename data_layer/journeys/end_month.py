"""End a month: bill it, then write its archive. The day that ends it asks for this.

A month that ended while no server ran is ended by the next end of a day. The job's result is that
of billing, and `archived_days`: how many day files went into daily/monthly_YYYY-MM.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from data_layer.jobs.model import Handler, Result, Task
from data_layer.storage.day_files import DayFiles
from data_layer.storage.month_archive import write_archive

END_MONTH = "end_month"


@dataclass(frozen=True)
class EndMonth:
    """The journey with all it needs; called as the handler of its kind of job."""

    bill: Handler
    days: DayFiles

    def __call__(self, task: Task) -> Result:
        billed = self.bill(task)
        task.progress("the month's archive")
        archived = write_archive(self.days, str(task.job.params["month"]))
        return {**billed, "archived_days": archived}


def ended_months(before: date | None, today: date) -> list[str]:
    """Months that ended since a day was ended last, oldest first.

    `before` is when that was; without it only the night before today counts.

    >>> ended_months(date(2026, 9, 30), date(2026, 12, 1))
    ['2026-09', '2026-10', '2026-11']
    >>> ended_months(None, date(2026, 12, 1)), ended_months(None, date(2026, 12, 2))
    (['2026-11'], [])
    """
    day = (before or today - timedelta(days=1)).replace(day=1)
    found = []
    while day < today.replace(day=1):
        found.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return found
