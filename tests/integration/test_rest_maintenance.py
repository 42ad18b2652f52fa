"""REST for operators: maintenance, receiving stopped and resumed, readings restored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_layer.accounts.model import Role
from data_layer.journeys.end_day import END_DAY
from security.notice import HEADER
from tests.integration.conftest import OWN_METER, Served
from tests.integration.jobs_ended import ended
from tests.integration.rest_month import MONTH, serving_a_month

NEW = {"meter_id": OWN_METER, "timestamp": "2026-11-20T00:30:00", "reading": 261}


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Served]:
    with serving_a_month(tmp_path / "home") as found:
        yield found


def test_daily_maintenance_ends_the_day(rest: Served) -> None:
    begun = rest.ask("POST", "/api/maintenance/start", json={"maintenance_type": "daily"})
    assert (begun["success"], begun["maintenance_type"]) == (True, "daily")
    (job,) = begun["jobs"]
    assert ended(rest.book, job).result["readings_merged"] == 3
    status = rest.ask("GET", "/api/maintenance/status")
    assert status == {
        "is_maintenance_mode": False,
        "is_receiving_data": True,
        "timestamp": "2026-11-20T12:00:00+08:00",
        "reason": "",
    }


def test_monthly_maintenance_bills_the_month_and_writes_its_archive(rest: Served) -> None:
    begun = rest.ask("POST", "/api/maintenance/start?maintenance_type=both")
    day, month = [ended(rest.book, job) for job in begun["jobs"]]
    assert day.kind == END_DAY
    assert (month.result["month"], month.result["unchanged"]) == (MONTH, 1)
    assert (rest.book.home / "daily" / f"monthly_{MONTH}.csv").exists()


def test_a_second_maintenance_waits_for_the_first(rest: Served) -> None:
    with rest.book.receiving_switch.pause("the day is being ended."):
        for path in ("/api/shutdown", "/api/resume"):
            assert "being ended" in rest.ask("POST", path, expect=409)["detail"]
        started = rest.book.jobs.start("import_readings", {"file": "none"}, actor="cli")
        ended(rest.book, started)
    first = rest.ask("POST", "/api/maintenance/start?maintenance_type=both")["jobs"]
    clashes = [rest.ask("POST", "/api/maintenance/start?maintenance_type=monthly", expect=409),
               rest.ask("POST", "/api/restore_data", expect=409)]  # fmt: skip
    assert all("is under way" in one["detail"] for one in clashes)
    for job in first:
        ended(rest.book, job)
    refused = rest.ask("POST", "/api/maintenance/start?maintenance_type=hourly", expect=400)
    assert refused["field"] == "maintenance_type"


def test_a_shutdown_stops_readings_and_nothing_else(rest: Served) -> None:
    usage = f"/api/get_consumption?meter_id={OWN_METER}&period=this_month"
    before = rest.ask("GET", usage)
    stopped = rest.ask("POST", "/api/shutdown")
    assert (stopped["success"], stopped["is_receiving_data"]) == (True, False)
    assert (
        "stopped at"
        in rest.ask("POST", "/api/receive_meter_reading", expect=503, json=NEW)["detail"]
    )
    rest.ask("POST", "/api/receive_meter_readings", expect=503, json=[NEW])
    rest.ask("POST", "/api/shutdown", expect=409)
    assert rest.ask("GET", usage) == before
    assert not rest.ask("GET", "/api/maintenance/status")["is_receiving_data"]

    page = rest.browser(Role.HOUSEHOLD).get("/usage", page=True)
    assert "refused" in page.headers[HEADER]
    assert HEADER not in rest.anonymous().get("/sign-in", page=True).headers

    assert rest.ask("POST", "/api/resume")["is_receiving_data"]
    assert HEADER not in rest.browser(Role.HOUSEHOLD).get("/usage", page=True).headers
    rest.ask("POST", "/api/resume", expect=409)
    assert not rest.ask("POST", "/api/receive_meter_reading", json=NEW)["duplicate"]


def test_a_restore_counts_meters_and_readings(rest: Served) -> None:
    done = rest.ask("POST", "/api/restore_data")
    assert (done["success"], done["restored_meters_count"]) == (True, 1)
    assert done["restored_readings_count"] == 3
    assert rest.ask("GET", f"/api/readings?meter_id={OWN_METER}")["total"] == 3
    (rest.book.home / "daily" / "2026-11-01.csv").unlink()
    said = rest.ask("POST", "/api/restore_data", expect=503)
    assert "2026-11-01.csv is missing" in said["detail"]


@pytest.mark.parametrize("role", [Role.HOUSEHOLD, Role.GOVERNMENT])
def test_only_admins_operate(rest: Served, role: Role) -> None:
    for path in ("shutdown", "resume", "restore_data", "maintenance/start"):
        rest.ask("POST", f"/api/{path}", role, expect=403)
    rest.ask("GET", "/api/maintenance/status", role, expect=403)
    assert rest.book.receiving
