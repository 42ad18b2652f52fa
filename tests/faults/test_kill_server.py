"""Kill the real server while it takes readings over HTTP, again and again, as it starts too.

METERBOOK_SERVER_KILLS says how often (20), METERBOOK_SEED repeats the chances.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest

from data_layer.book import Book
from data_layer.errors import Conflict
from data_layer.journeys.end_day import END_DAY
from tests.faults.http_uploaders import Uploaders, begun, created
from tests.faults.power_cut_check import check
from tests.faults.power_cut_truth import Truth

KILLS = int(os.environ.get("METERBOOK_SERVER_KILLS", "20"))
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
LIFE_SECONDS = (0.05, 0.6)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 20 * KILLS)]


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


def ask_for_end_of_day(home: Path) -> None:
    with Book.open(home, writable=False) as book, suppress(Conflict):
        book.jobs.start(END_DAY, {}, actor="tester")


def look(home: Path, truth: Truth, told: str) -> None:
    with Book.open(home, scheduled=False) as book:
        assert check(book, truth).wrong == [], told
