"""Whether a midnight passed while nobody was there to end the day."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from data_layer.clock import HomeZone, epoch_of
from data_layer.errors import Corrupt


def open_since(log: Path, zone: HomeZone) -> date | None:
    """The local day on which the open log took its first reading; None while it is empty.

    Lines stand in the order they came in, and the time each was received is its last field but
    the checksum.
    """
    try:
        with log.open("rb") as file:
            file.readline()
            line = file.readline()
    except FileNotFoundError:
        return None
    if not line.endswith(b"\n"):
        return None
    try:
        received = datetime.fromisoformat(line.split(b",")[-2].decode("ascii"))
        return zone.day_of(epoch_of(received))
    except (ValueError, IndexError) as error:
        raise Corrupt(f"{log} line 2 does not say when it was received: {error}.") from error


def was_missed(log: Path, zone: HomeZone, now: datetime) -> bool:
    """True when the open log holds readings received before today's local midnight."""
    since = open_since(log, zone)
    return since is not None and since < zone.day_of(epoch_of(now))
