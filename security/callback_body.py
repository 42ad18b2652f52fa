"""The body of a Dash callback request, checked before Dash acts on it.

The browser's renderer always sends bodies of this form; anything else is somebody trying, and is
told 400 rather than shown where Dash would have stumbled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from flask import request

from data_layer.errors import BadInput

Json = Any
DEEPEST = 16
ADDRESS_PARTS = ("pathname", "search", "hash", "href")
"""Dash itself reads these as texts, before any code of ours."""


@dataclass(frozen=True, slots=True)
class CallbackBody:
    """Which callback is asked for, and by what it was triggered."""

    output: str
    triggered_by: Sequence[str]

    @property
    def is_poll(self) -> bool:
        """Asked by a timer, not by a person."""
        return bool(self.triggered_by) and all(
            name.endswith(".n_intervals") for name in self.triggered_by
        )


def read_callback_body(callback_map: Mapping[str, Mapping[str, Any]]) -> CallbackBody:
    """The checked body of this request. Raises BadInput for any other form."""
    body = _strictly_parsed(request.get_data()) if request.is_json else None
    if not isinstance(body, dict):
        raise BadInput("the body is not a JSON object.")
    output = body.get("output")
    known = callback_map.get(output) if isinstance(output, str) else None
    if not isinstance(output, str) or known is None or "callback" not in known:
        raise BadInput("output names no callback.", field="output")
    inputs, state = body.get("inputs", []), body.get("state", [])
    _check_arguments("inputs", inputs, known["inputs"])
    _check_arguments("state", state, known["state"])
    if not known.get("no_output"):
        outputs = body.get("outputs")
        _check_arguments(
            "outputs", outputs if output.startswith("..") else [outputs], _outputs(output)
        )
    triggered = body.get("changedPropIds", [])
    if not isinstance(triggered, list) or not all(map(_is_trigger, triggered)):
        raise BadInput("changedPropIds are not names of properties.", field="changedPropIds")
    return CallbackBody(output, triggered)


def _strictly_parsed(data: bytes) -> Json:
    """The JSON value, without what readers of JSON disagree about or choke on."""
    try:
        value = json.loads(data, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
        _check_shape(value, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise BadInput("the body is not JSON as this server reads it.") from error
    return value


def _no_name_twice(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def _check_shape(value: Json, levels: int) -> None:
    """Raise ValueError for nesting too deep and for text that is no text (half a character)."""
    if not levels:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, float) and not isfinite(value):
        raise ValueError("a number is too large")
    elif isinstance(value, list | dict):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        for part in parts:
            _check_shape(part, levels - 1)


def _check_arguments(field: str, sent: Json, declared: Sequence[Mapping[str, str]]) -> None:
    """Inputs, state or outputs must be, one by one, those that the callback declares."""
    if (
        not isinstance(sent, list)
        or len(sent) != len(declared)
        or not all(_fits(item, wanted) for item, wanted in zip(sent, declared, strict=True))
    ):
        raise BadInput(f"{field} are not those of the callback.", field=field)


def _fits(item: Json, wanted: Mapping[str, str]) -> bool:
    """Whether it names the wanted component and property; ALL stands for a list of them."""
    if isinstance(item, list):
        return '["ALL' in wanted["id"] and all(_fits(one, wanted) for one in item)
    if not isinstance(item, dict) or item.get("property") != wanted["property"]:
        return False
    if wanted["property"] in ADDRESS_PARTS and not _is_address_part(item):
        return False
    if not wanted["id"].startswith("{"):
        return bool(item.get("id") == wanted["id"])
    pattern, concrete = json.loads(wanted["id"]), item.get("id")
    return (
        isinstance(concrete, dict)
        and concrete.keys() == pattern.keys()
        and all(isinstance(part, list) or part == concrete[name] for name, part in pattern.items())
    )


def _is_trigger(name: Json) -> bool:
    """Text, and where it names a component by pattern an object, as Dash will read it."""
    if not isinstance(name, str) or not name.startswith("{"):
        return isinstance(name, str)
    try:
        return isinstance(json.loads(name.rpartition(".")[0]), dict)
    except (ValueError, RecursionError):
        return False


def _is_address_part(item: Mapping[str, Json]) -> bool:
    value = item.get("value")
    if value is None:
        return True
    return isinstance(value, str) and (item["property"] != "pathname" or value.startswith("/"))


def _outputs(key: str) -> list[dict[str, str]]:
    """The components and properties in the key of a callback, such as `..a.children...b.data..`."""
    names = key[2:-2].split("...") if key.startswith("..") else [key]
    parts = [name.rsplit(".", 1) for name in names]
    return [{"id": part[0].replace("\\.", "."), "property": part[1]} for part in parts]
