"""What a call of the REST door was given: by JSON body or in the address, and strictly read.

Numbers stay the text they were written as, so that the rule for a value sees every digit of it.
A name that the call does not know, or that comes twice, is refused: it is a mistake of somebody's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from data_layer.accounts.rules import check_meter_id
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.quantities import parse_kwh

Json = Any
Given = Mapping[str, Json]
DEEPEST = 16
MOST_IN_ADDRESS = 20
ADDRESS_RULE = "the words of the address are not name=value, each name once, in UTF-8."
READING_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00(Z|[+-]\d\d:\d\d)?", re.ASCII)
READING_TIME_RULE = "YYYY-MM-DDTHH:mm:00, with or without an offset such as +08:00 or Z"
USUAL_LIMIT, MOST_LIMIT, MOST_OFFSET = 100, 1000, 1_000_000
"""Rows of one answer, and how far into the list it may begin."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
INSTANT_RULE = "YYYY-MM-DD or YYYY-MM-DDTHH:mm:ss, with or without an offset such as +08:00 or Z"


class NumberText(str):
    """A JSON number, as it was written."""

    __slots__ = ()


def parameters(*known: str) -> Given:
    """The parameters of this request: its JSON object, or the words of its address.

    Raises BadInput, UnsupportedMediaType.
    """
    if not has_body():
        return only_known(_in_address(), known)
    if request.query_string:
        raise BadInput("parameters come as a JSON body or in the address, not in both.")
    return json_object(json_body(), known)


def has_body() -> bool:
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def json_body() -> Json:
    """The JSON value of the body, without what readers of JSON disagree about.

    Raises BadInput, UnsupportedMediaType.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        value = json.loads(
            request.get_data().decode(),
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=_no_constant,
            object_pairs_hook=_no_name_twice,
        )
        _check_depth(value, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            "the body is not JSON as this server reads it: UTF-8, no name twice in an object, "
            f"no NaN, at most {DEEPEST} levels."
        ) from error
    return value


def json_object(value: Json, known: Collection[str]) -> Given:
    """A JSON object of known names only. Raises BadInput."""
    if not isinstance(value, dict):
        raise BadInput("a JSON object is expected here.")
    return only_known(value, known)


def only_known(given: Given, known: Collection[str]) -> Given:
    for name in given:
        if name not in known:
            rule = f"use {', '.join(known)}" if known else "nothing is asked for"
            raise BadInput(f"{name[:40]!r} is unknown here: {rule}.")
    return given


def text(given: Given, name: str) -> str:
    """A text that must be there. Raises BadInput."""
    value = given.get(name)
    if value is None or value == "":
        raise BadInput(f"{name} is missing.", field=name)
    if type(value) is not str:
        raise BadInput(f"{name} must be a text.", field=name)
    return value


def optional(given: Given, name: str) -> str:
    """A text that may be left out: then it is empty. Raises BadInput."""
    return "" if given.get(name) in (None, "") else text(given, name)


def decimal(given: Given, name: str) -> str:
    """A number as it was written, as a number or as a text; empty when left out. Raises BadInput.

    The rule for its value is for the caller to apply.
    """
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput(f"{name} must be a number.", field=name)
    return str(value)


def whole(given: Given, name: str, usual: int, *, least: int, most: int) -> int:
    """A whole number, the usual one where none is given. Raises BadInput."""
    value = given.get(name)
    if value is None:
        return usual
    written = str(value) if isinstance(value, str) else ""
    if not _WHOLE.fullmatch(written) or not least <= int(written) <= most:
        raise BadInput(f"{name} must be a whole number from {least:,} to {most:,}.", field=name)
    return int(written)


def is_true(given: Given, name: str) -> bool:
    """A yes or no, no where it is left out. Raises BadInput."""
    value = given.get(name)
    if value not in (None, True, False, "true", "false"):
        raise BadInput(f"{name} must be true or false.", field=name)
    return value in (True, "true")


def one_of(given: Given, name: str, known: Collection[str]) -> str:
    """One of a few words. Raises BadInput."""
    word = text(given, name)
    if word not in known:
        raise BadInput(f"{name} {word[:40]!r} is unknown: use {', '.join(known)}.", field=name)
    return word


def page(given: Given) -> tuple[int, int]:
    """Where a list begins and how many of its rows are wanted. Raises BadInput."""
    return (
        whole(given, "offset", 0, least=0, most=MOST_OFFSET),
        whole(given, "limit", USUAL_LIMIT, least=1, most=MOST_LIMIT),
    )


def meter_id(given: Given) -> str:
    return check_meter_id(text(given, "meter_id"))


def reading_wh(given: Given) -> int:
    """A register value, written as a number or as a text. Raises BadInput."""
    value = given.get("reading")
    if value is None or value == "":
        raise BadInput("reading is missing.", field="reading")
    if not isinstance(value, str):
        raise BadInput("reading must be a number of kWh.", field="reading")
    return parse_kwh(str(value))


def reading_time(given: Given, parse: Callable[[str], int]) -> int:
    """The time of a reading; `parse` is the home zone's. Raises BadInput."""
    written = text(given, "timestamp")
    if not READING_TIME.fullmatch(written):
        raise _no_time("timestamp", written, READING_TIME_RULE)
    return parse(written)


def instant(given: Given, name: str, zone: HomeZone) -> int:
    """A moment; a date alone is the local midnight that opens it. Raises BadInput."""
    written = text(given, name)
    if not INSTANT.fullmatch(written):
        raise _no_time(name, written, INSTANT_RULE)
    return zone.parse(written if "T" in written else f"{written}T00:00:00", field=name)


def _no_time(name: str, written: str, rule: str) -> BadInput:
    hint = " (in an address + is written %2B)" if " " in written else ""
    return BadInput(f"{name} {written[:40]!r} is not {rule}{hint}.", field=name)


def in_address(*known: str, several: Collection[str] = ()) -> dict[str, list[str]]:
    """The words of the address with all their values; `several` may stand more than once.

    Raises BadInput.
    """
    found: dict[str, list[str]] = {}
    for name, value in _pairs():
        if name in found and name not in several:
            raise BadInput(f"{name[:40]!r} stands twice in the address.", field=name[:40])
        found.setdefault(name, []).append(value)
    only_known(found, known)
    return found


def _in_address() -> Given:
    try:
        return _no_name_twice(_pairs())
    except ValueError as error:
        raise BadInput(ADDRESS_RULE) from error


def _pairs() -> list[tuple[str, Json]]:
    query = request.query_string
    if not query:
        return []
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_IN_ADDRESS,
        )
    except ValueError as error:
        raise BadInput(ADDRESS_RULE) from error


def _no_name_twice(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def _check_depth(value: Json, levels: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not levels:
        raise ValueError("nested too deeply")
    for part in value.values() if isinstance(value, dict) else value:
        _check_depth(part, levels - 1)
