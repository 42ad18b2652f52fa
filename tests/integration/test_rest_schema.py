"""The reference of the REST door: complete, true of the answers, and served without strangers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.contract import (
    ConsumptionAnswer,
    Problem,
    ReadingReceived,
    ReadingsReceived,
    UsageAnswer,
)
from api.documents import CALLS
from data_layer.accounts.model import Role
from security.policy import policy_of
from tests.integration.conftest import OWN_METER, Served, serving

READING = {"meter_id": OWN_METER, "timestamp": "2026-11-19T10:30:00", "reading": 1.5}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An application on 20 November 2026."""
    home: Path = tmp_path_factory.mktemp("rest") / "home"
    with serving(home, clock=lambda: datetime(2026, 11, 20, 4, tzinfo=UTC)) as found:
        yield found


def schema(rest: Served) -> dict[str, Any]:
    answer = rest.server.test_client().get("/api/schema/")
    assert answer.mimetype == "application/json"
    return dict(answer.get_json())


def test_every_call_that_takes_keys_is_described_and_no_other(rest: Served) -> None:
    rules = rest.server.url_map.iter_rules()
    endpoints = {rule.endpoint for rule in rules if rule.rule.startswith("/api/")}
    opened = {name for name in endpoints if getattr(policy_of(name), "takes_keys", False)}

    assert set(CALLS) == opened
    described = schema(rest)
    assert described["openapi"] == "3.1.0"
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert len(operations) == len(opened)
    assert described["paths"]["/api/receive_meter_reading"]["post"]["description"] == "For: admin."
    assert {"parameters", "responses"} <= described["paths"]["/api/usage"]["get"].keys()


def test_every_reference_in_the_schema_leads_somewhere(rest: Served) -> None:
    described = schema(rest)
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}

    def references(value: Any) -> Iterator[str]:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            if name == "$ref":
                yield part
            elif isinstance(part, dict | list):
                yield from references(part)

    found = set(references(described))
    assert found
    assert found <= known


def test_answers_are_those_that_the_schema_describes(rest: Served) -> None:
    client, key = rest.server.test_client(), rest.key(Role.ADMIN)

    one = client.post("/api/receive_meter_reading", json=READING, headers=key)
    ReadingReceived.model_validate_json(one.data)
    items = [READING, READING | {"reading": 2}, {}]
    many = client.post("/api/receive_meter_readings", json=items, headers=key)
    ReadingsReceived.model_validate_json(many.data)
    for period in ("today", "yesterday"):
        words = {"meter_id": OWN_METER, "period": period}
        used = client.get("/api/get_consumption", query_string=words, headers=key)
        ConsumptionAnswer.model_validate_json(used.data)
    words = {"start": "2026-11-19", "end": "2026-11-20"}
    usage = client.get(f"/api/meters/{OWN_METER}/usage", query_string=words, headers=key)
    UsageAnswer.model_validate_json(usage.data)
    for refused in (
        client.get("/api/usage"),
        client.get("/api/usage", headers=key),
        client.get("/api/nothing"),
    ):
        Problem.model_validate_json(refused.data)


def test_the_readers_are_served_from_here_and_kept_long(rest: Served) -> None:
    client = rest.server.test_client()
    for path in ("/api/docs/", "/api/redoc/"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.mimetype == "text/html"
        addresses = [part.split('"')[0] for part in page.text.split('src="')[1:]]
        assert len(addresses) == 2
        for address in addresses:
            assert address.startswith("/")
            file = client.get(address, buffered=True)
            assert (file.status_code, file.mimetype) == (200, "text/javascript")
            assert "immutable" in file.headers["Cache-Control"]
    assert b"cdn.redoc.ly" not in client.get("/api/files/redoc.js", buffered=True).data
    assert client.get("/api/files/other.js").status_code == 404
