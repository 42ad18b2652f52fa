"""What the bill page's address asks for: ?meter=531-204-118&month=2026-10&version=1."""

from __future__ import annotations

from dataclasses import dataclass

from api.address_words import Words, one
from data_layer.billing.model import month_days
from data_layer.errors import BadInput

LONGEST_VERSION = 6


@dataclass(frozen=True, slots=True)
class BillView:
    """The page's whole state."""

    meter_id: str
    """"" for the household's first."""
    month: str
    """YYYY-MM, "" for the newest bill."""
    version: int | None
    """None for the newest of the month."""


def read_view(words: Words) -> BillView:
    """The view an address asks for. Raises BadInput naming field, value and rule."""
    month = one(words, "month")
    if month:
        month_days(month)
    return BillView(one(words, "meter"), month, read_version(one(words, "version")))


def read_version(text: str) -> int | None:
    """The version asked for, None for the newest. Raises BadInput."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_VERSION:
        raise BadInput(f"version {text[:40]!r} is not a number such as 2.", field="version")
    return int(text)
