"""Only bodies the renderer would send get through to Dash."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.errors import BadInput
from security.callback_body import CallbackBody, read_callback_body

CALLBACKS: dict[str, dict[str, Any]] = {
    "a.children": {
        "callback": print,
        "inputs": [{"id": "view", "property": "data"}],
        "state": [{"id": "poll", "property": "n_intervals"}],
    },
    "..a.children...b\\.c.data..": {
        "callback": print,
        "inputs": [{"id": '{"index":["ALL"],"type":"row"}', "property": "n_clicks"}],
        "state": [],
    },
    "in-browser.children": {"inputs": [], "state": []},
}
GOOD: dict[str, Any] = {
    "output": "a.children",
    "outputs": {"id": "a", "property": "children"},
    "inputs": [{"id": "view", "property": "data", "value": {"period": "today"}}],
    "state": [{"id": "poll", "property": "n_intervals", "value": 3}],
    "changedPropIds": ["view.data"],
}
SEVERAL: dict[str, Any] = {
    "output": "..a.children...b\\.c.data..",
    "outputs": [{"id": "a", "property": "children"}, {"id": "b.c", "property": "data"}],
    "inputs": [[{"id": {"index": 1, "type": "row"}, "property": "n_clicks", "value": 1}]],
    "changedPropIds": [],
}


def read(body: object) -> CallbackBody:
    with Flask("test").test_request_context(json=body, method="POST"):
        return read_callback_body(CALLBACKS)


@pytest.mark.parametrize("body", [GOOD, SEVERAL])
def test_what_the_renderer_sends_is_read(body: dict[str, Any]) -> None:
    assert read(body).output == body["output"]


@pytest.mark.parametrize(
    "change",
    [
        {"output": "in-browser.children"},
        {"outputs": {"id": "other", "property": "children"}},
        {"outputs": [{"id": "a", "property": "children"}]},
        {"inputs": []},
        {"inputs": [{"id": "other", "property": "data", "value": 1}]},
        {"inputs": [{"id": "view", "property": "children", "value": 1}]},
        {"inputs": [[{"id": "view", "property": "data", "value": 1}]]},
        {"state": None},
        {"changedPropIds": [1]},
    ],
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        read({**GOOD, **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "property", "value", "output", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["output", "outputs", "inputs", "state", "changedPropIds"]), JSON
    )
)
def test_no_body_makes_it_stumble(change: dict[str, Any]) -> None:
    for good in (GOOD, SEVERAL):
        try:
            read({**good, **change})
        except BadInput:
            continue


@pytest.mark.parametrize(
    ("triggered", "is_poll"),
    [
        (["poll.n_intervals"], True),
        (["poll.n_intervals", "view.data"], False),
        ([], False),
    ],
)
def test_a_timer_is_told_from_a_person(triggered: list[str], is_poll: bool) -> None:
    assert read({**GOOD, "changedPropIds": triggered}).is_poll is is_poll
