"""What Dash sends is what Plotly's encoder would send, made in one go and asked of nobody."""

from __future__ import annotations

import json
import sys
import types
from decimal import Decimal

import numpy as np
import orjson
import pytest
from dash import Patch, dcc, html
from plotly.io.json import to_json_plotly  # type: ignore[import-untyped]

from components.dash_json import encoded
from components.ids import Usage


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True, "ü", float("nan")]},
        html.Div([html.P("one"), dcc.Store(id=Usage.VIEW, data={"x": (1, 2)})], hidden=True),
        {"data": [{"x": np.arange(3), "y": np.array([0.5, np.nan])}]},
        {Usage.VIEW: Usage.CARDS, 7: "seven"},
        Decimal("1.5"),
        [html.A("</script><b>", href="/a?b=1&c=2")],
    ],
)
def test_it_says_the_same_as_plotly(value: object) -> None:
    assert json.loads(encoded(value)) == json.loads(to_json_plotly(value))


def test_a_patch_is_sent_as_its_operations() -> None:
    patch = Patch()
    patch["a"] = 1

    assert json.loads(encoded({"x": patch}))["x"]["operations"]


def test_no_text_ends_the_script_it_stands_in() -> None:
    assert b"<" not in encoded(["</script>", html.Div("<!--")])


def test_what_is_encoded_already_is_taken_as_it_is() -> None:
    assert encoded({"a": orjson.Fragment(encoded([html.P("x")]))}) == encoded({"a": [html.P("x")]})


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        encoded({"a": object()})


def test_a_half_loaded_pandas_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may be half-way through importing it: Plotly's encoder failed then."""
    monkeypatch.setitem(sys.modules, "pandas", types.ModuleType("pandas"))

    assert encoded({"a": [None]}) == b'{"a":[null]}'
