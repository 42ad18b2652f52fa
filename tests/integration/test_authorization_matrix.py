"""Every route and every callback against everybody, generated from what the application has.

A route or callback that is new fails here until its roles are written into ROUTES or declared by
its module: nothing is reachable because somebody forgot it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import CALLBACKS
from data_layer.accounts.model import Role
from security.policy import Access, policy_of
from tests.integration.conftest import (
    NO_METER,
    OTHER_METER,
    OWN_METER,
    Browser,
    Served,
    callback_body,
)

HOUSEHOLD, GOVERNMENT, ADMIN = Role.HOUSEHOLD, Role.GOVERNMENT, Role.ADMIN
EVERYBODY = frozenset({"anonymous", *Role})
SIGNED_IN = frozenset(Role)
NOBODY: frozenset[str] = frozenset()

ROUTES: Mapping[str, frozenset[str]] = {
    "/": SIGNED_IN,
    "/<path:path>": SIGNED_IN,
    "/_dash-layout": SIGNED_IN,
    "/_dash-dependencies": SIGNED_IN,
    "/_dash-update-component": SIGNED_IN,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": SIGNED_IN,
    "/_reload-hash": NOBODY,
    "/_favicon.ico": EVERYBODY,
    "_dash_assets.static": EVERYBODY,
    "health.healthz": EVERYBODY,
    "unknown.nothing_here": EVERYBODY,
    "documents.schema": EVERYBODY,
    "documents.docs": EVERYBODY,
    "documents.redoc": EVERYBODY,
    "documents.file": EVERYBODY,
    "meter_readings.receive_one": frozenset({ADMIN}),
    "meter_readings.receive_many": frozenset({ADMIN}),
    "meter_usage.get_consumption": frozenset({HOUSEHOLD, ADMIN}),
    "meter_usage.usage": frozenset({HOUSEHOLD, ADMIN}),
    "meter_usage.usage_of_meter": frozenset({HOUSEHOLD, ADMIN}),
    "accounts.register_account": frozenset({ADMIN}),
    "accounts.find": frozenset({ADMIN}),
    "accounts.show": frozenset({ADMIN}),
    "accounts.modify": frozenset({ADMIN}),
    "accounts.deactivate": frozenset({ADMIN}),
    "accounts.activate": frozenset({ADMIN}),
    "keys.find": frozenset({ADMIN}),
    "keys.make": frozenset({ADMIN}),
    "keys.revoke": frozenset({ADMIN}),
    "jobs.find": frozenset({ADMIN}),
    "jobs.show": frozenset({ADMIN}),
    "jobs.begin": frozenset({ADMIN}),
    "metrics.show": frozenset({ADMIN}),
    "maintenance.start": frozenset({ADMIN}),
    "maintenance.status": frozenset({ADMIN}),
    "maintenance.shutdown": frozenset({ADMIN}),
    "maintenance.resume": frozenset({ADMIN}),
    "maintenance.restore": frozenset({ADMIN}),
    "tariffs.find": frozenset({ADMIN}),
    "tariffs.show": frozenset({ADMIN}),
    "tariffs.enter": frozenset({ADMIN}),
    "tariffs.enter_prices": frozenset({ADMIN}),
    "stored_readings.find": frozenset({ADMIN}),
    "corrections.correct_one": frozenset({ADMIN}),
    "corrections.withdraw_one": frozenset({ADMIN}),
    "bills.get_last_month_bill": frozenset({HOUSEHOLD, ADMIN}),
    "bills.find": frozenset({HOUSEHOLD, ADMIN}),
    "bills.show": frozenset({HOUSEHOLD, ADMIN}),
    "bills.projection": frozenset({HOUSEHOLD, ADMIN}),
    "bills.issue": frozenset({ADMIN}),
    "group_totals.totals": frozenset({GOVERNMENT, ADMIN}),
    "sign_in.show": EVERYBODY,
    "sign_in.enter": EVERYBODY,
    "sign_in.show_link": EVERYBODY,
    "sign_in.use_link": EVERYBODY,
    "sign_in.leave": SIGNED_IN,
    "exports.usage": frozenset({HOUSEHOLD, ADMIN}),
    "exports.bill": frozenset({HOUSEHOLD, ADMIN}),
    "exports.bill_lines": frozenset({HOUSEHOLD, ADMIN}),
    "exports.every_bill": frozenset({ADMIN}),
    "exports.groups": frozenset({GOVERNMENT, ADMIN}),
    "exports.readings": frozenset({ADMIN}),
    "uploads.take_file": frozenset({ADMIN}),
    "uploads.refused_rows": frozenset({ADMIN}),
}
ARGUMENTS = {
    "path": "nothing/here",
    "package_name": "dash",
    "fingerprinted_path": "dash-renderer/nothing.js",
    "filename": "favicon.svg",
    "token": "guessed",
    "what": "groups",
    "file_id": "0" * 32,
    "meter": OWN_METER,
    "name": "redoc.js",
    "code": "HOME-2026",
    "job": "999",
    "number": "999",
    "month": "2026-10",
}
VISITORS = ("anonymous", *Role)


def visitor(shared: Served, who: str) -> Browser:
    return shared.anonymous() if who == "anonymous" else shared.browser(Role(who))


def rules(shared: Served) -> list[Rule]:
    return list(shared.server.url_map.iter_rules())


def requests_of(rule: Rule) -> Iterator[tuple[str, str]]:
    """(method, address) for every method of a route."""
    address = rule.rule
    for name in rule.arguments:
        for kind in ("string", "path", "int"):
            address = address.replace(f"<{kind}:{name}>", ARGUMENTS[name])
        address = address.replace(f"<{name}>", ARGUMENTS[name])
    for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
        yield method, address


def dash_of(shared: Served) -> tuple[Mapping[str, dict[str, Any]], Access]:
    app, access = shared.server.extensions["meterbook"]
    return app.callback_map, access


def server_callbacks(shared: Served) -> list[str]:
    return [key for key, entry in dash_of(shared)[0].items() if "callback" in entry]


def call(browser: Browser, body: object) -> TestResponse:
    return browser.post("/_dash-update-component", json=body)


def declared(endpoint: str) -> frozenset[str]:
    """Who may use an endpoint by its policy, before anybody below it is asked."""
    policy = policy_of(endpoint)
    assert policy is not None, endpoint
    return EVERYBODY if policy.everyone else policy.roles


def test_every_route_is_in_the_matrix_and_has_a_policy(shared: Served) -> None:
    endpoints = {rule.endpoint for rule in rules(shared)}

    assert endpoints == set(ROUTES)
    assert {endpoint: declared(endpoint) for endpoint in endpoints} == dict(ROUTES)


def test_every_callback_has_the_roles_of_its_module(shared: Served) -> None:
    callback_map, access = dash_of(shared)

    assert access.without_policy(callback_map) == []
    assert set(access.callbacks) == set(callback_map)
    own = {frozenset(Role(role) for role in module.ROLES) for module in CALLBACKS}
    for key, roles in access.callbacks.items():
        is_router = key.startswith(("_pages", ".._pages"))
        assert roles == frozenset(Role) if is_router else roles in own, key


@pytest.mark.parametrize("who", VISITORS)
def test_every_route_opens_to_its_roles_only(shared: Served, who: str) -> None:
    browser = visitor(shared, who)
    token = browser.token()
    for rule in rules(shared):
        for method, address in requests_of(rule):
            if rule.endpoint == "sign_in.leave":
                continue  # ends the visit; see test_sign_in.py
            if rule.endpoint == "metrics.show" and who == "anonymous":
                continue  # asked from this machine; see test_metrics.py
            answer = browser.client.open(address, method=method, headers=token, buffered=True)
            said = f"{who} {method} {address}: {answer.status}"
            if rule.endpoint == "sign_in.enter":
                assert 'id="entry-error"' in answer.get_data(as_text=True), said
            elif who in ROUTES[rule.endpoint]:
                assert answer.status_code not in (401, 403, 500), said
            else:
                assert answer.status_code == (401 if who == "anonymous" else 403), said


@pytest.mark.parametrize("role", Role)
def test_a_key_opens_the_rest_door_to_its_role_and_nothing_else(shared: Served, role: Role) -> None:
    key = shared.key(role)
    for rule in rules(shared):
        policy = policy_of(rule.endpoint)
        assert policy is not None
        for method, address in requests_of(rule):
            client = shared.server.test_client()
            answer = client.open(address, method=method, headers=key, buffered=True)
            said = f"{role} key {method} {address}: {answer.status}"
            assert policy.takes_keys <= address.startswith(
                ("/api/", "/metrics", "/exports/bills/")
            ), said
            if policy.takes_keys:
                may = role in ROUTES[rule.endpoint]
                assert (answer.status_code not in (401, 403, 500)) is may, said
                assert answer.status_code == 403 or may, said
            elif "anonymous" not in ROUTES[rule.endpoint]:
                assert answer.status_code in (401, 403), said


@pytest.mark.parametrize("with_key", [False, True])
def test_the_rest_door_shows_anothers_meter_like_none_at_all(
    shared: Served, *, with_key: bool
) -> None:
    browser = shared.anonymous() if with_key else shared.browser(HOUSEHOLD)
    key = shared.key(HOUSEHOLD) if with_key else {}
    period = "start=2026-11-01&end=2026-11-02"
    for address in (
        "/api/get_consumption?meter_id={}&period=today",
        "/api/bills?meter_id={}",
        "/api/bills/projection?meter_id={}",
        f"/api/usage?meter_id={{}}&{period}",
        f"/api/meters/{{}}/usage?{period}",
    ):
        answers = [
            browser.client.get(address.format(meter_id), headers=key)
            for meter_id in (OTHER_METER, NO_METER)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert _without(answers[0], OTHER_METER) == _without(answers[1], NO_METER)
        assert browser.client.get(address.format(OWN_METER), headers=key).status_code == 200


@pytest.mark.parametrize("who", VISITORS)
def test_every_page_opens_to_its_roles_only(shared: Served, who: str) -> None:
    browser = visitor(shared, who)
    for path, roles in dash_of(shared)[1].pages.items():
        answer = browser.get(path, page=True)
        if who == "anonymous":
            assert (answer.status_code, answer.location) == (302, f"/sign-in?next=%2F{path[1:]}")
        else:
            assert answer.status_code == (200 if who in roles else 403), (who, path)


@pytest.mark.parametrize("who", VISITORS)
def test_every_callback_answers_its_roles_only(shared: Served, who: str) -> None:
    browser = visitor(shared, who)
    callback_map, access = dash_of(shared)
    wrong = []
    for key in server_callbacks(shared):
        answer = call(browser, callback_body(key, callback_map[key]))
        if who == "anonymous":
            expected = [401]
        else:
            expected = [200, 204] if who in access.callbacks[key] else [403]
        if answer.status_code not in expected:
            wrong.append((key, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", Role)
def test_page_layouts_reach_their_roles_only(shared: Served, who: Role) -> None:
    browser = shared.browser(who)
    callback_map, access = dash_of(shared)
    (key,) = [name for name in server_callbacks(shared) if "_pages_content.children" in name]
    for path, roles in access.pages.items():
        body = callback_body(key, callback_map[key])
        for item in body["inputs"]:
            item["value"] = path if item["property"] == "pathname" else ""
        answer = call(browser, body)
        refused = "This page is for another role." in answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert refused == (who not in roles), (who, path)


def test_anothers_meter_is_to_a_household_like_none_at_all(shared: Served) -> None:
    """By every callback and every route it may use, whatever argument the meter hides in."""
    browser = shared.browser(HOUSEHOLD)
    callback_map, access = dash_of(shared)
    for key in server_callbacks(shared):
        if HOUSEHOLD not in access.callbacks[key]:
            continue
        body = callback_body(key, callback_map[key])
        for argument in (*body["inputs"], *body["state"]):
            answers = []
            for meter_id in (OTHER_METER, NO_METER):
                argument["value"] = {"meter": meter_id}
                answer = call(browser, body)
                answers.append((answer.status_code, _without(answer, meter_id)))
            argument["value"] = None
            assert answers[0] == answers[1], key
            assert f"Owner of {OTHER_METER}" not in answers[0][1]


def test_exports_refuse_anothers_meter_like_none_at_all(shared: Served) -> None:
    browser = shared.browser(HOUSEHOLD)

    answers = []
    for meter_id in (OTHER_METER, NO_METER):
        answer = browser.get(f"/exports/usage.csv?meter={meter_id}")
        answers.append((answer.status_code, _without(answer, meter_id)))

    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert browser.get(f"/exports/usage.csv?meter={OWN_METER}").status_code == 200


def _without(answer: TestResponse, meter_id: str) -> str:
    return answer.get_data(as_text=True).replace(meter_id, "METER")


BROKEN_BODIES: tuple[object, ...] = (
    None,
    [],
    "text",
    7,
    {},
    {"output": None},
    {"output": ["a"]},
    {"output": "no.such"},
    {"output": "..a.b...c.d.."},
)


@pytest.mark.parametrize("body", BROKEN_BODIES, ids=repr)
def test_a_body_that_names_no_callback_is_refused(shared: Served, body: object) -> None:
    assert call(shared.browser(ADMIN), body).status_code == 400


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"output": "a.b"' * 3, b"null"]
)
def test_a_body_that_is_no_json_is_refused(shared: Served, raw: bytes) -> None:
    browser = shared.browser(ADMIN)

    answer = browser.client.post(
        "/_dash-update-component",
        data=raw,
        content_type="application/json",
        headers=browser.token(),
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("part", ["inputs", "state", "outputs", "changedPropIds"])
@pytest.mark.parametrize("wrong", [None, 7, "x", {}, [7], [None] * 3, [{"id": "a"}]], ids=repr)
def test_arguments_that_are_not_the_callbacks_are_refused(
    shared: Served, part: str, wrong: object
) -> None:
    browser = shared.browser(ADMIN)
    callback_map, access = dash_of(shared)
    for key in server_callbacks(shared):
        entry = callback_map[key]
        if ADMIN not in access.callbacks[key] or (part == "outputs" and entry.get("no_output")):
            continue
        answer = call(browser, {**callback_body(key, entry), part: wrong})
        assert answer.status_code == 400, (key, part, wrong)


def test_a_body_beyond_the_limit_is_refused(shared: Served) -> None:
    answer = call(shared.browser(ADMIN), {"output": "x" * 1_100_000})

    assert answer.status_code == 413


def test_a_callback_that_runs_in_the_browser_is_not_callable_here(shared: Served) -> None:
    callback_map, _access = dash_of(shared)
    clientside = [key for key, entry in callback_map.items() if "callback" not in entry]
    assert clientside

    for key in clientside:
        assert call(shared.browser(ADMIN), {"output": key}).status_code == 400


def test_the_document_holds_no_layout_of_another_role(shared: Served) -> None:
    browser = shared.browser(HOUSEHOLD)

    document = browser.get("/usage", page=True).get_data(as_text=True)
    layout = json.dumps(browser.get("/_dash-layout").get_json())

    for path, roles in dash_of(shared)[1].pages.items():
        assert (f'"{path}"' in layout) == (HOUSEHOLD in roles), path
    assert "operations-" not in document + layout
