"""Kill the real server while it takes readings over HTTP, again and again, as it starts too.

METERBOOK_SERVER_KILLS says how often (20), METERBOOK_SEED repeats the chances.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from data_layer.accounts.model import Account, Role
from data_layer.book import Book
from data_layer.errors import Conflict
from data_layer.journeys.end_day import END_DAY
from tests.faults.power_cut_check import check
from tests.faults.power_cut_truth import (
    HALF_HOUR,
    METERS,
    SLOTS,
    SOURCE,
    START,
    Truth,
    reading_of,
)

KILLS = int(os.environ.get("METERBOOK_SERVER_KILLS", "20"))
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
UPLOADERS = 4
LIFE_SECONDS = (0.05, 0.6)
ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Singapore")
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 20 * KILLS)]
Pair = tuple[int, int]


class Uploaders:
    """Machines that send readings until the server is gone."""

    def __init__(self, address: str, key: str, truth: Truth, seed: str) -> None:
        self._address = urlsplit(address)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._truth = truth
        self._gone = Event()
        self.trouble: list[str] = []
        self._threads = [
            Thread(target=self._upload, args=(random.Random(f"{seed}.{n}"),))
            for n in range(UPLOADERS)
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        self._gone.set()
        for thread in self._threads:
            thread.join()

    def _upload(self, chance: random.Random) -> None:
        server = HTTPConnection(self._address.hostname or "", self._address.port, timeout=10)
        with suppress(OSError, HTTPException):  # killed: what is not answered is not promised
            while not self._gone.is_set():
                size = chance.choice([1, 1, 1, 2, 12])
                pairs = {(chance.randrange(METERS), chance.randrange(SLOTS)) for _ in range(size)}
                self._send(server, sorted(pairs))
        server.close()

    def _send(self, server: HTTPConnection, pairs: Sequence[Pair]) -> None:
        facts = {f"reading {meter} {slot} 0" for meter, slot in pairs}
        self._truth.asked.update(facts)
        one = len(pairs) == 1
        body = as_json(*pairs[0]) if one else [as_json(*pair) for pair in pairs]
        path = "/api/receive_meter_reading" if one else "/api/receive_meter_readings"
        server.request("POST", path, json.dumps(body), self._headers)
        answer = server.getresponse()
        content = json.loads(answer.read())
        if answer.status == 503:
            time.sleep(0.01)  # the day is being ended
        elif answer.status != 200 or not content["success"]:
            self.trouble.append(f"{answer.status}: {content}")
        else:
            self._truth.promised.update(facts)


def as_json(meter: int, slot: int) -> dict[str, str]:
    reading = reading_of(meter, slot)
    assert reading.value_wh is not None
    at = datetime.fromtimestamp(START + slot * HALF_HOUR, ZONE)
    return {
        "meter_id": reading.meter_id,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:00}",
        "reading": f"{reading.value_wh / 1000:.3f}",
    }


def begun(home: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, **environment, "METERBOOK_HOME": str(home), "METERBOOK_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_a_killed_server_loses_no_reading_it_answered_for(tmp_path: Path) -> None:
    chance, home, truth = random.Random(SEED), tmp_path / "home", Truth()
    environment = {
        "METERBOOK_KEY_REQUESTS_PER_MINUTE": "1000000",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"),  # the second start is quick
    }
    key = created(home)
    for kill in range(KILLS):
        told = f"METERBOOK_SEED={SEED}, kill {kill}"
        if chance.random() < 0.5:
            ask_for_end_of_day(home)
        server = begun(home, environment)
        assert server.stdout is not None
        if kill and chance.random() < 0.2:
            time.sleep(chance.uniform(0, 3))
            server.kill()
        else:
            line = server.stdout.readline()
            assert "http://" in line, f"{told}: the server did not start"
            uploaders = Uploaders(line.split()[-1], key, truth, f"{SEED}.{kill}")
            time.sleep(chance.uniform(*LIFE_SECONDS))
            server.kill()
            uploaders.join()
            assert not uploaders.trouble, f"{told}: {uploaders.trouble[:5]}"
        server.communicate()
        if kill == KILLS - 1 or chance.random() < 0.3:
            look(home, truth, told)  # else the next server recovers by itself
    assert truth.promised


def created(home: Path) -> str:
    with Book.open(home, timezone=ZONE.key, scheduled=False) as book:
        accounts = [Account(f"m-{n}", "Owner", f"{n} Road") for n in range(METERS)]
        book.accounts.register_many(accounts, actor="tester")
        key, text = book.api_keys.issue(Role.ADMIN, name="test", meter_ids=(), actor="tester")
        assert key.actor == SOURCE
    return text


def ask_for_end_of_day(home: Path) -> None:
    with Book.open(home, writable=False) as book, suppress(Conflict):
        book.jobs.start(END_DAY, {}, actor="tester")


def look(home: Path, truth: Truth, told: str) -> None:
    with Book.open(home, scheduled=False) as book:
        assert check(book, truth).wrong == [], told
