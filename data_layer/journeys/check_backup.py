"""Check a backup before anything is believed of it: every byte, then what they amount to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.journeys.back_up import FORMAT
from data_layer.journeys.fingerprint import Fingerprint, folder_fingerprint
from data_layer.readings.store import Progress
from data_layer.storage.backup_folder import ABOUT, Backup
from data_layer.storage.home import HomeFacts


@dataclass(frozen=True, slots=True)
class CheckedBackup:
    """A backup that holds, and what it says of itself."""

    backup: Backup
    home: HomeFacts
    told: Fingerprint
    tables: Sequence[str]
    """Its tables, none before one it refers to."""
    database: str
    """Version of its tables."""
    made_at: str


def checked_backup(folder: Path, progress: Progress) -> CheckedBackup:
    """Open a backup and hold all of it against its checksums and its state.

    Raises NotFound for what is no backup, Corrupt for one that is cut, damaged or newer.
    """
    backup = Backup.open(folder)
    about = backup.about
    if about.get("format") != FORMAT:
        raise Corrupt(
            f"{folder / ABOUT} has format {about.get('format')}; this Meterbook reads {FORMAT}."
        )
    backup.check(progress)
    facts = HomeFacts.read(folder / "home.json")
    told, tables = Fingerprint.of_json(about.get("parts")), about.get("tables")
    if not isinstance(tables, list):
        raise Corrupt(f"{folder / ABOUT} does not say what tables the backup has.")
    names = [str(name) for name in tables]
    found = folder_fingerprint(folder, HomeZone(facts.timezone), names, progress)
    for part in found.differing(told):
        raise Corrupt(f"{folder}: {part} is not what {ABOUT} says it is.")
    return CheckedBackup(backup, facts, told, names, str(about["database"]), str(about["made_at"]))
