"""A home on disk with an open store, and an oracle that is told everything the store is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_layer.clock import HomeZone
from data_layer.errors import Conflict, RuleBroken
from data_layer.readings import operations
from data_layer.readings.codec import decode_day, decode_log
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import (
    Action,
    Flag,
    GroupPath,
    Kind,
    Reading,
    ReadingBatch,
    Receipt,
    RowFilter,
    Scope,
    SeriesKey,
)
from data_layer.readings.room import ReadingRoom, Standing, only_default_register
from data_layer.readings.rules import ADMIN_MANUAL
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_format import payloads
from data_layer.storage.log_names import LOG_NAME, sealed_logs
from tests.unit.readings.slow_store import SlowStore

HALF_HOUR = 1800
DAY = 86_400
START = 1_781_625_600
"""2026-06-17 00:00 in Singapore."""
NOW = datetime.fromtimestamp(START + 30 * DAY, UTC)
UPLOADER = Scope("tester", Action.SUBMIT_READINGS, None)
ADMIN = Scope("boss", Action.CORRECT_READINGS, None)
EDGES = [START + n * DAY for n in range(-1, 4)]
"""Days to ask about."""
Key = tuple[str, str, int, int]
"""Meter, register, instant, kind."""


def active(_: str) -> Standing:
    return Standing.ACTIVE


def reading(slot: int, value: int, meter: str = "m-1") -> Reading:
    """The value in Wh at so many half hours after START."""
    return Reading(meter, "S", START + slot * HALF_HOUR, value, source="api:k1")


def key_of(row: Reading) -> Key:
    return row.meter_id, row.register_id, row.read_at, int(row.kind)


@dataclass
class Oracle:
    """Every revision of every reading, judged one at a time by the letter of the rules."""

    stored: dict[Key, list[Reading]] = field(default_factory=dict)

    def effective(self) -> list[Reading]:
        last = (revisions[-1] for _, revisions in sorted(self.stored.items()))
        return [row for row in last if row.flag is Flag.VALID and row.value_wh is not None]

    def rows(self) -> set[Reading]:
        return {row for revisions in self.stored.values() for row in revisions}

    def submit(self, rows: Sequence[Reading]) -> tuple[int, int, int]:
        """Accepted, duplicates, rejected."""
        counts = {"accepted": 0, "duplicate": 0, "rejected": 0}
        initials = [row for row in rows if row.kind is Kind.INITIAL]
        reads = [row for row in rows if row.kind is Kind.READ]
        initials.sort(key=lambda row: -row.read_at)
        for row in initials + sorted(reads, key=lambda row: row.read_at):
            counts[self._submit(row)] += 1
        return counts["accepted"], counts["duplicate"], counts["rejected"]

    def _submit(self, row: Reading) -> str:
        stored = self.stored.get(key_of(row))
        if stored is not None:
            same = any(other.value_wh == row.value_wh for other in stored)
            return "duplicate" if same else "rejected"
        if row.flag is Flag.VALID and not self.fits(row):
            return "rejected"
        self.stored[key_of(row)] = [row]
        return "accepted"

    def fits(self, row: Reading) -> bool:
        """Whether no value would decrease inside a segment with this row under its key."""
        series = {
            key_of(other): other
            for other in self.effective()
            if (other.meter_id, other.register_id) == (row.meter_id, row.register_id)
        }
        series.pop(key_of(row), None)
        if row.value_wh is not None and row.flag is Flag.VALID:
            series[key_of(row)] = row
        values = [(other.kind, other.value_wh or 0) for _, other in sorted(series.items())]
        return all(
            kind is Kind.INITIAL or after >= before
            for (_, before), (kind, after) in pairwise(values)
        )

    def revise(self, row: Reading) -> bool:
        stored = self.stored.get(key_of(row))
        if stored is None or not self.fits(row):
            return False
        stored.append(row)
        return True


class StoreHome:
    """A store on real files beside its oracle. Paths name what a person would find."""

    def __init__(
        self,
        folder: Path,
        *,
        timezone: str = "Asia/Singapore",
        counting: Callable[[str], tuple[SeriesKey, ...]] = only_default_register,
    ) -> None:
        self.folder = folder
        self.timezone = timezone
        self.zone = HomeZone(timezone)
        self.counting = counting
        self.places: dict[str, GroupPath | None] = {}
        self.oracle = Oracle()
        self.open()

    def open(self, *, writable: bool = True) -> None:
        self.home = Home.open(self.folder, timezone=self.timezone)
        if writable:
            self.home.lock()
        self.store = LocalStore.open(
            self.home, counting=self.counting, clock=lambda: NOW, writable=writable, reserve_bytes=0
        )
        self.store.place(self.places)
        self.room = ReadingRoom(self.store, self.zone, lambda: NOW, active, self.counting)

    def close(self) -> None:
        self.store.close()
        self.home.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    def forget_snapshot(self) -> None:
        shutil.rmtree(self.home.snapshot)

    def place(self, places: dict[str, GroupPath | None]) -> None:
        self.places |= places
        self.store.place(places)

    def submit(self, *rows: Reading) -> Receipt:
        """Submit to the store and to the oracle, which must agree."""
        batch = ReadingBatch.from_readings(rows)
        receipt = operations.submit(self.room, UPLOADER, batch, rules=ADMIN_MANUAL)
        expected = self.oracle.submit(rows)
        assert (receipt.accepted, receipt.duplicates, receipt.rejected) == expected
        assert len(receipt.rejections) == receipt.rejected
        return receipt

    def revise(self, key: Key, value_wh: int | None, flag: Flag = Flag.VALID) -> bool:
        """Correct or void a reading in both; whether it was taken."""
        meter_id, register_id, read_at, kind = key
        stored = self.oracle.stored[key]
        row = Reading(
            meter_id, register_id, read_at, value_wh, Kind(kind), flag=flag, source="page:boss"
        )
        before = (stored[-1].value_wh, stored[-1].flag, stored[-1].type)
        if before == (value_wh, flag, "") or not self.oracle.fits(row):
            with pytest.raises((Conflict, RuleBroken)):
                self._revise(row)
            return False
        taken = self._revise(row)
        assert taken.revision == len(stored)
        assert self.oracle.revise(taken)
        return True

    def _revise(self, row: Reading) -> Reading:
        if row.value_wh is not None:
            return operations.correct(self.room, ADMIN, row, reason="test")
        return operations.void(
            self.room,
            ADMIN,
            SeriesKey(row.meter_id, row.register_id),
            read_at=row.read_at,
            kind=row.kind,
            source=row.source,
            reason="test",
        )

    def slow(self) -> SlowStore:
        return SlowStore(
            grid_phase=self.zone.grid_phase,
            counting=self.counting,
            readings=self.oracle.effective(),
            places=dict(self.places),
        )

    def rows_on_disk(self) -> list[Reading]:
        """Every row of day files and logs, as a text editor would show them; each key once."""
        files = DayFiles(self.home.daily)
        rows = [row for day in files.days() for row in decode_day(files.path(day)).rows()]
        return rows + self.log_rows()

    def log_rows(self) -> list[Reading]:
        """Every row of the logs that are not merged yet."""
        logs = [path for _, path in sealed_logs(self.home.logs)] + [self.home.logs / LOG_NAME]
        blocks = [block for path in logs for block in payloads(path)]
        return [row for block in blocks for row in decode_log(block).rows()]

    # --- the store against the oracle ------------------------------------------------------

    def check(self, edges: Sequence[int]) -> None:
        """Every question the seam knows, asked of both."""
        slow, store = self.slow(), self.store
        bounds = np.array(edges, dtype=np.int64)
        keys = [SeriesKey(m, r) for m, r in {key[:2] for key in self.oracle.stored}]
        keys = [*sorted(keys), SeriesKey("nobody")]
        same(store.series(keys, bounds), slow.series(keys, bounds))
        np.testing.assert_array_equal(
            store.registers_at(keys, bounds), slow.registers_at(keys, bounds)
        )
        assert plainly(store.latest(keys)) == plainly(slow.latest(keys))
        for key in keys:
            assert store.known([key], edges[0], edges[-1]) == slow.known([key], edges[0], edges[-1])
            assert store.registers(key.meter_id) == slow.registers(key.meter_id)
        self.check_groups(bounds)
        self.check_rows()

    def check_groups(self, edges: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        slow, store = self.slow(), self.store
        paths = sorted({path for path in self.places.values() if path is not None})
        groups = [[path] for path in paths] + [paths, []]
        same(store.totals(groups, edges), slow.totals(groups, edges))
        if not ((edges - self.zone.grid_phase) % HALF_HOUR).any():
            masked = store.totals(groups, edges, at_least=2)
            same(masked, slow.totals(groups, edges, at_least=2))
        assert dict(store.reporting_meters()) == dict(slow.reporting_meters())
        start, end = int(edges[0]), int(edges[-1])
        for descending in (True, False):
            known = [
                (meter, used)
                for meter, used in slow.top(start, end, 99, descending=descending)
                if slow.series(self.counting(meter), edges[[0, -1]]).reporting.any()
            ]
            assert store.top(start, end, 99, descending=descending) == known
            assert store.top(start, end, 2, descending=descending) == known[:2]

    def check_rows(self) -> None:
        every = sorted(
            self.oracle.rows(),
            key=lambda r: (r.read_at, r.meter_id, r.register_id, r.kind, r.revision),
        )
        page = self.store.rows(RowFilter(descending=False, limit=10_000))
        assert page.total == len(every)
        assert page.batch.rows() == every
        newest = self.store.rows(RowFilter(offset=3, limit=4))
        assert newest.batch.rows() == every[::-1][3:7]
        for row in every[:3]:
            found = self.store.revisions(SeriesKey(row.meter_id, row.register_id), row.read_at)
            assert row in found.rows()
        newest_of = {(row.meter_id, row.register_id, row.read_at, row.kind): row for row in every}
        for (meter_id, register_id, read_at, kind), row in newest_of.items():
            series = SeriesKey(meter_id, register_id)
            assert self.store.revision(series, read_at, kind) == row.revision

    def check_disk(self) -> None:
        rows = self.rows_on_disk()
        assert len(rows) == len(set(rows))
        assert set(rows) == self.oracle.rows()


def same(found: Any, expected: Any) -> None:
    for name in ("consumption_wh", "estimated_wh", "missing_half_hours", "reporting"):
        np.testing.assert_array_equal(
            getattr(found, name), getattr(expected, name), err_msg=name, strict=False
        )


def plainly(batch: ReadingBatch) -> list[tuple[object, ...]]:
    return [(*key_of(row), row.value_wh) for row in batch.rows()]
