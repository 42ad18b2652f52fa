"""Backups while machines send readings and days are ended; then the home is lost and comes back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import URL

from data_layer.book import Book
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.fingerprint import READINGS
from data_layer.readings.codec import decode_log
from data_layer.readings.model import Action, ReadingBatch, Scope, join
from data_layer.readings.operations import submit
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage.home import Home
from data_layer.storage.log_format import payloads
from data_layer.storage.log_names import ARCHIVE, LOG_NAME, sealed_logs
from tests.conftest import Address
from tests.faults.http_uploaders import ROOT, Uploaders, begun, created
from tests.faults.power_cut_check import check
from tests.faults.power_cut_truth import Truth, facts_of
from tests.integration.operator_commands import answered

BACKUPS = 2
SUBMIT = Scope("tester", Action.SUBMIT_READINGS, None)
pytestmark = pytest.mark.timeout(600)


def text_of(address: URL) -> str:
    return address.render_as_string(hide_password=False)


def flask(home: Path, database: str | None, *words: str) -> dict[str, Any]:
    """Run a command as a process of its own."""
    environment = {**os.environ, "METERBOOK_HOME": str(home)}
    if database is not None:
        environment["METERBOOK_DATABASE_URL"] = database
    command = [sys.executable, "-m", "flask", *words, "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict)
    return answer


def test_a_lost_home_comes_back_as_it_was_when_the_backup_was_made(
    tmp_path: Path,
    database_address: Address,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_sqlite = database_address.get_backend_name() == "sqlite"

    def new_database() -> str | None:
        if is_sqlite:
            return None
        return text_of(request.getfixturevalue("postgres").new_database())

    home, database, truth = tmp_path / "home", new_database(), Truth()
    backups = backed_up_under_load(home, database, truth, tmp_path / "backups")
    history = everything_taken(home)
    shutil.rmtree(home)

    for place, acknowledged_before in backups:
        restored, other = tmp_path / f"restored-{place.name}", new_database()
        monkeypatch.setenv("METERBOOK_HOME", str(restored))
        if other is not None:
            monkeypatch.setenv("METERBOOK_DATABASE_URL", other)
        told = answered("restore", str(place))
        assert answered("verify")["state"] == told["state"]
        count = told["parts"][READINGS]["rows"]
        with Book.open(restored, database_url=other, scheduled=False) as book:
            found = check(book, Truth(asked=set(truth.asked), promised=acknowledged_before))
        monkeypatch.setenv("METERBOOK_HOME", str(tmp_path / f"replay-{place.name}"))
        monkeypatch.delenv("METERBOOK_DATABASE_URL", raising=False)
        replay = replayed(tmp_path / f"replay-{place.name}", history.take(np.arange(count)))

        assert found.wrong == []
        assert found.found == set(facts_of(history)[0][:count])
        assert count < len(history), "nothing came after the backup"
        assert told["parts"][READINGS] == replay


def backed_up_under_load(
    home: Path, database: str | None, truth: Truth, folder: Path
) -> list[tuple[Path, set[str]]]:
    """A server's life with machines, ends of day and backups; each backup with what was
    acknowledged before it was asked for."""
    key = created(home, database)
    environment = {"METERBOOK_KEY_REQUESTS_PER_MINUTE": "1000000"}
    if database is not None:
        environment["METERBOOK_DATABASE_URL"] = database
    server = begun(home, environment)
    assert server.stdout is not None
    uploaders = Uploaders(server.stdout.readline().split()[-1], key, truth, "load", pause=0.05)
    backups = []
    try:
        for number in range(BACKUPS):
            wait_for_more(truth, 100)
            with Book.open(home, database_url=database, writable=False) as book:
                book.jobs.start(END_DAY, {}, actor="tester")
            before = set(truth.promised)
            flask(home, database, "backup", str(folder / str(number)))
            backups.append((folder / str(number), before))
        wait_for_more(truth, 20)
    finally:
        uploaders.join()
        server.terminate()
        server.communicate(timeout=60)
    assert not uploaders.trouble
    return backups


def wait_for_more(truth: Truth, count: int) -> None:
    wanted, deadline = len(truth.promised) + count, time.monotonic() + 120
    while len(truth.promised) < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def everything_taken(home: Path) -> ReadingBatch:
    """Every reading the home acknowledged, in that order, from logs that were merged and not."""
    logs = Home.existing(home).logs
    closed = sealed_logs(logs / ARCHIVE) + sealed_logs(logs)
    paths = [path for _, path in closed] + [logs / LOG_NAME]
    return join([decode_log(block) for path in paths for block in payloads(path)])


def replayed(home: Path, readings: ReadingBatch) -> object:
    """What the readings of METERBOOK_HOME amount to, a new home that was sent these."""
    created(home)
    with Book.open(home, scheduled=False) as book:
        receipt = submit(book.readings, SUBMIT, readings, rules=UPLOAD_PAGE)
        assert receipt.accepted == len(readings)
    return answered("verify")["parts"][READINGS]
