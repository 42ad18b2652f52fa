"""REST: a stored reading is corrected or withdrawn with a reason, and by admins alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.office_contract import StoredReading
from data_layer.accounts.model import OPERATOR, Role
from data_layer.readings.model import Action, Reading, ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import ADMIN_MANUAL
from tests.integration.conftest import NO_METER, OWN_METER, Served
from tests.integration.rest_month import MONTH, serving_a_month
from tests.integration.without_audit import without_audit

RECEIVE, CORRECT = "/api/receive_meter_reading", "/api/correct_meter_reading"
WITHDRAW = "/api/withdraw_meter_reading"
STORED = {"meter_id": OWN_METER, "timestamp": "2026-11-01T00:00:00"}
WHY = {"reason": "misread by one digit"}


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Served]:
    """A home whose household has 100 kWh on 1 October, 200 on 1 and 260 on 20 November."""
    with serving_a_month(tmp_path / "home") as found:
        yield found


def stored(rest: Served) -> list[tuple[Any, ...]]:
    found = rest.ask("GET", f"/api/readings?meter_id={OWN_METER}")["readings"]
    return [
        (one["value_kwh"], one["revision"], one["state"])
        for one in found
        if one["read_at"].startswith(STORED["timestamp"])
    ]


def test_a_refused_value_is_stored_as_a_correction(rest: Served) -> None:
    refused = rest.ask("POST", RECEIVE, expect=409, json=STORED | {"reading": 201.5})
    assert refused["type"] == "urn:meterbook:problem:conflict"
    assert "over REST" in refused["detail"]

    told = rest.ask("POST", CORRECT, json=STORED | {"reading": 201.5} | WHY)

    assert StoredReading.model_validate(told).value_kwh == 201.5
    assert (told["revision"], told["register_id"], told["state"]) == (1, "S", "")
    assert told["source"].startswith("api:k")
    assert told["read_at"] == "2026-11-01T00:00:00+08:00"
    assert sorted(stored(rest)) == [(200.0, 0, "replaced"), (201.5, 1, "")]
    words = f"meter_id={OWN_METER}&period=last_month"
    assert rest.ask("GET", f"/api/get_consumption?{words}")["consumption"] == 101.5
    bill = rest.ask("POST", "/api/bills", json={"meter_id": OWN_METER, "month": MONTH})
    assert (bill["is_new"], bill["consumption"]) == (True, 101.5)


def test_who_corrected_and_why_stands_in_the_audit(rest: Served) -> None:
    rest.ask("POST", CORRECT, json=STORED | {"reading": 201} | {"reason": " misread\n by one "})
    rest.ask("POST", WITHDRAW, json=STORED | {"reason": "of another meter"})

    lines = rest.book.audit.about(OWN_METER, "reading corrected", "reading withdrawn")

    at = rest.book.zone.parse(STORED["timestamp"])
    assert [(line.action, line.details) for line in lines] == [
        (f"reading {what}", {"register": "S", "read_at": at, "revision": n, "reason": why})
        for n, what, why in (
            (1, "corrected", "misread by one"),
            (2, "withdrawn", "of another meter"),
        )
    ]
    assert all(line.actor.startswith("api:k") for line in lines)


def test_a_reason_that_could_not_be_kept_is_kept_when_it_is_sent_again(rest: Served) -> None:
    given = STORED | {"reading": 201} | WHY
    key, client = rest.key(Role.ADMIN), rest.server.test_client()
    with without_audit(rest.book.database):
        assert client.post(CORRECT, json=given, headers=key).status_code == 500
    assert rest.book.audit.about(OWN_METER, "reading corrected") == []

    assert rest.ask("POST", CORRECT, json=given)["revision"] == 1
    assert "says so already" in rest.ask("POST", CORRECT, expect=409, json=given)["detail"]

    (line,) = rest.book.audit.about(OWN_METER, "reading corrected")
    assert (line.details["revision"], line.details["reason"]) == (1, WHY["reason"])


def test_a_withdrawn_reading_counts_no_longer_until_it_is_corrected(rest: Served) -> None:
    told = rest.ask("POST", WITHDRAW, json=STORED | WHY)
    assert (told["value_kwh"], told["revision"], told["state"]) == (None, 1, "withdrawn")
    words = f"meter_id={OWN_METER}&period=last_month"
    assert rest.ask("GET", f"/api/get_consumption?{words}")["estimated_kwh"] > 0
    assert "says so already" in rest.ask("POST", WITHDRAW, expect=409, json=STORED | WHY)["detail"]

    again = rest.ask("POST", CORRECT, json=STORED | {"reading": 200} | WHY)
    assert (again["value_kwh"], again["revision"]) == (200.0, 2)


def test_a_corrected_reading_keeps_its_type_and_is_found_by_register_and_time(rest: Served) -> None:
    at = rest.book.zone.parse("2026-11-02T10:17:05")
    row = Reading(OWN_METER, "NT", at, 5_000, type="customer")
    scope = rest.book.authorize(OPERATOR, Action.SUBMIT_READINGS)
    submit(rest.book.readings, scope, ReadingBatch.from_readings([row]), rules=ADMIN_MANUAL)
    given = {"meter_id": OWN_METER, "timestamp": "2026-11-02T10:17:05", "reading": "5.5"} | WHY

    rest.ask("POST", CORRECT, expect=404, json=given)
    told = rest.ask("POST", CORRECT, json=given | {"register_id": "NT"})

    assert (told["type"], told["value_kwh"]) == ("customer", 5.5)
    rest.ask("POST", CORRECT, expect=404, json=given | {"register_id": "NT", "kind": "initial"})

    of_register = {name: given[name] for name in ("meter_id", "timestamp", "reason")}
    rest.ask("POST", WITHDRAW, json=of_register | {"register_id": "NT"})
    again = rest.ask("POST", CORRECT, json=given | {"register_id": "NT"})
    assert (again["type"], again["revision"]) == ("customer", 3)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"reason": None}, 400, "reason"),
        ({"reason": "  \n"}, 400, "reason"),
        ({"reason": "x" * 201}, 400, "reason"),
        ({"reason": "nul \0"}, 400, "reason"),
        ({"reading": None}, 400, "reading"),
        ({"reading": "1e3"}, 400, "reading"),
        ({"timestamp": "yesterday"}, 400, "timestamp"),
        ({"register_id": "*"}, 400, "register_id"),
        ({"kind": "read"}, 400, "kind"),
        ({"meter": OWN_METER}, 400, None),
        ({"timestamp": "2026-11-03T00:00:00"}, 404, "timestamp"),
        ({"meter_id": NO_METER}, 404, "meter_id"),
        ({"reading": 200}, 409, None),
        ({"reading": 99}, 422, "reading"),
        ({"reading": 261}, 422, "reading"),
    ],
)
def test_what_is_no_correction_is_refused_and_changes_nothing(
    rest: Served, change: dict[str, Any], status: int, field: str | None
) -> None:
    refused = rest.ask(
        "POST", CORRECT, json=STORED | {"reading": 201} | WHY | change, expect=status
    )
    assert refused.get("field") == field
    assert stored(rest) == [(200.0, 0, "")]
    assert rest.book.audit.about(OWN_METER, "reading corrected") == []


@pytest.mark.parametrize("role", [Role.HOUSEHOLD, Role.GOVERNMENT])
def test_only_admins_correct(rest: Served, role: Role) -> None:
    rest.ask("POST", CORRECT, role, expect=403, json=STORED | {"reading": 201} | WHY)
    rest.ask("POST", WITHDRAW, role, expect=403, json=STORED | WHY)
    assert rest.server.test_client().post(CORRECT, json=STORED).status_code == 401
    assert stored(rest) == [(200.0, 0, "")]


def test_nothing_is_corrected_while_no_readings_are_received(rest: Served) -> None:
    with rest.book.receiving_switch.pause("the day is being ended."):
        refused = rest.ask("POST", CORRECT, expect=503, json=STORED | {"reading": 201} | WHY)
    assert "the day is being ended" in refused["detail"]
    assert stored(rest) == [(200.0, 0, "")]
