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
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from data_layer.accounts.model import Account
from data_layer.book import Book

ROOT = Path(__file__).resolve().parents[2]
METER = "A 1//b.c"
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
