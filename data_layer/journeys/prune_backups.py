"""Keep the latest backups of a home and remove those before them; all else in a folder stays.

What may be removed is a folder beside the new backup that
    bears the name under which this home's audit says it was made there, and not before the home
        was last restored,
    says itself that it is of this home, with the very state the audit tells, and
    holds, every byte against its checksum.
The latest that hold are counted, the new one first. One that does not hold counts for nothing and
is left where it is, for a person to look at. So is one that was moved, renamed or made by another
home, or by this one before it was restored: nobody knows here what it is for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from data_layer.accounts.audit import AuditTrail
from data_layer.errors import MeterbookError
from data_layer.jobs.model import Task
from data_layer.journeys.back_up import MADE, told_of
from data_layer.journeys.restore_home import RESTORED
from data_layer.storage.backup_folder import Backup, remove_backup
from data_layer.storage.durable_files import disk_trouble

REMOVED, NOT_REMOVED = "backup removed", "backup removal failed"
"""The acts in the audit; the first is written before the backup goes, so that none goes untold."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of earlier backups: places of those removed, sentences on those that stay though
    they do not hold or cannot be removed."""

    removed: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PruneBackups:
    """The journey with all it needs."""

    home: Path
    audit: AuditTrail

    def __call__(self, task: Task, new: Path, *, keep: int) -> Pruned:
        """Keep so many backups beside and with `new`, which holds; `keep` is one at least.

        Nothing that goes wrong here is raised: the new backup is made. Stopped is, and the job
        goes on here when it is taken up again.
        """
        pruned, holding = Pruned(), 1
        with _told_in(pruned.troubles), disk_trouble(f"{new.parent} cannot be listed"):
            for made_at, place in sorted(self._earlier(new), reverse=True):
                with _told_in(pruned.troubles), disk_trouble(f"the backup {place} cannot be read"):
                    Backup.open(place).check(_telling(task))
                    if holding < keep:
                        holding += 1
                        continue
                    self._remove(place, made_at, task.job.actor)
                    pruned.removed.append(str(place))
        return pruned

    def _remove(self, place: Path, made_at: datetime, actor: str) -> None:
        """Raises Unavailable, Conflict; SQLAlchemyError, and then the backup stays as it was."""
        self.audit.record(actor, REMOVED, str(place), made_at=made_at.isoformat())
        try:
            remove_backup(place)
        except MeterbookError as error:
            self.audit.record(actor, NOT_REMOVED, str(place), reason=error.sentence)
            raise

    def _earlier(self, new: Path) -> list[tuple[datetime, Path]]:
        """Backups of this home beside the new one, with when they were made."""
        found, restored = [], self._last_restore()
        for place in new.parent.iterdir():
            if place == new or place.is_symlink() or not place.is_dir():
                continue
            made_at = self._made_here(place, since=restored)
            if made_at is not None:
                found.append((made_at, place))
        return found

    def _last_restore(self) -> int:
        """The number of its line in the audit; 0 when this home was never restored."""
        lines = self.audit.recent(1, action=RESTORED)
        return lines[0].number if lines else 0

    def _made_here(self, place: Path, *, since: int) -> datetime | None:
        """When this home made the backup that stands there; None where it is another's or none.

        The audit is believed from line `since` on: what is before came back with a restore.
        """
        told = [line for line in self.audit.about(str(place), MADE) if line.number > since]
        if not told:
            return None
        try:
            about = Backup.open(place).about
        except MeterbookError:
            return None
        if about.get("home") != str(self.home) or "job" not in about:
            return None
        if all(line.details != told_of(about) for line in told):
            return None
        return datetime.fromisoformat(str(about["made_at"]))


@contextmanager
def _told_in(troubles: list[str]) -> Iterator[None]:
    def tell(sentence: str) -> None:
        log.warning("an earlier backup stays: %s", sentence)
        troubles.append(sentence)

    try:
        yield
    except MeterbookError as error:
        tell(error.sentence)
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", error)
        tell(f"An earlier backup stays, as the database refused: {reason}.")


def _telling(task: Task) -> Callable[[str, int, int], None]:
    def told(_what: str, done: int, of: int) -> None:
        task.pause_point()
        task.progress("checking earlier backups", done, of)

    return told
