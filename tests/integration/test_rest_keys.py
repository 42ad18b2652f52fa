"""How machines and people come in by the REST door: keys, cookies, form tokens, limits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from app import create_app
from data_layer.accounts.model import Role
from security import bearer
from security.allowance import Allowance
from security.bearer import WRONG_KEYS_PER_MINUTE
from settings import Settings
from tests.integration.conftest import OWN_METER, Browser, Served

USED = f"/api/get_consumption?meter_id={OWN_METER}&period=today"
TAKE = "/api/receive_meter_reading"
READING = {"meter_id": OWN_METER, "timestamp": "2026-03-01T10:30:00", "reading": 1.5}


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic dXNlcjpwYXNz",
        "Bearer \u00ff\u00fe",
        "x" * 9000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_key_is_told_how_to_send_one(shared: Served, sent: str) -> None:
    answer = shared.server.test_client().get(USED, headers={"Authorization": sent})

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Meterbook", error="invalid_token"'


def test_nobody_is_told_how_to_send_a_key_and_not_led_to_a_page(shared: Served) -> None:
    answer = shared.server.test_client().get(USED, headers={"Accept": "text/html"})

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Meterbook"'


def test_a_key_counts_before_a_cookie_and_needs_no_form_token(served: Served) -> None:
    browser = served.browser(Role.ADMIN)

    assert browser.client.get(USED, headers={"Authorization": "Bearer no"}).status_code == 401
    assert browser.client.post(TAKE, json=READING, headers=served.key(Role.ADMIN)).is_json
    assert browser.client.get(USED, headers=served.key(Role.GOVERNMENT)).status_code == 403


def test_a_cookie_changes_nothing_without_the_form_token(served: Served) -> None:
    browser = served.browser(Role.ADMIN)

    assert browser.client.post(TAKE, json=READING).status_code == 400
    assert browser.client.get(USED).get_json()["data_until"] is None
    assert browser.post(TAKE, json=READING).status_code == 200
    assert browser.client.get(USED).get_json()["data_until"] == "2026-03-01T10:30:00+08:00"


def test_readings_say_by_which_key_or_person_they_came(served: Served) -> None:
    served.server.test_client().post(TAKE, json=READING, headers=served.key(Role.ADMIN))
    later = READING | {"timestamp": "2026-03-01T11:00:00"}
    served.browser(Role.ADMIN).post(TAKE, json=later)

    log = (served.book.home / "logs" / "log.txt").read_text()
    assert ",api:k1," in log
    assert ",api:boss@example.org," in log


def test_a_revoked_key_is_over_at_the_next_request(served: Served) -> None:
    key = served.key(Role.ADMIN)
    client = served.server.test_client()
    assert client.get(USED, headers=key).status_code == 200
    assert served.book.api_keys.all()[0].last_used_at is not None

    served.book.api_keys.revoke("k1", actor="cli")

    assert client.get(USED, headers=key).status_code == 401


def test_a_refused_role_is_written_down(served: Served) -> None:
    served.server.test_client().post(TAKE, json=READING, headers=served.key(Role.HOUSEHOLD))

    entry = served.book.audit.recent(1)[0]
    assert (entry.actor, entry.action, entry.subject) == ("api:k1", "denied", TAKE)


def test_each_key_has_its_own_limit(served: Served) -> None:
    settings = Settings(home=served.book.home, key_requests_per_minute=3)
    limited = Served(create_app(settings, book=served.book), served.book)
    client, key = limited.server.test_client(), limited.key(Role.ADMIN)

    answers = [client.get(USED, headers=key) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].mimetype == "application/problem+json"
    assert 15 <= int(answers[3].headers["Retry-After"]) <= 20
    assert client.get(USED, headers=limited.key(Role.ADMIN)).status_code == 200


def test_wrong_keys_are_counted_and_right_ones_come_in_all_the_same(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands: on a slow machine the minute would go on between two of them."""
    monkeypatch.setattr(bearer, "Allowance", partial(Allowance, now=lambda: 1000.0))
    client = create_app(Settings(home=served.book.home), book=served.book).test_client()
    wrong = {"Authorization": "Bearer wrong"}
    answers = [client.get(USED, headers=wrong) for _ in range(3 * WRONG_KEYS_PER_MINUTE)]

    assert {one.status_code for one in answers[:WRONG_KEYS_PER_MINUTE]} == {401}
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "1"
    assert client.get(USED, headers=served.key(Role.ADMIN)).status_code == 200
    elsewhere = client.get(USED, headers=wrong, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 401


def test_a_key_opens_no_page(served: Served, tmp_path: Path) -> None:
    browser = Browser(served.server.test_client())

    for path in ("/usage", "/exports/readings.csv", "/_dash-layout"):
        answer = browser.client.get(path, headers=served.key(Role.ADMIN))
        assert answer.status_code == 401, path
