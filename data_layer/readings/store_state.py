"""How a store of readings is doing: what the operations page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_layer.readings.sealing import Sealed
from data_layer.readings.snapshots import Snapshots
from data_layer.readings.view import View
from data_layer.storage.home import Home
from data_layer.storage.log_names import LOG_NAME, sealed_logs


@dataclass(frozen=True, slots=True)
class StoreState:
    """One look at a store. Bytes, counts and aware moments; texts are for people."""

    receiving: bool
    reason: str
    """Why no readings are taken; empty while they are."""
    damage: tuple[str, ...]
    """Sentences on what is wrong with the files; empty when all is well."""
    log_bytes: int
    log_lines: int
    sealed_logs: int
    """Closed logs that wait to be merged: a seal runs, or the last one failed."""
    tail_readings: int
    """Readings in memory that the index does not have yet."""
    index_generation: int
    """Manifest generation of the day files the index holds."""
    index_written_at: datetime | None
    index_bytes: int
    index_series: int
    day_files: int
    day_file_readings: int
    last_seal: Sealed | None


def look_at(
    home: Home,
    view: View,
    *,
    log_lines: int,
    reason: str,
    damage: tuple[str, ...],
    last_seal: Sealed | None,
) -> StoreState:
    """Put together what the view and the files say. Reads no file's content."""
    log = home.logs / LOG_NAME
    snapshots = Snapshots(home.snapshot, home.zone)
    return StoreState(
        receiving=not reason,
        reason=reason,
        damage=damage,
        log_bytes=log.stat().st_size if log.exists() else 0,
        log_lines=log_lines,
        sealed_logs=len(sealed_logs(home.logs)),
        tail_readings=sum(len(tail) for tail in view.tails),
        index_generation=view.manifest.generation,
        index_written_at=snapshots.written_at(),
        index_bytes=snapshots.size(),
        index_series=len(view.index.keys),
        day_files=len(view.manifest.days),
        day_file_readings=sum(entry.rows for entry in view.manifest.days.values()),
        last_seal=last_seal,
    )
