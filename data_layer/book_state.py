"""How a home is doing: the facts the operations page and `flask home status` show."""

from __future__ import annotations

import resource
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from data_layer.jobs.model import Job


@dataclass(frozen=True, slots=True)
class BookState:
    """One look at a home. Bytes, counts and aware moments; texts are for people."""

    home: Path
    timezone: str
    demo: bool
    owner_process: int | None
    """Who writes readings here; None when nobody does."""
    receiving: bool
    reason: str
    """Why no readings are taken; empty while they are."""
    stopped: bool
    """An admin has stopped receiving."""
    poisoned: bool
    """No reading can be taken until a restart recovers."""
    log_bytes: int
    log_lines: int
    sealed_logs: int
    """Closed logs that wait to be merged."""
    tail_readings: int
    """Readings since the last seal, held in memory."""
    index_generation: int
    index_written_at: datetime | None
    index_bytes: int
    index_series: int
    day_files: int
    day_file_readings: int
    accounts: int
    last_batch: Job | None
    memory_bytes: int
    """Private memory of this process."""
    problems: tuple[str, ...]
    """Sentences on what is wrong; empty when all is well."""

    def as_json(self) -> dict[str, object]:
        """The same in words JSON knows."""
        facts = {field.name: getattr(self, field.name) for field in fields(self)}
        batch = self.last_batch
        return {
            **facts,
            "home": str(self.home),
            "index_written_at": _text(self.index_written_at),
            "last_batch": None if batch is None else _text(batch.finished_at),
            "problems": list(self.problems),
        }


def private_memory() -> int:
    """Bytes of this process's memory that it shares with nobody."""
    _size, resident, shared = Path("/proc/self/statm").read_text().split()[:3]
    return (int(resident) - int(shared)) * resource.getpagesize()


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
