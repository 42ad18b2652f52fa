"""How Dash's values become JSON: by orjson in one go, components included.

Dash uses Plotly's encoder, which walks every value in Python first (a tenth of a callback's time)
and looks into pandas where somebody loaded it, half loaded or not. Ours asks no other library.
"""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import Any

import orjson
from dash.development.base_component import Component

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_USERS = ("dash._callback", "dash.dash")


def encoded(value: object) -> bytes:
    """JSON of plain values, numpy columns, components and patches. Raises TypeError.

    Safe inside an HTML document too, where Dash puts its configuration.
    """
    text = orjson.dumps(value, default=_plain, option=_OPTIONS)
    return text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e") if b"<" in text else text


def install() -> None:
    """Have Dash encode in this way; it offers no setting for it."""
    for name in _USERS:
        vars(import_module(name))["to_json"] = _text


def _text(value: object) -> str:
    return encoded(value).decode()


def _plain(value: object) -> Any:
    if isinstance(value, Component) or hasattr(value, "to_plotly_json"):
        return value.to_plotly_json()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
