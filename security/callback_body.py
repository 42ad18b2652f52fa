"""The body of a Dash callback request, checked before Dash acts on it.

The browser's renderer always sends bodies of this form; anything else is somebody trying, and is
told 400 rather than shown where Dash would have stumbled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from data_layer.errors import BadInput

Json = Any
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
    try:
        body = request.get_json()
    except (BadRequest, UnsupportedMediaType, RecursionError) as error:
        raise BadInput("the body is not JSON.") from error
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
    if not isinstance(triggered, list) or not all(isinstance(name, str) for name in triggered):
        raise BadInput("changedPropIds is not a list of texts.", field="changedPropIds")
    return CallbackBody(output, triggered)


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
    if wanted["property"] in ADDRESS_PARTS and not isinstance(item.get("value"), str | None):
        return False
    if not wanted["id"].startswith("{"):
        return bool(item.get("id") == wanted["id"])
    pattern, concrete = json.loads(wanted["id"]), item.get("id")
    return (
        isinstance(concrete, dict)
        and concrete.keys() == pattern.keys()
        and all(isinstance(part, list) or part == concrete[name] for name, part in pattern.items())
    )


def _outputs(key: str) -> list[dict[str, str]]:
    """The components and properties in the key of a callback, such as `..a.children...b.data..`."""
    names = key[2:-2].split("...") if key.startswith("..") else [key]
    parts = [name.rsplit(".", 1) for name in names]
    return [{"id": part[0].replace("\\.", "."), "property": part[1]} for part in parts]
