"""What the audit keeps beside an act, in words: figures with what they count, local times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from callbacks.home_words import counted, local, size
from data_layer.accounts.audit import Detail, Entry
from data_layer.clock import HomeZone

COUNTED = {
    "accepted": ("accepted", "accepted"),
    "added": ("price added", "prices added"),
    "day_files": ("day file in all", "day files in all"),
    "days": ("day file", "day files"),
    "days_written": ("day file written", "day files written"),
    "duplicates": ("known already", "known already"),
    "failed": ("failed", "failed"),
    "from_log": ("of them from the log", "of them from the log"),
    "made": ("bill made", "bills made"),
    "new_versions": ("of them a new version", "of them new versions"),
    "readings": ("reading in all", "readings in all"),
    "readings_merged": ("reading merged", "readings merged"),
    "rejected": ("refused", "refused"),
    "restored_meters": ("meter restored", "meters restored"),
    "restored_readings": ("reading restored", "readings restored"),
    "rows": ("row", "rows"),
    "unchanged": ("as it was", "as they were"),
    "without_data": ("account without readings", "accounts without readings"),
    "without_tariff": ("account without tariff", "accounts without tariff"),
}
"""Word for one and word for more, by the detail's name."""
TRUE_SAID = {"rebuild": "the index built again", "inactive": "the account is inactive"}
"""What a yes says; a no is the usual case and says nothing, as every other yes or no."""
TOLD: dict[str, Callable[[str], str]] = {
    "address": lambda text: f"from {text}",
    "before": lambda text: f"before {text} kW",
    "bytes": lambda text: " ".join(size(int(text))),
    "fields": lambda text: f"changed: {', '.join(text.split()).replace('_', ' ')}",
    "kw": lambda text: f"{text} kW",
    "new_name": lambda text: f"is called {text} now",
    "old_name": lambda text: f"was called {text}",
    "reason": lambda text: text,
    "state": lambda text: f"state {text[:8]}…",
    "versions": lambda text: f"version {text}",
}


def details(entry: Entry, zone: HomeZone) -> str:
    """All of an entry's details in the order in which they were written down; "" for none."""
    told = (_told(name, value, zone) for name, value in entry.details.items())
    return ", ".join(text for text in told if text)


def _told(name: str, value: Detail, zone: HomeZone) -> str:
    """One detail; a name that nobody gave words to stands before its value."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return TRUE_SAID.get(name, "") if value else ""
    if name == "read_at":
        return f"read at {zone.said(int(value))}"
    if name == "made_at":
        return f"as of {local(datetime.fromisoformat(str(value)), zone)}"
    if isinstance(value, int) and name in COUNTED:
        return counted(value, *COUNTED[name])
    if name in TOLD:
        return TOLD[name](str(value))
    return f"{name.replace('_', ' ')} {value}"
