"""Kill the process that takes readings, again and again, and look for a lost or invented one.

METERBOOK_KILLS says how often (20), METERBOOK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from data_layer.readings.codec import decode_day, decode_log
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Reading, RowFilter, SeriesKey
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_format import payloads
from data_layer.storage.log_names import LOG_NAME, sealed_logs
from tests.faults.uploader import HALF_HOUR, METERS, NOW, SLOTS, START, reading, value_of

KILLS = int(os.environ.get("METERBOOK_KILLS", "20"))
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
LONGEST_LIFE_SECONDS = 0.5
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 10 * KILLS)]


class Server:
    """The uploader, and what it said before it was killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.sent: set[tuple[int, int]] = set()
        self.acknowledged: set[tuple[int, int]] = set()
        self.trouble: list[str] = []

    def live_and_die(self, folder: Path, seed: str, *, after: float, receiving: bool) -> None:
        """One life on the home, ended by SIGKILL so many seconds after its birth, or after it
        began to receive."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\t{seed}\n")
        self._process.stdin.flush()
        child, killer = 0, None
        for line in self._process.stdout:
            what, *words = line.split(maxsplit=1)
            if what == "P":
                child = int(words[0])
            elif what == "G":
                break
            elif what == "X":
                self.trouble += words
            else:
                meter, slot = map(int, words[0].split())
                (self.sent if what == "S" else self.acknowledged).add((meter, slot))
            if killer is None and what == ("S" if receiving else "P"):
                killer = Timer(after, os.kill, (child, signal.SIGKILL))
                killer.start()
        assert killer is not None
        killer.join()


@contextmanager
def server() -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.uploader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield Server(process)
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(10)
        process.stdout.close()  # type: ignore[union-attr]


def test_no_acknowledged_reading_is_lost_and_none_invented(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with server() as killed:
        for kill in range(KILLS):
            told = f"METERBOOK_SEED={SEED}, kill {kill}"
            after = chance.uniform(0.02, LONGEST_LIFE_SECONDS)
            killed.live_and_die(
                tmp_path, f"{SEED}.{kill}", after=after, receiving=chance.random() < 0.75
            )
            assert not killed.trouble, told
            try:
                look(tmp_path, killed, told, recover=chance.random() < 0.5)
            except Exception as error:
                error.add_note(told)
                raise
    assert killed.acknowledged


def look(folder: Path, killed: Server, told: str, *, recover: bool) -> None:
    """Recover (or only look, and leave recovery to the next life) and compare."""
    home = Home.open(folder)
    if recover:
        home.lock()
    with LocalStore.open(home, clock=lambda: NOW, writable=recover, reserve_bytes=0) as store:
        assert store.damage == (), told
        page = store.rows(RowFilter(limit=METERS * SLOTS + 1)).batch
        present = [
            (int(row.meter_id[2:]), (row.read_at - START) // HALF_HOUR) for row in page.rows()
        ]
        assert len(present) == len(set(present)), f"{told}: a reading is stored twice"
        assert set(present) >= killed.acknowledged, (
            f"{told}: lost {killed.acknowledged - set(present)}"
        )
        assert set(present) <= killed.sent, f"{told}: invented {set(present) - killed.sent}"
        assert set(page.rows()) == {reading(*pair) for pair in present}, told
        answers_hold(store, set(present), told)
    if recover:
        home.close()
        rows = rows_on_disk(home)
        assert set(rows) == {reading(*pair) for pair in present}, told


def answers_hold(store: LocalStore, present: set[tuple[int, int]], told: str) -> None:
    """What index and tail answer together is what the rows say."""
    slots = np.arange(SLOTS)
    keys = [SeriesKey(f"m-{meter}") for meter in range(METERS)]
    found = store.registers_at(keys, START + slots * HALF_HOUR)
    for meter in range(METERS):
        own = [slot for m, slot in present if m == meter]
        inside = (slots >= min(own, default=SLOTS)) & (slots <= max(own, default=-1))
        expected = np.where(inside, value_of(meter, 0) + slots * 100, -1)
        np.testing.assert_array_equal(found[meter], expected, err_msg=told)


def rows_on_disk(home: Home) -> list[Reading]:
    """Every row of day files and logs, read without the store."""
    files = DayFiles(home.daily)
    rows = [row for day in files.days() for row in decode_day(files.path(day)).rows()]
    logs = [path for _, path in sealed_logs(home.logs)] + [home.logs / LOG_NAME]
    for path in logs:
        rows += [row for block in payloads(path) for row in decode_log(block).rows()]
    return rows


def test_a_killed_server_leaves_no_lock_behind(tmp_path: Path) -> None:
    with server() as killed:
        killed.live_and_die(tmp_path, "lock", after=0.1, receiving=True)
    home = Home.open(tmp_path)
    home.lock()
    home.close()
