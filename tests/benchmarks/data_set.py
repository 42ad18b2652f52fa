"""Homes to measure on: real day files of synthetic meters, made once and kept.

    <METERBOOK_BENCH or .bench>/
      10000x90_1f3a/home/     a Meterbook home: accounts, day files, manifest, snapshot
      10000x90_1f3a/columns/  what the peers are loaded from (`peer_tables.py`)
      10000x90_1f3a/<peer>    the peers' own databases

The readings are the simulator's, written by the product's own encoder in their final format, with
what real data has: 0.5 % never came, 0.1 % stand off the half hour, 0.05 % came a day late (they
stand in their own day, as they do once a batch has merged them).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data_layer.accounts.demo_people import DEMO_PEOPLE
from data_layer.accounts.model import OPERATOR, Role, StaffMember
from data_layer.accounts.passwords import hash_password
from data_layer.accounts.room import AccountsRoom
from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.journeys.demo_homes import FEWEST_METERS, demo_accounts
from data_layer.readings.codec import encode_day
from data_layer.readings.model import GroupPath, ReadingBatch
from data_layer.readings.simulator import SimulatedMeter, Simulator
from data_layer.storage.database import Database
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.manifest import Manifest

SEED = 43
TIMEZONE = "Asia/Singapore"
ZONE = HomeZone(TIMEZONE)
FIRST_DAY = date(2026, 6, 1)
LAYOUT = 1
"""Raised when the tables of `peer_tables` or a peer's own change: all are then made again."""
MISSING, OFF_THE_GRID, LATE = 0.005, 0.001, 0.0005
PROJECT = Path(__file__).resolve().parents[2]


def bench_folder() -> Path:
    """Where sets and the peers' databases are kept."""
    return Path(os.environ.get("METERBOOK_BENCH") or PROJECT / ".bench").resolve()


@dataclass(frozen=True, slots=True)
class Size:
    """How much: so many meters for so many days, a reading every half hour."""

    meters: int
    days: int

    @property
    def name(self) -> str:
        """Meters, days and how they are made: another recipe is another folder."""
        return f"{self.meters}x{self.days}_{recipe()}"

    @property
    def label(self) -> str:
        return f"{self.meters * self.days * 48 / 1e6:.1f} M"


ONE_MILLION, TEN_MILLION, FORTY_THREE_MILLION = Size(232, 90), Size(2_315, 90), Size(10_000, 90)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A home that stands, and what is known of it."""

    size: Size
    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def zone(self) -> HomeZone:
        return ZONE

    @property
    def days(self) -> list[date]:
        return [FIRST_DAY + timedelta(days=n) for n in range(self.size.days)]

    @property
    def files(self) -> list[Path]:
        return [self.home / "daily" / f"{day.isoformat()}.csv" for day in self.days]

    @property
    def start(self) -> int:
        return self.zone.day_start(FIRST_DAY)

    @property
    def end(self) -> int:
        return self.zone.day_start(FIRST_DAY + timedelta(days=self.size.days))

    def read_csv_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


def places_of(size: Size) -> dict[str, GroupPath]:
    """Where each meter counts, meters in order of id: a peer's meter number is its place here."""
    accounts = demo_accounts(size.meters, seed=SEED, now=FIRST_DAY)
    found = {
        account.meter_id: GroupPath(account.region, account.area, account.dwelling_type)
        for account in accounts
    }
    return dict(sorted(found.items()))


@cache
def recipe() -> str:
    """A hash over what decides the bytes of a set: its constants, and what the simulator and the
    encoder of today make of a small one; `LAYOUT` speaks for what peers are given of it."""
    constants = (SEED, TIMEZONE, FIRST_DAY, MISSING, OFF_THE_GRID, LATE, LAYOUT)
    _, sample = next(days_of(DataSet(Size(FEWEST_METERS, 2), Path())))
    digest = sha256(repr(constants).encode() + encode_day(sample, ZONE))
    return digest.hexdigest()[:8]


def provide(size: Size, *, folder: Path | None = None) -> DataSet:
    """The set, made where it does not stand yet (43 million readings take a few minutes)."""
    found = DataSet(size, (folder or bench_folder()) / size.name)
    complete = found.folder / "complete.json"
    if not complete.exists():
        shutil.rmtree(found.folder, ignore_errors=True)
        readings = _make(found)
        complete.write_text(json.dumps({"readings": readings}))
    return found


def _make(target: DataSet) -> int:
    accounts = demo_accounts(target.size.meters, seed=SEED, now=FIRST_DAY)
    with Home.open(target.home, timezone=TIMEZONE, demo=True) as home:
        database = Database.open(home.database)
        try:
            room = AccountsRoom.open(
                users=home.users,
                admins=home.admins,
                versions=home.versions,
                database=database,
                zone=home.zone,
                clock=lambda: datetime.now(UTC),
            )
            room.accounts.register_many(accounts, actor=OPERATOR.name)
            for person in DEMO_PEOPLE:
                kept = hash_password(person.password)
                if person.role is Role.HOUSEHOLD:
                    room.accounts.set_password_hash(person.email, kept, actor=OPERATOR.name)
                else:
                    member = StaffMember(person.email, person.name, person.role)
                    room.staff.register(member, actor=OPERATOR.name)
                    room.staff.set_password_hash(person.email, kept, actor=OPERATOR.name)
        finally:
            database.close()
        files, entries = DayFiles(home.daily), {}

        def write(made: tuple[date, ReadingBatch]) -> int:
            day, batch = made
            entries[day] = files.write(day, encode_day(batch, home.zone), rows=len(batch))
            return len(batch)

        with ThreadPoolExecutor(2) as pool:
            counts = []
            waiting = []
            for made in days_of(target):
                waiting.append(pool.submit(write, made))
                if len(waiting) > 2:
                    counts.append(waiting.pop(0).result())
            counts += [each.result() for each in waiting]
        Manifest().flushed(entries, through=0).save(home.manifest)
    return sum(counts)


def days_of(
    target: DataSet, *, off_the_grid: float = OFF_THE_GRID
) -> Iterator[tuple[date, ReadingBatch]]:
    """The readings of each day, sorted by meter and time, with their irregularities."""
    accounts = demo_accounts(target.size.meters, seed=SEED, now=FIRST_DAY)
    meters = sorted(
        (SimulatedMeter(each.meter_id, each.dwelling_type) for each in accounts),
        key=lambda meter: meter.meter_id,
    )
    simulator = Simulator(meters, target.zone, first_day=FIRST_DAY, seed=SEED)
    for day in target.days:
        whole = simulator.day(day)
        # The set's first and last readings stay, so that every meter is known over the same
        # period and peers need no rule of their own for the ends.
        inner = (whole.read_at > target.start) & (whole.read_at < target.end - HALF_HOUR)
        yield day, _irregular(whole, day, inner, off_the_grid)


def _irregular(
    batch: ReadingBatch, day: date, inner: npt.NDArray[np.bool_], off_the_grid: float
) -> ReadingBatch:
    """Without those that never came; some read a while after the half hour (same register:
    nothing decreases)."""
    random = np.random.default_rng((SEED, day.toordinal()))
    lots = random.random(len(batch))
    shift = random.integers(1, HALF_HOUR, len(batch))
    times = batch.read_at.copy()
    moved = inner & (lots >= MISSING) & (lots < MISSING + off_the_grid)
    times[moved] += shift[moved]
    return replace(batch, read_at=times).take(~(inner & (lots < MISSING)))
