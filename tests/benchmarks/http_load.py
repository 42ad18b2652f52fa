"""Over HTTP: how fast the real server answers, takes readings, and bears connections that dawdle.

    python -m tests.benchmarks.http_load HOME      starts the server on a home and prints figures

Readings are taken for meters it registers itself: give it a home that may be written to. Callback
bodies are those the pages send, made from what the server says of its callbacks.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import click

from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings import queries
from data_layer.readings.model import Action, Scope
from tests.benchmarks.http_requests import (
    component_id,
    get,
    headers_of,
    reading,
    registered,
    request,
    staff,
)
from tests.benchmarks.load_generator import Result, load
from tests.benchmarks.server_section import Lent, memory_of, served

CONNECTIONS, SECONDS = 16, 4.0
METERS_ASKED = 500
READINGS_EACH = 40
BATCH = 1_000
SLOW = 200
CALLBACKS = "/_dash-update-component"


def measure(address: str, target: Lent) -> Mapping[str, float]:
    """Figures of the server at the address, which serves the target's home: requests/s, ms."""
    asking = Asking.prepared(address, target.home)
    return {**asking.usage(), **asking.charts(), **asking.uploads(), **asking.beside_slow_ones()}


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of one server, and by whom."""

    port: int
    home: Path
    key: str
    admin: Mapping[str, str]
    """Headers of a signed-in admin's page."""
    analyst: Mapping[str, str]
    meters: Sequence[str]
    days: tuple[str, str]
    """The last week of which all is known, first and last day."""
    half_hours: Sequence[str]
    """Times at which new meters are read."""
    new_meters: Sequence[str]
    callbacks: Sequence[Mapping[str, Any]]

    @classmethod
    def prepared(cls, address: str, home: Path) -> Asking:
        """Make a key, two sessions and meters to take readings of, beside the running server."""
        port = int(address.rpartition(":")[2])
        with Book.open(home, writable=False) as book:
            _, key = book.api_keys.issue(Role.ADMIN, name="load", meter_ids=(), actor="cli")
            people = {person.role: headers_of(book, address, person) for person in staff(book)}
            meters = [account.meter_id for account in book.accounts.all()][:METERS_ASKED]
            new = registered(book)
            every = Scope("load", Action.READ_METER, meter_ids=None)
            latest = queries.latest(book.readings, every, meter_id=meters[0])
            if latest is None:
                raise RuntimeError(f"{home} has no reading of its first meter")
            last = book.zone.day_of(latest.read_at) - timedelta(days=1)
            now = epoch_of(book.clock()) // 1800 * 1800
            times = [book.zone.format(now - 1800 * n) for n in range(READINGS_EACH, 0, -1)]
        time.sleep(2)  # the server looks for new keys and sessions every second
        return cls(
            port, home, key, people[Role.ADMIN], people[Role.GOVERNMENT], meters,
            ((last - timedelta(days=6)).isoformat(), last.isoformat()), times, new,
            json.loads(get(f"{address}/_dash-dependencies", people[Role.ADMIN])),
        )  # fmt: skip

    def usage(self) -> Mapping[str, float]:
        """A week of half hours as JSON, of one meter after the other."""
        found = self._load(self._usage_requests())
        year = [
            self._rest(
                f"/api/meters/{meter}/usage?start=2026-01-01&end={self.days[1]}&resolution=day"
            )
            for meter in self.meters
        ]
        return {
            "usage": found.per_second,
            "usage p50": found.p50,
            "usage p95": found.p95,
            "usage, this year by day": self._load(year).per_second,
        }

    def charts(self) -> Mapping[str, float]:
        """The callbacks of the usage and the government page: the same again, and ever another."""
        first, last = self.days
        week = {"from": first, "to": last}
        usage = [
            self._callback("usage-title", {**week, "meter": meter}, self.admin)
            for meter in self.meters
        ]
        group = [
            self._callback("government-title", {**week, "n": str(n)}, self.analyst)
            for n in range(2_000)
        ]
        figures: dict[str, float] = {}
        for name, requests in (
            ("chart", usage[:1]),
            ("chart of 500 meters", usage),
            ("group chart", group[:1]),
            ("group chart, never asked before", group),
        ):
            found = self._load(requests)
            figures |= {name: found.per_second, f"{name} p95": found.p95}
        return figures

    def uploads(self) -> Mapping[str, float]:
        """Readings one by one and in thousands, and what the disk does with as many bytes."""
        figures: dict[str, float] = {}
        pairs = iter(
            [(meter, n, at) for n, at in enumerate(self.half_hours) for meter in self.new_meters]
        )
        singles = (self._post("/api/receive_meter_reading", reading(*pair)) for pair in pairs)
        for connections in (1, 16, 64):
            some = [request for request, _ in zip(singles, range(15_000), strict=False)]
            found = self._load(some, connections=connections, again=False)
            name = f"single uploads over {connections}"
            figures |= {
                name: found.per_second, f"{name} p50": found.p50, f"{name} p99": found.p99
            }  # fmt: skip
        left = [reading(*pair) for pair in pairs]
        lists = [
            self._post("/api/receive_meter_readings", left[n : n + BATCH])
            for n in range(0, len(left) - BATCH, BATCH)
        ]
        found = self._load(lists, connections=2, again=False)
        figures["uploads in thousands, readings"] = found.per_second * BATCH
        figures["raw line + fdatasync, one at a time"] = _raw(self.home)
        return figures

    def beside_slow_ones(self) -> Mapping[str, float]:
        """Usage again, while two hundred connections send a byte a second."""
        requests = self._usage_requests()
        without = self._load(requests)
        with _slow_ones(self.port):
            beside = self._load(requests)
        return {
            "usage once more": without.per_second,
            f"usage beside {SLOW} slow connections": beside.per_second,
            f"usage beside {SLOW} slow connections p95": beside.p95,
        }

    def _usage_requests(self) -> list[bytes]:
        first, last = self.days
        words = f"usage?start={first}&end={last}&resolution=half_hour"
        return [self._rest(f"/api/meters/{meter}/{words}") for meter in self.meters]

    def _load(
        self, requests: Sequence[bytes], *, connections: int = CONNECTIONS, again: bool = True
    ) -> Result:
        found = load(self.port, requests, connections=connections, seconds=SECONDS, again=again)
        if found.refused:
            raise RuntimeError(f"{found.refused} of {found.answers} answers were refusals")
        return found

    def _rest(self, path: str) -> bytes:
        return request("GET", path, {"Authorization": f"Bearer {self.key}"})

    def _post(self, path: str, value: object) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return request("POST", path, headers, json.dumps(value).encode())

    def _callback(self, part: str, words: object, headers: Mapping[str, str]) -> bytes:
        (one,) = [each for each in self.callbacks if f"{part}." in each["output"]]
        names = [name.rsplit(".", 1) for name in one["output"].strip(".").split("...")]
        body = {
            "output": one["output"],
            "outputs": [{"id": component_id(name), "property": part} for name, part in names],
            "inputs": [
                {**each, "id": component_id(each["id"]), "value": words} for each in one["inputs"]
            ],
            "state": [],
            "changedPropIds": [f"{each['id']}.{each['property']}" for each in one["inputs"]],
        }
        sent = {**headers, "Content-Type": "application/json", "Accept-Encoding": "gzip, br, zstd"}
        return request("POST", CALLBACKS, sent, json.dumps(body).encode())


def _raw(home: Path) -> float:
    """Lines of a reading's size, each written and synced alone, by hand in the same folder."""
    with tempfile.NamedTemporaryFile(dir=home) as file:
        begun, count = perf_counter(), 2_000
        for _ in range(count):
            os.write(file.fileno(), b"x" * 90)
            os.fdatasync(file.fileno())
        return count / (perf_counter() - begun)


@contextmanager
def _slow_ones(port: int) -> Iterator[None]:
    """Half of them never end their headers, half their body."""
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    form = (
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW)]
    for n, each in enumerate(opened):
        each.sendall((head, form)[n % 2])
    over = Event()

    def drip() -> None:
        while not over.wait(1):
            for each in opened:
                each.sendall(b"a")

    dripping = Thread(target=drip)
    dripping.start()
    try:
        yield
    finally:
        over.set()
        dripping.join()
        for each in opened:
            each.close()


def main() -> None:
    """Start a server on the home that is named, measure it, print the figures as JSON."""
    target = Lent(Path(sys.argv[1]).resolve())
    with served(target) as server:
        figures = {"seconds to the first answer": server.seconds}
        figures |= measure(server.address, target)
        private, snapshot = memory_of(server.process)
        figures |= {"private memory, MB": private / 1e6, "snapshot resident, MB": snapshot / 1e6}
    click.echo(json.dumps({name: round(value, 3) for name, value in figures.items()}, indent=1))


if __name__ == "__main__":
    main()
