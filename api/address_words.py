"""The words of a page's address, read one by one and refused by name when they cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from data_layer.clock import FIRST_YEAR, LAST_YEAR
from data_layer.errors import BadInput

Words = Mapping[str, Sequence[str]]
"""Every word of an address with all its values."""
Value = TypeVar("Value")
LONGEST = 100


def one(words: Words, name: str, usual: str = "") -> str:
    """The last value of a word that is not empty."""
    given = [value.strip() for value in words.get(name, ()) if value.strip()]
    return given[-1][:LONGEST] if given else usual


def several(words: Words, name: str) -> tuple[str, ...]:
    """Every different value of a word, in the order given."""
    return tuple(dict.fromkeys(value for value in words.get(name, ()) if value))


def choice(words: Words, name: str, known: Mapping[str, Value], usual: str) -> str:
    """A word out of the known ones. Raises BadInput."""
    word = one(words, name, usual)
    if word not in known:
        raise BadInput(f"{name} {word!r} is unknown: use {', '.join(known)}.", field=name)
    return word


def day(words: Words, name: str) -> date | None:
    """A local day, None when it is not given. Raises BadInput."""
    text = one(words, name)
    if not text:
        return None
    try:
        given = date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{name} {text!r} is not a day such as 2026-11-20.", field=name) from error
    if not FIRST_YEAR < given.year < LAST_YEAR:
        raise BadInput(
            f"{name} {text!r} is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}.", field=name
        )
    return given
