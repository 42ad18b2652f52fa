"""Machines that send readings to a real server over HTTP, and remember what it answered for."""

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

from data_layer.accounts.model import Account, Role
from data_layer.book import Book
from tests.faults.power_cut_truth import (
    HALF_HOUR,
    METERS,
    SLOTS,
    SOURCE,
    START,
    Truth,
    reading_of,
)

UPLOADERS = 4
ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Singapore")
Pair = tuple[int, int]


class Uploaders:
    """Machines that send readings until the server is gone."""

    def __init__(
        self, address: str, key: str, truth: Truth, seed: str, *, pause: float = 0.0
    ) -> None:
        """Four of them, each with a `pause` after every answer."""
        self._pause = pause
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
                time.sleep(self._pause)
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


def created(home: Path, database_url: str | None = None) -> str:
    """A home with the meters' accounts; gives the machines' key."""
    with Book.open(home, timezone=ZONE.key, database_url=database_url, scheduled=False) as book:
        accounts = [Account(f"m-{n}", "Owner", f"{n} Road") for n in range(METERS)]
        book.accounts.register_many(accounts, actor="tester")
        key, text = book.api_keys.issue(Role.ADMIN, name="test", meter_ids=(), actor="tester")
        assert key.actor == SOURCE
    return text
