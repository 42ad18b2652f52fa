"""What the readings page's address asks for, read once for its grid and its export alike.

    ?meter=531-2&register=S&source=file:&type=estimated&from=2026-11-01&to=2026-11-20&sort=-read_at

`from` and `to` are whole local days, both included.
"""

from __future__ import annotations

from datetime import timedelta

from api.address_words import Words, choice, day, one
from data_layer.clock import HomeZone
from data_layer.readings.model import ACTUAL, Flag, Kind, RowFilter

SORTS = {
    "read_at": "read_at",
    "meter_id": "meter_id",
    "value_kwh": "value_wh",
    "source": "source",
}
"""Columns by which readings can be ordered, and what the store calls them."""
ANY = "any"
KINDS: dict[str, Kind | None] = {ANY: None, "read": Kind.READ, "initial": Kind.INITIAL}
FLAGS: dict[str, Flag | None] = {ANY: None, "valid": Flag.VALID, "suspect": Flag.SUSPECT}
ACTUAL_WORD = "actual"
"""How an address names the usual type, which is stored as nothing."""


def read_filter(words: Words, zone: HomeZone) -> RowFilter:
    """The readings an address asks for. Raises BadInput naming field, value and rule."""
    first, last = day(words, "from"), day(words, "to")
    sort = one(words, "sort", "-read_at")
    choice({"sort": (sort.removeprefix("-"),)}, "sort", SORTS, "read_at")
    return RowFilter(
        meter_contains=one(words, "meter"),
        register_id=one(words, "register"),
        source_starts=one(words, "source"),
        type=_type(one(words, "type")),
        flag=FLAGS[choice(words, "flag", FLAGS, ANY)],
        kind=KINDS[choice(words, "kind", KINDS, ANY)],
        start=None if first is None else zone.day_start(first),
        end=None if last is None else zone.day_start(last + timedelta(days=1)),
        sort_by=SORTS[sort.removeprefix("-")],
        descending=sort.startswith("-"),
    )


def _type(word: str) -> str | None:
    if not word:
        return None
    return ACTUAL if word == ACTUAL_WORD else word
