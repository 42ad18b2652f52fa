"""Callbacks get what they say they take: the browser's values are checked against their types.

A value of another type is somebody trying, and is told 400 before the callback runs. So the types
in a callback's signature are not only for its reader: `words: Words | None` refuses a number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from dash import Dash
from pydantic import ConfigDict, ValidationError, validate_call

from data_layer.errors import BadInput

Answer = TypeVar("Answer")
_EXACTLY = ConfigDict(strict=True)


class TypedDash(Dash):
    """A Dash whose callbacks are called with arguments of their own types only."""

    def callback(self, *arguments: Any, **options: Any) -> Callable[..., Any]:
        register = super().callback(*arguments, **options)

        def typed(function: Callable[..., Any]) -> Any:
            return register(with_checked_arguments(function))

        return typed


def with_checked_arguments(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """The function, raising BadInput when an argument is not exactly of its type."""
    checked = validate_call(config=_EXACTLY)(function)

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Answer:
        try:
            return checked(*arguments, **named)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])[:80]
            raise BadInput(f"a value is not of its type: {first['msg']} at {place}.") from error

    return call
