"""The REST door over real HTTP, with keys made and revoked by commands beside the server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from data_layer.accounts.model import Account
from data_layer.book import Book
from data_layer.clock import HALF_HOUR
from data_layer.readings.periods import Period
from tests.integration.rest_month import TARIFF

ROOT = Path(__file__).resolve().parents[2]
METER, TOUR = "A 1//b.c", "531-204-118"
START_SECONDS, HEARD_SECONDS = 60, 2.0


@dataclass(frozen=True)
class Running:
    """A server, and how to ask it."""

    environment: dict[str, str]
    port: int

    def ask(
        self, method: str, path: str, *, key: str = "", body: object = None
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers (in lower case) and the JSON value of the answer."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, json.loads(answer.read())

    def command(self, *words: str) -> list[str]:
        """The lines that a command prints."""
        ended = subprocess.run(
            [sys.executable, "-m", "flask", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.splitlines()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with Book.open(tmp_path / "home", scheduled=False) as book:
        book.accounts.register(Account(METER, "Owner", "1 Orchard Road"), actor="cli")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "METERBOOK_HOME": str(tmp_path / "home"),
        "METERBOOK_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert "serves" in process.stdout.readline()
        yield Running(environment, port)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_machine_sends_readings_and_asks_for_usage_until_its_key_is_revoked(
    running: Running,
) -> None:
    admin = running.command("key", "create", "--role", "admin")[-1]
    household = running.command("key", "create", "--role", "household", "--meter", METER)[-1]
    times = ["2026-03-01T00:00:00", "2026-03-01T00:30:00"]
    sent = [
        {"meter_id": METER, "timestamp": time, "reading": 10 + n / 2}
        for n, time in enumerate(times)
    ]

    status, _, answer = running.ask("POST", "/api/receive_meter_readings", key=admin, body=sent)
    assert (status, answer["accepted"]) == (200, 2)
    usage = "/api/meters/A%201%2F%2Fb.c/usage?start=2026-03-01T00:00:00&end=2026-03-01T00:30:00"
    status, headers, answer = running.ask("GET", usage, key=household)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert answer["kwh"] == [0.5]
    large = [{"meter_id": "x" * 400_000}]
    assert running.ask("POST", "/api/receive_meter_readings", key=admin, body=large)[0] == 413
    status, headers, answer = running.ask("GET", usage)
    assert (status, headers["content-type"]) == (401, "application/problem+json")

    running.command("key", "revoke", "k2")
    revoked_at = time.monotonic()
    while running.ask("GET", usage, key=household)[0] != 401:
        assert time.monotonic() - revoked_at < HEARD_SECONDS
        time.sleep(0.05)
    assert running.ask("GET", usage, key=admin)[0] == 200


def test_metrics_are_for_the_machine_itself_and_for_nobody_behind_a_proxy(
    running: Running,
) -> None:
    def asked(**headers: str) -> int:
        with closing(HTTPConnection("127.0.0.1", running.port, timeout=30)) as connection:
            connection.request("GET", "/metrics", headers=headers)
            return connection.getresponse().status

    assert asked() == 200
    for name in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via"):
        assert asked(**{name: "192.0.2.1"}) == 401


def test_a_machine_takes_the_whole_tour_with_a_key(running: Running) -> None:
    """Register, send two months, ask for every period, bill the month, end the day, shut down
    and resume, maintain, restore."""
    admin = running.command("key", "create", "--role", "admin")[-1]

    def ask(method: str, path: str, expect: int = 200, *, key: str = admin, body: object = None
            ) -> Any:  # fmt: skip
        status, _, answer = running.ask(method, f"/api/{path}", key=key, body=body)
        assert status == expect, answer
        return answer

    ask("POST", "tariffs", body=TARIFF)
    account = {"meter_id": TOUR, "owner_name": "Tan", "address": "1 Orchard Road"}
    account["tariff_code"] = TARIFF["code"]
    assert ask("POST", "register_account", body=account)["meter_id"] == TOUR
    ask("POST", "register_account", 409, body=account)

    nothing = ask("GET", f"usage?meter_id={TOUR}&start=2026-01-01&end=2026-01-02")
    zone = ZoneInfo(nothing["zone"])
    now = datetime.now(zone)
    this = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = (this - timedelta(days=1)).replace(day=1)
    times = range(int(last.timestamp()), int(now.timestamp()) + 1, HALF_HOUR)
    sent = [
        {"meter_id": TOUR, "timestamp": f"{datetime.fromtimestamp(at, zone).isoformat()}",
         "reading": 10 + n / 2}
        for n, at in enumerate(times)
    ]  # fmt: skip
    for first in range(0, len(sent), 1000):
        part = sent[first : first + 1000]
        assert ask("POST", "receive_meter_readings", body=part)["accepted"] == len(part)
    assert ask("POST", "receive_meter_reading", body=sent[0])["duplicate"]

    def every_period() -> dict[str, Any]:
        found = {}
        for period in Period:
            used = ask("GET", f"get_consumption?meter_id={TOUR}&period={period.value}")
            assert used["data_until"] == sent[-1]["timestamp"]
            if used["start_time"] is not None:  # the first half hour of a day has no past today
                ends = [datetime.fromisoformat(used[name]) for name in ("start_time", "end_time")]
                halves = (ends[1] - ends[0]).total_seconds() / HALF_HOUR
                assert used["consumption"] == halves / 2
                assert used["consumption"] == used["end_reading"] - used["start_reading"]
            found[period.value] = used
        return found

    before = every_period()
    month = f"{last:%Y-%m}"
    assert before["last_month"]["start_time"] == last.isoformat()
    assert before["last_month"]["end_time"] == this.isoformat()
    assert before["last_30min"]["consumption"] == 0.5

    ask("GET", f"get_last_month_bill?meter_id={TOUR}", 404)
    for job in ({"kind": "bill_month", "month": month}, {"kind": "end_day"}):
        begun = ask("POST", "jobs", 202, body=job)
        while ask("GET", f"jobs/{begun['id']}")["finished_at"] is None:
            time.sleep(0.05)
        assert ask("GET", f"jobs/{begun['id']}")["state"] == "done"

    assert ask("POST", "shutdown")["is_receiving_data"] is False
    refused = ask("POST", "receive_meter_reading", 503, body=sent[-1])
    assert "receiving was stopped" in refused["detail"]
    assert every_period()["last_month"] == before["last_month"]
    status = ask("GET", "maintenance/status")
    assert (status["is_receiving_data"], status["is_maintenance_mode"]) == (False, False)
    assert ask("POST", "resume")["is_receiving_data"] is True
    assert ask("POST", "receive_meter_reading", body=sent[-1])["duplicate"]
    begun = ask("POST", "maintenance/start", body={"maintenance_type": "both"})
    assert (begun["success"], begun["maintenance_type"]) == (True, "both")
    while ask("GET", "maintenance/status")["is_maintenance_mode"]:
        time.sleep(0.05)
    restored = ask("POST", "restore_data")
    assert restored["restored_meters_count"] == 1
    assert restored["restored_readings_count"] == len(sent)

    own = ask("POST", "keys", 201, body={"role": "household", "meters": [TOUR]})
    bill = ask("GET", f"get_last_month_bill?meter_id={TOUR}", key=own["key"])
    same = ("start_reading", "end_reading", "consumption", "start_time", "end_time")
    assert {name: bill[name] for name in same} == {
        name: before["last_month"][name] for name in same
    }
    assert (bill["period"], bill["estimated_kwh"], bill["missing_half_hours"]) == (month, 0, 0)
    assert bill["gross_minor"] == sum(line["amount_minor"] for line in bill["lines"]) > 0
    assert ask("GET", f"bills?meter_id={TOUR}", key=own["key"])["total"] == 1
    ask("GET", f"bills?meter_id={quote(METER)}", 404, key=own["key"])
    ask("GET", "accounts", 403, key=own["key"])
    assert ask("GET", f"readings?meter_id={TOUR}&limit=1")["total"] == len(sent)
    days = f"from={last:%Y-%m-%d}&to={this - timedelta(days=1):%Y-%m-%d}"
    (group,) = ask("GET", f"totals?{days}")["groups"]
    assert group["kwh"] == [bill["consumption"]]
    after = every_period()
    assert after["last_month"] == before["last_month"]
    ask("DELETE", f"keys/{own['number']}")
    ask("GET", f"bills?meter_id={TOUR}", 401, key=own["key"])
