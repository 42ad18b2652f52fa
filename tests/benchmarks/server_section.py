"""A real server on the set's home: from start to the first answer, and what memory is its own.

Private memory is what would be given back if the process ended (`Private_*` in /proc/PID/smaps),
without the pages of the mapped snapshot, which the system may drop whenever it likes.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from tests.benchmarks.data_set import PROJECT, DataSet
from tests.benchmarks.report import Report

PATIENCE_SECONDS = 300
_HTTP = "tests.benchmarks.http_load"
_A_TIME = re.compile(r" p\d\d$")
"""How a figure that is a time is named: usage p95."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    process: int
    address: str
    seconds: float
    """From the start of the process to its first answer."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A copy of a set's home that may be written to."""

    home: Path


@contextmanager
def lent(target: DataSet) -> Iterator[Lent]:
    """The home again beside itself: day files and snapshot are shared as links (a home replaces
    such files, it never writes into them), all else is copied. Gone afterwards."""
    copy = target.folder / "lent"
    shutil.rmtree(copy, ignore_errors=True)
    shared = {target.home / "daily", target.home / ".meterbook" / "snapshot"}

    def take(source: str, place: str) -> object:
        return (os.link if Path(source).parent in shared else shutil.copy2)(source, place)

    shutil.copytree(target.home, copy, copy_function=take)
    try:
        yield Lent(copy)
    finally:
        shutil.rmtree(copy)


@contextmanager
def served(target: Lent) -> Iterator[Served]:
    """`python app.py` on a home, stopped afterwards."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "METERBOOK_HOME": str(target.home),
        "METERBOOK_PORT": str(port),
        "METERBOOK_HOST": "127.0.0.1",
        # One key and two people ask for everything: what they may ask a minute is no limit here.
        "METERBOOK_REQUESTS_PER_MINUTE": "10000000",
        "METERBOOK_KEY_REQUESTS_PER_MINUTE": "10000000",
    }
    begun = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_it_answers(process, address)
        yield Served(process.pid, address, perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(60)


def start_and_memory(target: DataSet, report: Report) -> None:
    """Two starts, the quicker one counts; memory after the first answers."""
    what = f"on {target.size.label} readings"
    with lent(target) as home, served(home) as server:
        first = server.seconds
    with lent(target) as home, served(home) as server:
        report.own(
            "serving",
            f"start a server {what}, to its first answer",
            min(first, server.seconds),
            "s",
        )
        for path in ("/sign-in", "/healthz"):
            _get(server.address + path)
        _tell_memory(server.process, report, f"private memory of a server {what}", "memory")


def over_http(target: DataSet, report: Report) -> None:
    """What the load generator measures, where there is one: a number under each goal's name."""
    if find_spec(_HTTP) is None:
        return
    measure: Callable[..., Mapping[str, float]] = importlib.import_module(_HTTP).measure
    with lent(target) as home, served(home) as server:
        for key, amount in measure(server.address, home).items():
            unit = "ms" if _A_TIME.search(key) else "requests/s"
            report.own(f"http/{key}", f"HTTP {key}", amount, unit)
        _tell_memory(server.process, report, "private memory after the load", "")


def _tell_memory(process: int, report: Report, what: str, key: str) -> None:
    private, snapshot = memory_of(process)
    report.own(key, f"{what}, without the mapped snapshot", private / 1e6, "MB")
    report.own("", "of the mapped snapshot, resident", snapshot / 1e6, "MB")


def memory_of(process: int) -> tuple[int, int]:
    """Bytes private to a process beside its snapshot; bytes of the snapshot that are resident."""
    private, snapshot, maps_snapshot = 0, 0, False
    for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if not word.endswith(":"):
            maps_snapshot = rest.rstrip().endswith(".index")
        elif word == "Rss:" and maps_snapshot:
            snapshot += 1024 * int(rest.split()[0])
        elif word.startswith("Private_") and word != "Private_Hugetlb:" and not maps_snapshot:
            private += 1024 * int(rest.split()[0])
    return private, snapshot


def _until_it_answers(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = perf_counter() + PATIENCE_SECONDS
    while perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            _get(f"{address}/healthz")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
        else:
            return
    raise TimeoutError(f"no answer within {PATIENCE_SECONDS} s")


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        found: bytes = answer.read()
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
