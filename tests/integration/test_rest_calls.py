"""The calls of the REST door: what they take, what they answer, what they refuse and how."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from data_layer.accounts.model import Account, Role
from tests.integration.conftest import OTHER_METER, OWN_METER, Served, serving

ONE, MANY = "/api/receive_meter_reading", "/api/receive_meter_readings"
ODD_METER = "A 1//b.c/_-"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An application on 20 November 2026."""
    with serving(tmp_path / "home", clock=lambda: datetime(2026, 11, 20, 4, tzinfo=UTC)) as found:
        yield found


def row(time: str = "2026-11-18T10:30:00", reading: object = 10, meter: str = OWN_METER) -> Any:
    return {"meter_id": meter, "timestamp": time, "reading": reading}


def post(served: Served, path: str, body: object, role: Role = Role.ADMIN) -> TestResponse:
    return served.server.test_client().post(path, json=body, headers=served.key(role))


def get(served: Served, path: str, role: Role = Role.HOUSEHOLD, **words: str) -> TestResponse:
    client = served.server.test_client()
    return client.get(path, query_string=words, headers=served.key(role))


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The checked problem of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    found = answer.get_json()
    assert found["status"] == status
    assert found["type"].startswith("urn:meterbook:problem:")
    return dict(found)


def test_a_reading_is_stored_once_and_contradicted_never(served: Served) -> None:
    first = post(served, ONE, row(reading=10.5))
    assert first.get_json() == {
        "success": True, "message": "the reading is stored", "duplicate": False,
    }  # fmt: skip
    again = post(served, ONE, row("2026-11-18T02:30:00Z", "10.500"))
    assert (again.status_code, again.get_json()["duplicate"]) == (200, True)

    assert problem(post(served, ONE, row(reading=10.6)), 409)["field"] == "reading"
    later = row("2026-11-18T11:00:00", 10.4)
    assert "never decrease" in problem(post(served, ONE, later), 422)["detail"]
    assert problem(post(served, ONE, row("2026-11-18T11:10:00")), 422)["field"] == "timestamp"
    assert problem(post(served, ONE, row("2090-11-18T11:00:00")), 422)["field"] == "timestamp"
    assert problem(post(served, ONE, row(meter="531-999-999")), 404)["field"] == "meter_id"


def test_every_answer_names_its_request(shared: Served, caplog: pytest.LogCaptureFixture) -> None:
    client = shared.server.test_client()

    def named(path: str, given: str = "") -> str:
        headers = {"X-Request-ID": given} if given else {}
        return str(client.get(path, headers=headers).headers["X-Request-ID"])

    for path in ("/api/jobs", "/api/schema/", "/api/nothing"):
        assert named(path, "client-7.a_B") == "client-7.a_B"
        assert len({named(path), named(path)}) == 2
        for wrong in ("a b", "a" * 65, "é", "a;b"):
            assert named(path, wrong) != wrong
    assert "X-Request-ID" not in client.get("/healthz").headers

    shared.server.view_functions["keys.find"], kept = (
        lambda: 1 / 0, shared.server.view_functions["keys.find"],
    )  # fmt: skip
    try:
        headers = {"X-Request-ID": "joined-1", **shared.key(Role.ADMIN)}
        assert client.get("/api/keys", headers=headers).status_code == 500
    finally:
        shared.server.view_functions["keys.find"] = kept
    assert "request joined-1" in caplog.text


def test_parameters_may_stand_in_the_address(served: Served) -> None:
    client, key = served.server.test_client(), served.key(Role.ADMIN)

    answer = client.post(ONE, query_string=row("2026-11-18T10:30:00+08:00"), headers=key)
    assert answer.get_json()["duplicate"] is False
    both = client.post(ONE, query_string=row(), json=row(), headers=key)
    assert "not in both" in problem(both, 400)["detail"]
    bare = client.post(f"{ONE}?meter_id=a&timestamp=2026-11-18T10:30:00+08:00", headers=key)
    assert "%2B" in problem(bare, 400)["detail"]
    for words in ("meter_id=a&meter_id=b", "meter_id", "meter_id=%ff", "a=1&" * 30, "=&=1"):
        assert problem(client.post(f"{ONE}?{words}", headers=key), 400)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meter_id": ""}, "meter_id"),
        ({"meter_id": None}, "meter_id"),
        ({"meter_id": 531}, "meter_id"),
        ({"meter_id": "a" * 33}, "meter_id"),
        ({"meter_id": "a\u0000"}, "meter_id"),
        ({"meter_id": "\ud800"}, "meter_id"),
        ({"meter_id": ["a"]}, "meter_id"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": 1763000000}, "timestamp"),
        ({"timestamp": "2026-11-18"}, "timestamp"),
        ({"timestamp": "2026-11-18T10:30"}, "timestamp"),
        ({"timestamp": "2026-11-18T10:30:01"}, "timestamp"),
        ({"timestamp": "2026-11-18 10:30:00"}, "timestamp"),
        ({"timestamp": "2026-02-30T10:30:00"}, "timestamp"),
        ({"timestamp": "2026-11-18T10:30:00+8"}, "timestamp"),
        ({"timestamp": "２026-11-18T10:30:00"}, "timestamp"),
        ({"reading": None}, "reading"),
        ({"reading": True}, "reading"),
        ({"reading": -1}, "reading"),
        ({"reading": 1e300}, "reading"),
        ({"reading": 1.2345}, "reading"),
        ({"reading": "1_000"}, "reading"),
        ({"reading": "nan"}, "reading"),
        ({"reading": "1" * 10}, "reading"),
        ({"reading": {}}, "reading"),
    ],
    ids=repr,
)
def test_what_is_not_canonical_is_refused_by_name(
    shared: Served, change: dict[str, Any], field: str
) -> None:
    assert problem(post(shared, ONE, row() | change), 400)["field"] == field
    (outcome,) = post(shared, MANY, [row() | change]).get_json()["outcomes"]
    assert (outcome["status"], outcome["field"]) == (400, field)


BROKEN: tuple[bytes, ...] = (
    b"{",
    b"null",
    b"7",
    b"\xff",
    b'{"reading": NaN}',
    b'{"reading": Infinity}',
    b'{"meter_id": "a", "meter_id": "a"}',
    b'{"else": 1}',
    b'{"reading": ' + b"[" * 17 + b"]" * 17 + b"}",
    b"[" * 30_000,
    '{"meter_id": "a"}'.encode("utf-16"),
    b'\xef\xbb\xbf{"meter_id": "a"}',
)


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:30]))
@pytest.mark.parametrize("path", [ONE, MANY])
def test_a_body_that_is_not_such_json_is_refused(shared: Served, path: str, body: bytes) -> None:
    client, key = shared.server.test_client(), shared.key(Role.ADMIN)

    answer = client.post(path, data=body, content_type="application/json", headers=key)

    assert problem(answer, 400)


@pytest.mark.parametrize("path", [ONE, MANY])
def test_a_body_of_another_type_or_size_is_refused(shared: Served, path: str) -> None:
    client, key = shared.server.test_client(), shared.key(Role.ADMIN)

    assert problem(client.post(path, data={"meter_id": "a"}, headers=key), 415)
    assert problem(client.post(path, data=b"{}", headers=key), 415)
    large = b'{"meter_id": "' + b"a" * 300_000 + b'"}'
    answer = client.post(path, data=large, content_type="application/json", headers=key)
    assert problem(answer, 413)


def test_a_batch_tells_the_outcome_of_every_item(served: Served) -> None:
    post(served, ONE, row("2026-11-18T10:00:00", 9))
    sent = [
        row("2026-11-18T10:30:00", 10),
        row("2026-11-18T10:00:00", 9),
        row("2026-11-18T10:00:00", 8),
        row("2026-11-18T11:00:00", 9.5),
        {"meter_id": OWN_METER},
        row(meter="531-999-999"),
        row("2026-11-18T10:30:00", 10),
        row("2026-11-18T10:30:00", 3, meter=OTHER_METER),
    ]

    answer = post(served, MANY, sent).get_json()

    assert {name: answer[name] for name in ("success", "accepted", "duplicates", "rejected")} == {
        "success": False, "accepted": 2, "duplicates": 2, "rejected": 4,
    }  # fmt: skip
    assert [(one["outcome"], one["status"]) for one in answer["outcomes"]] == [
        ("accepted", 200),
        ("duplicate", 200),
        ("rejected", 409),
        ("rejected", 422),
        ("rejected", 400),
        ("rejected", 404),
        ("duplicate", 200),
        ("accepted", 200),
    ]
    assert all(one["detail"] for one in answer["outcomes"] if one["outcome"] == "rejected")
    assert post(served, MANY, [row()]).get_json()["success"] is True


def test_a_batch_is_of_one_to_a_thousand(served: Served) -> None:
    assert problem(post(served, MANY, []), 400)
    assert problem(post(served, MANY, [{}] * 1001), 400)
    days = [f"2026-10-{day:02d}T{hour:02d}:00:00" for day in range(1, 32) for hour in range(24)]
    sent = [row(time, n) for n, time in enumerate(days)]
    sent += [row(f"2026-11-{day:02d}T{hour:02d}:30:00", 2000, OTHER_METER)
             for day in range(1, 12) for hour in range(24)][:256]  # fmt: skip
    answer = post(served, MANY, sent).get_json()
    assert (answer["accepted"], answer["success"], len(sent)) == (1000, True, 1000)


def test_readings_are_refused_for_a_while_when_none_are_received(served: Served) -> None:
    with served.book.receiving_switch.pause("the day is being ended."):
        for answer in (post(served, ONE, row()), post(served, MANY, [row()])):
            assert "the day is being ended" in problem(answer, 503)["detail"]
            assert int(answer.headers["Retry-After"]) > 0
        assert get(served, "/api/get_consumption", meter_id=OWN_METER, period="today").is_json


def test_consumption_has_the_fields_of_the_contract(served: Served) -> None:
    post(served, MANY, [row("2026-10-05T00:00:00", 1.5), row("2026-10-06T00:00:00", 7.125)])

    def asked(period: str) -> dict[str, Any]:
        words = {"meter_id": OWN_METER, "period": period}
        return dict(get(served, "/api/get_consumption", **words).get_json())

    assert asked("last_month") == {
        "meter_id": OWN_METER,
        "period": "last_month",
        "start_reading": 1.5,
        "end_reading": 7.125,
        "consumption": 5.625,
        "start_time": "2026-10-05T00:00:00+08:00",
        "end_time": "2026-10-06T00:00:00+08:00",
        "data_until": "2026-10-06T00:00:00+08:00",
        "estimated_kwh": 5.625,
        "missing_half_hours": 30 * 48,
    }
    nothing = asked("today")
    assert nothing["data_until"] == "2026-10-06T00:00:00+08:00"
    for name in ("start_reading", "end_reading", "consumption", "start_time", "end_time"):
        assert nothing[name] is None
    words = {"meter_id": OWN_METER, "period": "fortnight"}
    assert problem(get(served, "/api/get_consumption", **words), 400)["field"] == "period"
    assert problem(get(served, "/api/get_consumption", period="today"), 400)["field"] == "meter_id"


def test_usage_tells_each_bucket_exactly_and_what_is_unknown(served: Served) -> None:
    times = ["2026-10-05T00:00:00", "2026-10-05T00:30:00", "2026-10-05T01:30:00"]
    sent = [row(time, wh / 1000) for time, wh in zip(times, (100, 801, 1402), strict=True)]
    post(served, MANY, sent)
    words = {"start": "2026-10-04T23:30:00+08:00", "end": "2026-10-05T02:00:00"}

    answer = get(served, f"/api/meters/{OWN_METER}/usage", **words)

    assert answer.get_json() == {
        "meter_id": OWN_METER,
        "resolution": "half_hour",
        "zone": "Asia/Singapore",
        "edges": [
            "2026-10-04T23:30:00+08:00",
            "2026-10-05T00:00:00+08:00",
            "2026-10-05T00:30:00+08:00",
            "2026-10-05T01:00:00+08:00",
            "2026-10-05T01:30:00+08:00",
            "2026-10-05T02:00:00+08:00",
        ],
        "kwh": [None, 0.701, 0.3, 0.301, None],
        "estimated_kwh": [0.0, 0.0, 0.3, 0.301, 0.0],
        "missing_half_hours": [1, 0, 0, 0, 1],
    }
    same = get(served, "/api/usage", meter_id=OWN_METER, **words)
    assert same.get_json() == answer.get_json()
    day = get(served, "/api/usage", meter_id=OWN_METER, start="2026-10-05", end="2026-10-06",
              resolution="day").get_json()  # fmt: skip
    assert (day["kwh"], day["missing_half_hours"]) == ([1.302], [45])


def test_a_meter_whose_id_needs_encoding_has_an_address(served: Served) -> None:
    served.book.accounts.register(Account(ODD_METER, "Owner", "1 Orchard Road"), actor="cli")
    assert post(served, ONE, row(meter=ODD_METER)).status_code == 200
    words = {"start": "2026-11-18", "end": "2026-11-19"}
    client, key = served.server.test_client(), served.key(Role.ADMIN)

    for written in ("A 1//b.c/_-", "A%201%2F%2Fb.c%2F_-", "A%201/%2Fb.c/_-"):
        answer = client.get(f"/api/meters/{written}/usage", query_string=words, headers=key)
        assert answer.get_json()["meter_id"] == ODD_METER, answer.text
    asked = client.get("/api/usage", query_string=words | {"meter_id": ODD_METER}, headers=key)
    assert asked.get_json()["meter_id"] == ODD_METER


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"start": "2026-10-05"}, "end"),
        ({"end": "2026-10-05"}, "start"),
        ({"start": "2026-10-05", "end": "2026-10-05"}, "end"),
        ({"start": "today", "end": "2026-10-05"}, "start"),
        ({"start": "2026-10-05T10:00", "end": "2026-10-06"}, "start"),
        ({"start": "2026-10-05", "end": "2026-10-06", "resolution": "minute"}, "resolution"),
        ({"start": "2000-10-05", "end": "2026-10-06"}, "resolution"),
    ],
)
def test_usage_refuses_by_name_what_it_cannot_answer(
    shared: Served, words: dict[str, str], field: str
) -> None:
    answer = get(shared, f"/api/meters/{OWN_METER}/usage", **words)

    assert problem(answer, 400)["field"] == field


def test_a_method_that_a_call_does_not_have_is_told_which_it_has(shared: Served) -> None:
    client = shared.server.test_client()

    for method, path, has in (
        ("GET", ONE, "POST"),
        ("DELETE", "/api/get_consumption", "GET"),
        ("POST", f"/api/meters/{OWN_METER}/usage", "GET"),
    ):
        answer = client.open(path, method=method, headers=shared.key(Role.ADMIN))
        problem(answer, 405)
        assert answer.headers["Allow"] == has
    assert problem(client.put("/api/nothing"), 404)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
ITEM = st.fixed_dictionaries({"meter_id": st.just(OWN_METER) | JSON, "timestamp": JSON | st.just(
    "2026-11-18T10:30:00"), "reading": JSON | st.integers(0, 10)})  # fmt: skip


@pytest.fixture(scope="module")
def door(shared: Served) -> tuple[FlaskClient, dict[str, str]]:
    return shared.server.test_client(), shared.key(Role.ADMIN)


@given(body=JSON | ITEM | st.lists(ITEM, max_size=3), raw=st.none() | st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_body_is_answered_with_a_server_error(
    door: tuple[FlaskClient, dict[str, str]], body: object, raw: bytes | None
) -> None:
    client, key = door
    data = json.dumps(body).encode() if raw is None else raw
    for path in (ONE, MANY):
        answer = client.post(path, data=data, content_type="application/json", headers=key)
        assert answer.status_code in (200, 400, 404, 409, 415, 422), answer.text
        assert answer.is_json


@given(words=st.dictionaries(
    st.sampled_from(["meter_id", "period", "start", "end", "resolution", "x"]),
    st.sampled_from([OWN_METER, "today", "2026-11-18", "1990-12-31T23:59:59", "2099-12-31", "week"])
    | st.text(max_size=30)))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_question_is_answered_with_a_server_error(
    door: tuple[FlaskClient, dict[str, str]], words: dict[str, str]
) -> None:
    client, key = door
    for path in ("/api/get_consumption", "/api/usage", f"/api/meters/{OWN_METER}/usage"):
        query = urlencode(words, errors="surrogatepass")
        answer = client.get(f"{path}?{query}", headers=key)
        assert answer.status_code in (200, 400, 404), answer.text
