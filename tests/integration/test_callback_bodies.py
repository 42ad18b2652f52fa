"""Every callback against bodies no page of ours sends: refused in words, never stumbled over.

Generated from what the application has: each value stands once in each input and state alone, the
others as a page sends them, for each role. A 500 anywhere is a failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import TOO_MANY_REQUESTS
from typing import Any

import pytest
from werkzeug.test import TestResponse

from data_layer.accounts.model import Role
from tests.integration.conftest import OTHER_METER, OWN_METER, Browser, Served, callback_body

ADDRESS = "/_dash-update-component"
STRANGE_VALUES: Mapping[str, object] = {
    "number": 7,
    "negative": -1,
    "fraction": 0.5,
    "huge number": 10**30,
    "true": True,
    "text": "text",
    "empty text": "",
    "lone surrogate": "\ud800",
    "NUL": "a\0b",
    "long text": "x" * 20_000,
    "list": [],
    "list of numbers": [1, 2],
    "list of nothing": [None],
    "list of lists": [[["meter"]]],
    "object": {},
    "object in a list": [{}],
    "row of numbers": [{"meter_id": 1, "register_id": 2, "epoch": "x", "status": 3, "email": 4}],
    "row of lists": [{"meter_id": [], "epoch": [], "kind_code": {}, "value_kwh": "x"}],
    "words of numbers": {"meter": 1, "region": 2, "from": 3, "job": 4, "search": 5, "status": 6},
    "words of objects": {"meter": {}, "region": {"a": 1}, "from": {}, "job": {}, "file": {}},
    "words of nested lists": {"meter": [["a"]], "region": [[1]], "job": [[]], "file": [1]},
    "words of nothing": {"meter": None, "region": None, "from": None, "job": None, "file": None},
    "endless year": {"from": "9999-12-31", "to": "9999-12-31", "meter": OWN_METER},
    "first year": {"from": "0001-01-01", "to": "0001-01-02", "meter": OWN_METER},
    "block of texts": {"startRow": "a", "endRow": [], "sortModel": 5},
    "endless block": {"startRow": 10**40, "endRow": 10**41, "sortModel": [{"colId": []}]},
    "block sorted by nothing": {"startRow": 0, "endRow": 100, "sortModel": [None]},
}


def callbacks_of(served: Served, role: Role) -> Iterator[tuple[str, Mapping[str, Any]]]:
    app, access = served.server.extensions["meterbook"]
    for key, entry in app.callback_map.items():
        if "callback" in entry and role in access.callbacks[key]:
            yield key, entry


def ask(browser: Browser, text: str) -> TestResponse:
    return browser.client.post(
        ADDRESS,
        data=text.encode("utf-8", "surrogatepass"),
        content_type="application/json",
        headers=browser.token(),
        buffered=True,
    )


def usual_value(name: str) -> object:
    """What a page might send for a property, so that the other arguments are not what fails."""
    usual: Mapping[str, object] = {
        "n_clicks": 1,
        "n_submit": 1,
        "n_intervals": 1,
        "selectedRows": [{"meter_id": OTHER_METER}],
        "getRowsRequest": {"startRow": 0, "endRow": 10, "sortModel": []},
    }
    return usual.get(name)


def arguments(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for argument in (*body["inputs"], *body["state"]):
        if isinstance(argument, dict):
            yield argument


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", list(STRANGE_VALUES))
def test_no_value_makes_a_callback_stumble(shared: Served, role: Role, name: str) -> None:
    browser = shared.browser(role)
    stumbled = []
    for key, entry in callbacks_of(shared, role):
        body = callback_body(key, entry)
        for argument in arguments(body):
            argument["value"] = usual_value(argument["property"])
        for argument in arguments(body):
            usual, argument["value"] = argument["value"], STRANGE_VALUES[name]
            answer = ask(browser, json.dumps(body))
            if answer.status_code == TOO_MANY_REQUESTS or answer.status_code >= 500:
                stumbled.append((key[:60], argument["id"], argument["property"]))
            argument["value"] = usual
    assert stumbled == []


STRANGE_TRIGGERS = (
    [],
    ["x"],
    ["x.n_clicks"],
    [""],
    ["."],
    ['{"a":1}.value'],
    ["{.value"],
    ["a.b.c"],
)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("triggers", STRANGE_TRIGGERS)
def test_no_trigger_makes_a_callback_stumble(
    shared: Served, role: Role, triggers: list[str]
) -> None:
    browser = shared.browser(role)
    for key, entry in callbacks_of(shared, role):
        body = callback_body(key, entry)
        for argument in arguments(body):
            argument["value"] = usual_value(argument["property"])
        answer = ask(browser, json.dumps({**body, "changedPropIds": triggers}))
        assert answer.status_code < 500, key
        assert answer.status_code != TOO_MANY_REQUESTS, key


FORMS: list[tuple[list[object], list[object]]] = [
    ([], []),
    ([{"type": "account-field", "name": "meter_id"}], ["1"]),
    ([{"type": "account-field", "name": "meter_id"}], ["1", "2"]),
    ([{"type": "account-field"}], ["1"]),
    ([{"type": "account-field", "name": "password_hash"}], ["x"]),
    ([{"type": "account-field", "name": 1}], ["x"]),
]


@pytest.mark.parametrize(("names", "values"), FORMS)
def test_a_form_of_other_fields_is_refused(
    shared: Served, names: list[object], values: list[object]
) -> None:
    browser = shared.browser(Role.ADMIN)
    (key,) = [key for key, _ in callbacks_of(shared, Role.ADMIN) if "account-error" in key]
    body = callback_body(key, dict(callbacks_of(shared, Role.ADMIN))[key])
    pressed, entered, fields, field_ids, edited, changed = (*body["inputs"], *body["state"])
    pressed["value"], edited["value"], changed["value"] = 1, "", 0
    del entered
    for column, items in ((fields, values), (field_ids, names)):
        for n, item in enumerate(items):
            column.append(
                {
                    "id": {"type": "account-field", "name": f"f{n}"},
                    "property": "value" if column is fields else "id",
                    "value": item,
                }
            )

    assert ask(browser, json.dumps(body)).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "NaN",
        '{"output": NaN}',
        '{"output": 1e999}',
        "[" * 100_000,
        '{"a":' * 20 + "1" + "}" * 20,
        '{"output": "a", "output": "b"}',
        '{"output": "\\ud800"}',
        '{"output": ' + "9" * 5000 + "}",
        '"\xff"',
    ],
)
def test_what_is_not_strict_json_is_400(shared: Served, text: str) -> None:
    assert ask(shared.browser(Role.ADMIN), text).status_code == 400


def test_readers_of_json_cannot_disagree_about_a_good_body(shared: Served) -> None:
    """The same callback, asked well, asked with a name twice, with a constant, too deeply."""
    browser = shared.browser(Role.HOUSEHOLD)
    key, entry = next(
        found for found in callbacks_of(shared, Role.HOUSEHOLD) if "usage-cards" in found[0]
    )
    good = json.dumps(callback_body(key, entry, value={"meter": OWN_METER}))
    assert ask(browser, good).status_code == 200

    twice = good.replace('"value": {', '"value": {"meter": "x", ')
    assert ask(browser, twice).status_code == 400
    for value in ("NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', "[" * 20 + "]" * 20):
        assert ask(browser, good.replace(f'"{OWN_METER}"', value)).status_code == 400, value
