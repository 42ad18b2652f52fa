"""One reading as one line of text, read strictly and slowly: the rule the fast codec is held to.

Used for a handful of readings, and to say which line of a file is wrong and why. For any line
that is let in, `format_line(parse_line(line)) == line`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Corrupt
from data_layer.quantities import format_kwh
from data_layer.readings.model import FLAG_TEXT, KIND_TEXT, Flag, Kind, Reading
from data_layer.readings.order import EARLIEST, LATEST

COLUMNS = (
    "meter_id",
    "register_id",
    "read_at",
    "value_kwh",
    "kind",
    "type",
    "flag",
    "revision",
    "source",
)
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,31}", re.ASCII)
TYPE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,31})?", re.ASCII)
SOURCE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9 ._:/@+-]{0,63})?", re.ASCII)
REVISION = re.compile(r"(?:[1-9][0-9]{0,8})?", re.ASCII)
RULES = {
    "meter_id": (ID, "a letter or digit, then up to 31 of letters, digits, space . _ / -"),
    "register_id": (ID, "a letter or digit, then up to 31 of letters, digits, space . _ / -"),
    "type": (TYPE, "empty, or a letter or digit, then up to 31 of letters, digits, space ._:/-"),
    "source": (SOURCE, "empty, or a letter or digit, then up to 63 letters, digits, space ._:/@+-"),
}
_VALUE = re.compile(r"(?:(0|[1-9][0-9]{0,8})\.([0-9]{3}))?", re.ASCII)
_DATE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_UTC = re.compile(_DATE_TIME + "Z", re.ASCII)
_LOCAL = re.compile(_DATE_TIME + r"(?!-00:00)[+-](?:0\d|1[0-5]):[0-5]\d", re.ASCII)
_RECEIVED = re.compile(_DATE_TIME + r"\.\d{3}Z", re.ASCII)
KIND_OF = {text: kind for kind, text in KIND_TEXT.items()}
FLAG_OF = {text: flag for flag, text in FLAG_TEXT.items()}


class Layout(NamedTuple):
    """In which of the two files the line stands."""

    in_log: bool
    """UTC times and a received time behind; else local times with their offset."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (*COLUMNS, "received_at") if self.in_log else COLUMNS


LOG, DAY = Layout(in_log=True), Layout(in_log=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A parsed line: the reading, and when it came in (log only, ISO UTC with milliseconds)."""

    reading: Reading
    received: str = ""


def parse_line(text: str, layout: Layout) -> Line:
    """Read one line without its line feed. Raises Corrupt naming field, value and rule."""
    fields = text.split(",")
    if len(fields) != len(layout.columns):
        raise Corrupt(f"has {len(fields)} fields instead of {len(layout.columns)}")
    meter, register, time, value, kind, type_, flag, revision, source, *received = fields
    for name, word in (("meter_id", meter), ("register_id", register)):
        _check_word(name, word)
    for name, word in (("type", type_), ("source", source)):
        _check_word(name, word)
    if received:
        _parse_time("received_at", received[0], _RECEIVED)
    reading = Reading(
        meter_id=meter,
        register_id=register,
        read_at=_parse_time("read_at", time, _UTC if layout.in_log else _LOCAL),
        value_wh=_parse_value(value),
        kind=KIND_OF[_among("kind", kind, KIND_OF)],
        type=type_,
        flag=FLAG_OF[_among("flag", flag, FLAG_OF)],
        revision=_parse_revision(revision),
        source=source,
    )
    return Line(reading, received[0] if received else "")


def format_line(reading: Reading, time: str, received: str = "") -> str:
    """Write one line; the reading has been checked. `time` is its instant as the file has it."""
    value = "" if reading.value_wh is None else format_kwh(reading.value_wh)
    line = (
        f"{reading.meter_id},{reading.register_id},{time},{value},{KIND_TEXT[reading.kind]},"
        f"{reading.type},{FLAG_TEXT[reading.flag]},{reading.revision or ''},{reading.source}"
    )
    return f"{line},{received}" if received else line


def utc_text(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_text(epoch: int, zone: HomeZone) -> str:
    return zone.local(epoch).isoformat()


def received_text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def check_words(name: str, words: Collection[str]) -> None:
    """Refuse words a line cannot hold. Raises BadInput naming field, value and rule."""
    pattern, rule = RULES[name]
    if all_match(pattern, words):
        return
    for word in words:
        if not pattern.fullmatch(word):
            raise BadInput(f"{name} {word[:80]!r} must be {rule}.", field=name)


def all_match(pattern: re.Pattern[str], words: Collection[str]) -> bool:
    """Whether every word is in the pattern's form, in one step over all of them."""
    text = "".join([f"{word}\n" for word in words])
    every = re.compile(rf"(?:{pattern.pattern}\n)*", re.ASCII)
    return text.count("\n") == len(words) and every.fullmatch(text) is not None


def _check_word(name: str, word: str) -> None:
    pattern, rule = RULES[name]
    if not pattern.fullmatch(word):
        raise Corrupt(f"has {name} {word[:80]!r}, which must be {rule}")


def _among(name: str, word: str, known: dict[str, Kind] | dict[str, Flag]) -> str:
    if word not in known:
        allowed = " or ".join(repr(each) for each in known)
        raise Corrupt(f"has {name} {word[:80]!r}, which must be {allowed}")
    return word


def _parse_value(text: str) -> int | None:
    match = _VALUE.fullmatch(text)
    if match is None:
        raise Corrupt(
            f"has value_kwh {text[:80]!r}, which must be empty or up to nine digits without "
            "leading zeros, a point and three decimals"
        )
    return int(match[1]) * 1000 + int(match[2]) if match[1] else None


def _parse_revision(text: str) -> int:
    if not REVISION.fullmatch(text):
        raise Corrupt(f"has revision {text[:80]!r}, which must be empty or a whole number above 0")
    return int(text or 0)


def _parse_time(name: str, text: str, form: re.Pattern[str]) -> int:
    if form.fullmatch(text):
        try:
            epoch = int(datetime.fromisoformat(text).timestamp())
        except ValueError:
            epoch = EARLIEST - 1
        if EARLIEST <= epoch <= LATEST:
            return epoch
    example = {
        _UTC: "2026-11-20T10:30:00Z",
        _LOCAL: "2026-11-20T18:30:00+08:00",
        _RECEIVED: "2026-11-20T10:30:02.114Z",
    }[form]
    raise Corrupt(f"has {name} {text[:80]!r}, which must be a time such as {example}")
