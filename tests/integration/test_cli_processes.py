"""Commands as real processes: alone, beside a server, and beside a server that dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data_layer.book import Book
from data_layer.jobs.model import JobState
from data_layer.journeys.import_file import IMPORT_READINGS

ROOT = Path(__file__).resolve().parents[2]
METER = "531-204-118"
SERVER = """
import sys, time
from pathlib import Path
from data_layer.book import Book
from data_layer.readings.local_store import LocalStore

slow = float(sys.argv[2])
append = LocalStore.append
def slowly(*words):
    time.sleep(slow)
    return append(*words)
LocalStore.append = slowly
with Book.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def environment(home: Path) -> Mapping[str, str]:
    return {**os.environ, "METERBOOK_HOME": str(home), "PYTHONWARNINGS": "error"}


def begun(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def flask(home: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a command to its end; stdout must be one JSON object and nothing else."""
    command = begun(home, *words, "--json")
    stdout, stderr = command.communicate(timeout=120)
    assert command.returncode == code, stderr
    answer = json.loads(stdout)
    assert isinstance(answer, dict)
    return answer


@contextmanager
def server(home: Path, *, seconds_a_write: float = 0.0) -> Iterator[subprocess.Popen[str]]:
    """A process that owns the home."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), str(seconds_a_write)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    try:
        yield process
    finally:
        process.communicate(input="", timeout=60)


def register(home: Path) -> None:
    words = ("account", "add", "--meter", METER, "--owner", "Tan Wei Ling")
    flask(home, *words, "--address", "12 Bedok North Rd")


def reads(path: Path, *, days: int = 1) -> str:
    rows = [
        f"{METER},2026-05-{1 + n // 48:02d}T{n % 48 // 2:02d}:{n % 2 * 30:02d}:00,{n * 0.25:.3f}\n"
        for n in range(days * 48)
    ]
    path.write_text("meter_id,timestamp,reading\n" + "".join(rows))
    return str(path)


def test_without_a_server_the_command_does_the_work(home: Path, tmp_path: Path) -> None:
    register(home)

    imported = flask(home, "readings", "import", reads(tmp_path / "may.csv", days=2))
    batch = flask(home, "batch", "run")

    assert imported["accepted"] == 96
    assert (batch["days_written"], batch["readings_merged"]) == (2, 96)
    with Book.open(home, writable=False) as book:
        assert [job.actor for job in book.jobs.recent()] == ["cli", "cli"]
        assert book.owner_process() is None


def test_beside_a_server_the_work_is_handed_over_and_followed(home: Path, tmp_path: Path) -> None:
    with server(home) as owner:
        register(home)
        imported = flask(home, "readings", "import", reads(tmp_path / "may.csv"))
        shown = flask(
            *(home, "readings", "show", METER, "--from", "2026-05-01", "--to", "2026-05-02")
        )
        batch = flask(home, "batch", "run")
        status = flask(home, "home", "status")

    assert imported["accepted"] == 48
    assert shown["consumption"] == 11.75
    assert batch["readings_merged"] == 48
    assert status["owner_process"] == owner.pid
    assert status["receiving"] is None


def test_a_server_that_dies_is_told_and_its_import_is_taken_up_again(
    home: Path, tmp_path: Path
) -> None:
    register(home)
    with server(home, seconds_a_write=300) as owner:
        command = begun(home, "readings", "import", reads(tmp_path / "may.csv"), "--json")
        with Book.open(home, writable=False) as book:
            wait_until_running(book)
        owner.send_signal(signal.SIGKILL)
        stdout, stderr = command.communicate(timeout=120)

    assert command.returncode == 1
    assert json.loads(stdout)["error"]["type"] == "unavailable"
    assert "the server stopped before job 1 ended" in stderr
    with Book.open(home) as book:
        deadline = time.monotonic() + 60
        while not (job := book.jobs.get("1")).finished:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert job.state is JobState.DONE
    assert job.result["accepted"] == 48
    assert job.result["interrupted"] is True


def wait_until_running(book: Book) -> None:
    deadline = time.monotonic() + 90
    while True:
        running = [job for job in book.jobs.recent() if job.state is JobState.RUNNING]
        if running:
            assert running[0].kind == IMPORT_READINGS
            return
        assert time.monotonic() < deadline
        time.sleep(0.05)
