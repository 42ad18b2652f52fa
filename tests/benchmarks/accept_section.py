"""Durable writes: bulk, single and concurrent accepts through the product's one way in, and what
a start costs when a million lines are in the log.

The limit is the disk's: the same bytes as Meterbook's own log lines, written and synced by hand
into the same folder. SQLite runs in WAL with synchronous=FULL, PostgreSQL as it comes (fsync on);
both keep a primary key, because telling a repeat from a conflict is part of the work. Without the
key they are shown beside.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Lock

import numpy as np

from cli.processors import one_processor, stay_on
from data_layer.readings import operations
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Action, Reading, ReadingBatch, Scope, SeriesKey
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.readings.rules import INTERVAL_FILE, UPLOAD_PAGE
from data_layer.readings.simulator import meter_ids
from data_layer.storage.home import Home
from tests.benchmarks.data_set import FIRST_DAY, TIMEZONE, ZONE
from tests.benchmarks.gap_rule import HALF_HOUR
from tests.benchmarks.peers.peer import Declined
from tests.benchmarks.peers.postgres_server import PostgresServer
from tests.benchmarks.report import Report
from tests.benchmarks.timing import best_of, once

GROUP, IN_FLIGHT = 10_000, 64
SCOPE = Scope("bench", Action.SUBMIT_READINGS, meter_ids=None)
NOW = datetime(2027, 1, 1, tzinfo=UTC)
SOURCE = "api:bench"
_ALL_ACTIVE = object()
"""What the rooms of the product hand on as well: the state that all standings are of."""


class AcceptSection:
    """One home that readings come into, group after group."""

    def __init__(self, folder: Path, report: Report, *, groups: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._report = report
        self._count = groups
        self._meters = sorted(meter_ids(GROUP, seed=1))
        self._series = tuple(SeriesKey(meter_id) for meter_id in self._meters)
        self._start = ZONE.day_start(FIRST_DAY)
        self._bulk_rate = 0.0

    def clear(self) -> None:
        """Give the disk back."""
        shutil.rmtree(self._folder)

    def group(self, n: int) -> ReadingBatch:
        """One half hour of ten thousand meters."""
        codes = np.arange(GROUP)
        at = np.full(GROUP, self._start + n * HALF_HOUR)
        return ReadingBatch.of(self._series, codes, at, 1_000_000 + codes + 437 * n, source=SOURCE)

    def bulk(self) -> None:
        """Groups of ten thousand, against the same bytes written raw."""
        ours, raw, data = [], [], b""
        with self._room("bulk") as (room, log), _raw_file(self._folder / "raw") as write:
            for n in range(self._count):
                before = log.stat().st_size
                ours.append(once(_submitted, room, self.group(n)))
                if not data:
                    data = log.read_bytes()[before:]
                raw.append(once(write, data))
        self._bulk_rate = GROUP / statistics.median(ours)
        theirs = GROUP / statistics.median(raw)
        line = len(data) / GROUP
        what = f"durable accept in groups of {GROUP:,} ({line:.0f} bytes a line)"
        unit = "readings/s"
        self._report.rate(
            "accept/raw", what, self._bulk_rate, "raw write + fdatasync", theirs, unit
        )
        self._listed(theirs)

    def _listed(self, raw: float) -> None:
        """As a list over REST comes: its dictionary was never seen as an object."""
        took = []
        with self._room("listed") as (room, _):
            for n in range(min(self._count, 24)):
                batch = replace(self.group(n), series=tuple(map(SeriesKey, self._meters)))
                took.append(once(_submitted, room, batch))
        what = f"durable accept in groups of {GROUP:,}, each with a dictionary of its own"
        rate, unit = GROUP / statistics.median(took), "readings/s"
        self._report.rate("listed accept/raw", what, rate, "raw write + fdatasync", raw, unit)

    def bulk_peers(self, server: PostgresServer | None) -> None:
        """The same groups into SQLite and PostgreSQL."""
        what = f"durable accept in groups of {GROUP:,}"
        for name, accept in self._peers(server):
            try:
                rate = GROUP / accept()
            except Declined as error:
                self._report.unavailable[name] = str(error)
                continue
            self._report.rate(f"accept/{name}", what, self._bulk_rate, name, rate, "readings/s")

    def _peers(self, server: PostgresServer | None) -> Iterator[tuple[str, Callable[[], float]]]:
        yield "SQLite", lambda: self._sqlite(keyed=True)
        yield "SQLite without a key", lambda: self._sqlite(keyed=False)
        if server is not None:
            yield "PostgreSQL", lambda: self._postgres(server, keyed=True)
            yield "PostgreSQL without a key", lambda: self._postgres(server, keyed=False)

    def _sqlite(self, *, keyed: bool) -> float:
        path = self._folder / f"accept-{keyed}.db"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        key = ", PRIMARY KEY (meter, read_at)) WITHOUT ROWID" if keyed else ")"
        connection.execute(
            f"CREATE TABLE readings (meter INT, read_at INT, wh INT, source INT{key}"
        )
        took = []
        for rows in self._tuples():

            def work(rows: list[tuple[int, int, int, int]] = rows) -> None:
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?)", rows)
                connection.execute("COMMIT")

            took.append(once(work))
        connection.close()
        return statistics.median(took)

    def _postgres(self, server: PostgresServer, *, keyed: bool) -> float:
        import psycopg

        with psycopg.connect(server.address, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS public.accept")
            key = ", PRIMARY KEY (meter, read_at)" if keyed else ""
            connection.execute(
                f"CREATE TABLE public.accept (meter int4, read_at int8, wh int8, source int4{key})"
            )
            took = []
            for rows in self._tuples():
                text = "".join(f"{m}\t{at}\t{wh}\t{source}\n" for m, at, wh, source in rows)

                def work(data: bytes = text.encode()) -> None:
                    with connection.cursor().copy("COPY public.accept FROM STDIN") as copy:
                        copy.write(data)

                took.append(once(work))
            connection.execute("DROP TABLE public.accept")
        return statistics.median(took)

    def _tuples(self) -> Iterator[list[tuple[int, int, int, int]]]:
        for n in range(min(self._count, 24)):
            batch = self.group(n)
            columns = batch.series_code, batch.read_at, batch.value_wh, batch.source_code
            yield list(zip(*(column.tolist() for column in columns), strict=True))

    def singles(self, *, seconds: float = 3.0) -> None:
        """One at a time against a raw line, of meters that uploaded before; 64 callers at once."""
        with self._room("first") as (room, _):
            fresh = _Fresh(self._meters, self._start)
            took = [once(_submitted_one, room, fresh.take()) for _ in range(int(60 * seconds))]
            first = statistics.median(took)
        self._report.own("first accept", "single durable accept, a meter's first", first, "s")
        with self._room("single") as (room, log):
            _submitted(room, self.group(0))
            fresh = _Fresh(self._meters, self._start, after=1)
            ours, raw = [], []
            line = b"x" * 93 + b"\n"
            with _raw_file(self._folder / "raw-single") as write:
                begun = log.stat().st_size
                for _ in range(int(120 * seconds)):
                    reading = fresh.take()
                    ours.append(once(_submitted_one, room, reading))
                    raw.append(once(write, line))
                grown = (log.stat().st_size - begun) / len(ours)
            alone, limit = 1 / statistics.median(ours), 1 / statistics.median(raw)
            what = f"single durable accept ({grown:.0f} bytes a line)"
            unit = "readings/s"
            self._report.rate(
                "single accept/raw", what, alone, "raw write + fdatasync", limit, unit
            )
            each = int(40 * seconds)

            def caller(readings: list[Reading]) -> None:
                for reading in readings:
                    _submitted_one(room, reading)

            work = [[fresh.take() for _ in range(each)] for _ in range(IN_FLIGHT)]
            # As the threads of the server are kept.
            with ThreadPoolExecutor(IN_FLIGHT, "", stay_on, (one_processor(),)) as pool:
                list(pool.map(lambda _: None, range(IN_FLIGHT)))
                took = once(lambda: list(pool.map(caller, work)))
            together = IN_FLIGHT * each / took
            what = f"single durable accepts, {IN_FLIGHT} in flight"
            self._report.rate("64 in flight/single", what, together, "one at a time", alone, unit)

    def recovery(self, lines: int) -> None:
        """Opening a home whose log holds so many lines: checked, read, ready to take more."""
        groups = lines // GROUP
        with self._room("recovery") as (room, log):
            for n in range(groups):
                _submitted(room, self.group(n))
            size = log.stat().st_size

        def start() -> None:
            with self._opened("recovery"):
                pass

        took = best_of(2, start)
        what = f"recover a log of {groups * GROUP / 1e6:g} M lines ({size / 1e6:.0f} MB)"
        self._report.own("recovery", what, took, "s")

    @contextmanager
    def _room(self, name: str) -> Iterator[tuple[ReadingRoom, Path]]:
        with self._opened(name) as store:
            room = ReadingRoom(
                store=store,
                zone=ZONE,
                clock=lambda: NOW,
                standing=lambda _: Standing.ACTIVE,
                registry=lambda: _ALL_ACTIVE,
            )
            yield room, self._folder / name / "logs" / "log.txt"

    @contextmanager
    def _opened(self, name: str) -> Iterator[LocalStore]:
        with Home.open(self._folder / name, timezone=TIMEZONE) as home:
            home.lock()
            with LocalStore.open(home, clock=lambda: NOW) as store:
                yield store


class _Fresh:
    """Readings nobody has sent yet, each of another meter than the one before."""

    def __init__(self, meters: list[str], start: int, *, after: int = 0) -> None:
        """All meters have sent `after` half hours already, as `AcceptSection.group` makes them."""
        self._meters = meters
        self._start = start
        self._next = count(after * len(meters))
        self._lock = Lock()

    def take(self) -> Reading:
        with self._lock:
            n = next(self._next)
        half_hour, meter = divmod(n, len(self._meters))
        at = self._start + half_hour * HALF_HOUR
        value = 1_000_000 + meter + 437 * half_hour
        return Reading(self._meters[meter], "S", at, value, source=SOURCE)


def _submitted(room: ReadingRoom, batch: ReadingBatch) -> None:
    receipt = operations.submit(room, SCOPE, batch, rules=INTERVAL_FILE)
    if receipt.accepted != len(batch):
        raise AssertionError(f"{receipt.rejected} readings were refused")


def _submitted_one(room: ReadingRoom, reading: Reading) -> None:
    operations.submit_one(room, SCOPE, reading, rules=UPLOAD_PAGE)


@contextmanager
def _raw_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Append and fdatasync: what no log can be quicker than."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)

    def write(data: bytes) -> None:
        os.write(descriptor, data)
        os.fdatasync(descriptor)

    try:
        yield write
    finally:
        os.close(descriptor)
