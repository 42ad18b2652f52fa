"""The body of a Dash callback request, checked before Dash acts on it.

The browser's renderer always sends bodies of this form; anything else is somebody trying, and is
told 400 rather than shown where Dash would have stumbled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from data_layer.errors import BadInput

Json = Any


@dataclass(frozen=True, slots=True)
class CallbackBody:
    """Which callback is asked for, by what it was triggered, and with which inputs."""

    output: str
    inputs: Sequence[Json]
    triggered_by: Sequence[str]

    @property
    def is_poll(self) -> bool:
        """Asked by a timer, not by a person."""
        return bool(self.triggered_by) and all(
            name.endswith(".n_intervals") for name in self.triggered_by
        )

    def value_of(self, component: str, prop: str) -> Json:
        """The value of one plain input, None when it is not among them."""
        for item in self.inputs:
            if isinstance(item, dict) and (item.get("id"), item.get("property")) == (
                component,
                prop,
            ):
                return item.get("value")
        return None


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
    _check_outputs(output, body.get("outputs"), has_none=bool(known.get("no_output")))
    triggered = body.get("changedPropIds", [])
    if not isinstance(triggered, list) or not all(isinstance(name, str) for name in triggered):
        raise BadInput("changedPropIds is not a list of texts.", field="changedPropIds")
    return CallbackBody(output, inputs, triggered)


def _check_arguments(field: str, sent: Json, declared: Sequence[Mapping[str, str]]) -> None:
    if not isinstance(sent, list) or len(sent) != len(declared):
        raise BadInput(f"{field} are not those of the callback.", field=field)
    for item, wanted in zip(sent, declared, strict=True):
        is_pattern = wanted["id"].startswith("{")
        several = item if is_pattern and isinstance(item, list) else [item]
        if not all(_fits(one, wanted, is_pattern=is_pattern) for one in several):
            raise BadInput(f"{field} are not those of the callback.", field=field)


def _fits(item: Json, wanted: Mapping[str, str], *, is_pattern: bool) -> bool:
    if not isinstance(item, dict) or item.get("property") != wanted["property"]:
        return False
    return isinstance(item.get("id"), dict) if is_pattern else item.get("id") == wanted["id"]


def _check_outputs(output: str, sent: Json, *, has_none: bool) -> None:
    """The list of outputs must say the same as the key; patterns are Dash's to resolve."""
    if has_none:
        return
    items = sent if isinstance(sent, list) else [sent]
    flat = [one for item in items for one in (item if isinstance(item, list) else [item])]
    if not flat or not all(
        isinstance(one, dict) and isinstance(one.get("property"), str) and "id" in one
        for one in flat
    ):
        raise BadInput("outputs are not those of the callback.", field="outputs")
    if "{" in output:
        return
    names = [f"{_escaped(one['id'])}.{one['property']}" for one in flat]
    key = f"..{'...'.join(names)}.." if isinstance(sent, list) else names[0]
    if key != output:
        raise BadInput("outputs are not those of the callback.", field="outputs")


def _escaped(component: Json) -> str:
    return str(component).replace(".", "\\.")
