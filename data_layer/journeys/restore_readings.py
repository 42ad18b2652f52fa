"""Restore readings: read every day file and log again, check them, and index them from nothing.

A start does as much as it needs of this by itself. An admin asks for all of it when the index is
in doubt, or to be told that every file is as it was written. The job's result:

    restored_meters      meters that have readings
    restored_readings    readings in the day files, every revision
    days                 day files read; each is what the manifest says it is
    from_log             of the readings, those that had come in since the day was ended last
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from data_layer.accounts.audit import AuditTrail, Detail
from data_layer.errors import MeterbookError
from data_layer.jobs.model import Result, Task
from data_layer.readings.local_store import LocalStore

RESTORE_READINGS = "restore_readings"


@dataclass(frozen=True)
class RestoreReadings:
    """The journey with all it needs; called as the handler of its kind of job."""

    store: LocalStore
    pause: Callable[[str], AbstractContextManager[None]]
    """pause(why): no reading is taken while it is entered."""
    audit: AuditTrail

    def __call__(self, task: Task) -> Result:
        actor = task.job.actor
        try:
            with self.pause("readings are being restored from their files."):
                before = self.store.state().day_file_readings
                self.store.seal(task.progress, rebuild=True)
                state = self.store.state()
        except MeterbookError as error:
            self.audit.record(actor, "restore of readings failed", reason=error.sentence)
            raise
        result: dict[str, Detail] = {
            "restored_meters": self.store.meters(),
            "restored_readings": state.day_file_readings,
            "days": state.day_files,
            "from_log": state.day_file_readings - before,
        }
        self.audit.record(actor, "readings restored", "", **result)
        return dict(result)
