"""The server's own logs, written by a real server into a home that recovers beside them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from cli import application_logs
from cli.application_logs import (
    API,
    API_LOGGER,
    ERROR,
    KEPT_DAYS,
    MAINTENANCE,
    SYSTEM,
    write_logs,
)
from data_layer.storage.database import Database
from data_layer.storage.log_names import LOG_NAME
from tests.integration.test_cli_processes import ROOT, flask, reads, register


@contextmanager
def app_server(home: Path) -> Iterator[subprocess.Popen[str]]:
    """`python app.py` on a port of its own, stopped by SIGTERM."""
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "METERBOOK_HOME": str(home), "METERBOOK_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert "Meterbook serves" in process.stdout.readline()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_server_writes_its_logs_beside_the_readings(tmp_path: Path) -> None:
    home, logs = tmp_path / "home", tmp_path / "home" / "logs"
    with app_server(home):
        register(home)
        flask(home, "readings", "import", reads(tmp_path / "may.csv"))
        flask(home, "batch", "run")
    assert "is done" in (logs / MAINTENANCE).read_text()
    found = "found 0 readings in 0 day files, 0 more in the log, 0 meters in the index"
    assert found in (logs / MAINTENANCE).read_text()
    assert (logs / MAINTENANCE).read_text() in (logs / SYSTEM).read_text()
    assert (logs / ERROR).read_text() == ""
    (logs / f"{SYSTEM}.2026-11-26").write_text("an older day\n")

    with (logs / LOG_NAME).open("ab") as log:
        log.write(b"torn")

    with app_server(home):  # recovery looks through the same folder
        again = flask(home, "readings", "import", reads(tmp_path / "may.csv"))

    assert again["duplicates"] == 48
    said = (logs / SYSTEM).read_text()
    assert "found 48 readings in 1 day files, 0 more in the log, 1 meters in the index" in said
    assert "an unfinished end of the log was cut off" in said
    assert (logs / LOG_NAME).exists()
    assert (logs / f"{SYSTEM}.2026-11-26").read_text() == "an older day\n"


@contextmanager
def writing_logs(home: Path) -> Iterator[list[logging.Handler]]:
    """The handlers of `write_logs`, as in a process that logs nowhere else."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    write_logs(home)
    try:
        yield root.handlers
    finally:
        calls = logging.getLogger(API_LOGGER)
        for handler in (*root.handlers, *calls.handlers):
            handler.close()
        calls.handlers[:] = []
        calls.propagate = True
        root.handlers[:] = handlers
        root.setLevel(level)


def test_each_log_has_its_own_lines(tmp_path: Path) -> None:
    with writing_logs(tmp_path):
        logging.getLogger("data_layer.jobs.worker").info("a job")
        logging.getLogger("data_layer.bookkeeping").info("not maintenance")
        logging.getLogger("meterbook").error("trouble")
        logging.getLogger(API_LOGGER).info("a call")

    def said(name: str) -> list[str]:
        return [
            line.split(": ", 1)[1] for line in (tmp_path / "logs" / name).read_text().splitlines()
        ]

    assert said(SYSTEM) == ["a job", "not maintenance", "trouble"]
    assert said(MAINTENANCE) == ["a job"]
    assert said(ERROR) == ["trouble"]
    assert said(API) == ["a call"]


def test_a_log_that_is_full_says_so_and_goes_on_the_next_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application_logs, "LARGEST_BYTES", 1000)
    with writing_logs(tmp_path) as handlers:
        for number in range(1000):
            logging.getLogger("flood").info("line %s", number)
        lines = (tmp_path / "logs" / SYSTEM).read_text().splitlines()
        assert len(lines) < 30
        assert "line 0" in lines[0]
        assert "this file is full" in lines[-1]
        assert isinstance(handlers[0], TimedRotatingFileHandler)
        handlers[0].rolloverAt = 0
        logging.getLogger("flood").info("another day")
    assert "another day" in (tmp_path / "logs" / SYSTEM).read_text()


def test_an_error_of_the_database_does_not_tell_its_parameters(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "a.sqlite3")
    with database.read() as connection, pytest.raises(DatabaseError) as error:
        connection.execute(text("SELECT :secret FROM nothing"), {"secret": "hunter2"})
    database.close()
    assert "hunter2" not in str(error.value)


def test_old_logs_are_dropped(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for month in (1, 2):
        for day in range(1, 29):
            (logs / f"{SYSTEM}.2026-{month:02d}-{day:02d}").touch()

    with writing_logs(tmp_path) as handlers:
        for handler in handlers:
            assert isinstance(handler, TimedRotatingFileHandler)
            handler.doRollover()

    kept = {path.name for path in logs.glob(f"{SYSTEM}.*")}
    assert len(kept) == KEPT_DAYS
    assert f"{SYSTEM}.2026-01-01" not in kept
    for name in (SYSTEM, MAINTENANCE, ERROR):  # begun anew, and still nobody else's
        assert (tmp_path / "logs" / name).stat().st_mode & 0o777 == 0o600
