"""End the day: stop receiving, seal the log into its day files, renew the index, receive again.

Midnight does it, an admin may, and a start does it for days that were missed. Readings that come
meanwhile are refused with "try again"; whatever happens, receiving is then as it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from data_layer.accounts.audit import AuditTrail, Detail
from data_layer.errors import MeterbookError
from data_layer.jobs.model import Result, Task
from data_layer.journeys.upload_staging import UploadStaging
from data_layer.readings.store import ReadingStore
from data_layer.storage.manifest import Manifest

END_DAY = "end_day"


@dataclass(frozen=True)
class EndDay:
    """The journey with all it needs; called as the handler of its kind of job."""

    store: ReadingStore
    pause: Callable[[str], AbstractContextManager[None]]
    """pause(why): no reading is taken while it is entered."""
    manifest: Path
    staging: UploadStaging
    audit: AuditTrail

    def __call__(self, task: Task) -> Result:
        rebuild = bool(task.job.params.get("rebuild", False))
        actor = task.job.actor
        before = Manifest.load(self.manifest)
        try:
            with self.pause("the day is being ended."):
                self.store.seal(task.progress, rebuild=rebuild)
        except MeterbookError as error:
            self.audit.record(actor, "end of day failed", rebuild=rebuild, reason=error.sentence)
            raise
        after = Manifest.load(self.manifest)
        result = _compare(before, after)
        self.staging.sweep()
        self.audit.record(actor, "day ended", "", rebuild=rebuild, **result)
        return {"rebuild": rebuild, **result}


def _compare(before: Manifest, after: Manifest) -> dict[str, Detail]:
    """What sealing did to the day files."""
    changed = after.changed_since(before.generation)
    merged = sum(entry.rows for entry in after.days.values()) - sum(
        entry.rows for entry in before.days.values()
    )
    return {
        "days_written": len(changed),
        "readings_merged": merged,
        "day_files": len(after.days),
        "readings": sum(entry.rows for entry in after.days.values()),
    }
