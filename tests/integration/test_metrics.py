"""What a monitoring system sees at /metrics, who may ask, and what logs/api.log says of a call."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from data_layer.accounts.model import Role
from settings import Settings
from tests.integration.conftest import OWN_METER, Served

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def told(text: str) -> dict[str, float]:
    """Name and labels of each sample, with its value; the text is what Prometheus itself reads."""
    return {
        " ".join([sample.name, *(f"{key}={word}" for key, word in sample.labels.items())]): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client: FlaskClient, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/plain"
    return told(answer.text)


def test_the_home_and_its_requests_are_counted(served: Served) -> None:
    client, key = served.server.test_client(), served.key(Role.ADMIN)
    before = scraped(client)
    assert (before["meterbook_receiving"], before["meterbook_accounts"]) == (1, 2)
    reading = {"meter_id": OWN_METER, "timestamp": "2026-11-19T10:30:00", "reading": 1}
    for expected in (200, 200):
        sent = client.post("/api/receive_meter_reading", json=reading, headers=key)
        assert sent.status_code == expected
    client.post("/api/shutdown", headers=key)
    assert client.post("/api/receive_meter_reading", json=reading, headers=key).status_code == 503
    after = scraped(client)
    one = "endpoint=meter_readings.receive_one"
    assert after[f"meterbook_http_requests_total {one} status=200"] == 2
    assert after[f"meterbook_http_requests_total {one} status=503"] == 1
    assert after[f"meterbook_http_request_seconds_count {one}"] == 3
    assert (after["meterbook_receiving"], after["meterbook_stopped"]) == (0, 1)
    assert after["meterbook_tail_readings"] == 1
    assert after["process_resident_memory_bytes"] > 0


def test_metrics_open_to_admins_and_to_this_machine_only(served: Served) -> None:
    client = served.server.test_client()
    for role, status in ((Role.ADMIN, 200), (Role.GOVERNMENT, 403), (Role.HOUSEHOLD, 403)):
        answer = client.get("/metrics", headers=served.key(role), environ_overrides=ELSEWHERE)
        assert answer.status_code == status
    for address in ("127.0.0.1", "::1", "127.9.9.9"):
        assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": address}).status_code == 200
    refused = client.get("/metrics", environ_overrides=ELSEWHERE)
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 401
    assert client.get("/metrics", headers={"Host": "evil.example"}).status_code == 400


def test_behind_a_proxy_loopback_is_nobody(served: Served) -> None:
    behind = create_app(Settings(home=served.book.home, secure_cookies=True), book=served.book)
    assert behind.test_client().get("/metrics").status_code == 401
    key = served.key(Role.ADMIN)
    assert behind.test_client().get("/metrics", headers=key).status_code == 200


def test_each_rest_call_has_its_line(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="meterbook.api")
    client, key = served.server.test_client(), served.key(Role.ADMIN)
    client.get("/api/maintenance/status", headers={**key, "X-Request-ID": "a-name"})
    client.get("/api/no%0asuch%20200%20?secret=1", headers={"X-Request-ID": "another"})
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("GET /api/maintenance/status 200 ")
    assert first.endswith(" ms api:k1 request a-name")
    assert second.startswith("GET /api/no%0Asuch%20200%20 404 ")
    assert "secret" not in second
