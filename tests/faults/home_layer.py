"""A whole home as the server runs it: readings from every side, the end of the day, accounts.

The first life submits, alone, in batches and from several threads at once, corrects, withdraws,
is late, seals, rebuilds, changes accounts, restarts. Every later one recovers, and what it finds
is held against the promises, against day files and logs read by hand (`home_oracle`), and against
itself: it goes on receiving, and recovering again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from random import Random
from threading import Thread

from data_layer.clock import HomeZone
from data_layer.errors import Unavailable
from data_layer.readings import operations
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import (
    Action,
    GroupPath,
    Reading,
    ReadingBatch,
    Scope,
    SeriesKey,
)
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage import home as home_module
from data_layer.storage.home import Home
from data_layer.storage.log_repair import repair_home
from tests.faults import home_oracle, registry_layer
from tests.faults.disk_model import Sync
from tests.faults.lives import Broken, Expected, Life
from tests.faults.recording import Step
from tests.faults.threads import wait_until_blocked

HALF_HOUR = 1800
START = 1_781_625_600
"""2026-06-17 00:00 in Singapore."""
SLOTS = 4 * 48
METERS = 3
SOON = datetime.fromtimestamp(START + SLOTS * HALF_HOUR, UTC)
MUCH_LATER = datetime(2060, 1, 1, tzinfo=UTC)
"""When every archived log is old."""
UPLOADER = Scope("tester", Action.SUBMIT_READINGS, None)
ADMIN = Scope("boss", Action.CORRECT_READINGS, None)
PLACE = GroupPath("East", "Bedok", "3-room")
LOOKED_AT = 0.3
"""Of so many homes that were crashed, before they are recovered."""

# A zone's calendar takes 50 ms to compute, and there is one zone.
home_module.HomeZone = lru_cache(HomeZone)  # type: ignore[misc, assignment]


def value_of(meter: int, slot: int, revision: int) -> int | None:
    """The one true value: rises with time, so that any order of arrival is acceptable."""
    return None if revision == 2 else slot * 100 + meter + 3 * revision


def reading(meter: int, slot: int, revision: int = 0) -> Reading:
    at = START + slot * HALF_HOUR
    source = "page:boss" if revision else "api:k1"
    value = value_of(meter, slot, revision)
    return Reading(f"m-{meter}", "S", at, value, revision=revision, source=source)


def active(_: str) -> Standing:
    return Standing.ACTIVE


class Server:
    """An open home, and what its callers were promised."""

    def __init__(self, folder: Path, life: Life, *, now: datetime) -> None:
        self.life = life
        self._since = len(life.operations)
        self.home = Home.open(folder / "home")
        self.store: LocalStore | None = None
        try:
            self.home.lock()
            self.store = LocalStore.open(self.home, clock=lambda: now, reserve_bytes=0)
            self._mend(now)
        except BaseException:
            self.close()
            raise
        self.room = ReadingRoom(self.store, self.home.zone, lambda: now, active)
        self.registry = registry_layer.registry_of(self.home.users, self.home.versions)

    def _mend(self, now: datetime) -> None:
        """Damage is no answer to a crash, unless parts are missing: then it can be repaired."""
        if self.opened.damage and self.life.holes:
            self._repair(now)
        if self.opened.damage:
            raise Broken(" ".join(self.opened.damage))

    def _repair(self, now: datetime) -> None:
        self.close()
        self.home.lock()
        repair_home(self.home)
        self.store = LocalStore.open(self.home, clock=lambda: now, reserve_bytes=0)

    def close(self) -> None:
        if self.store is not None:
            self.store.close()
        self.home.close()

    @property
    def opened(self) -> LocalStore:
        assert self.store is not None
        return self.store

    def submit(self, rows: Sequence[Reading]) -> None:
        attempt = self.life.promises.begin(rows)
        batch = ReadingBatch.from_readings(rows)
        receipt = operations.submit(self.room, UPLOADER, batch, rules=UPLOAD_PAGE)
        if receipt.rejected:
            raise Broken(f"refused: {receipt.rejections[0].sentence}")
        if receipt.accepted + receipt.duplicates != len(rows):
            raise Broken("the receipt does not count all rows")
        if life_of_log_is_over(self.life, self._since, attempt.begun):
            raise Broken("readings are taken after an fsync of the log failed")
        self.life.promises.keep(attempt)

    def submit_again(self, row: Reading) -> None:
        """What is stored must be known as stored."""
        batch = ReadingBatch.from_readings([row])
        receipt = operations.submit(self.room, UPLOADER, batch, rules=UPLOAD_PAGE)
        if receipt.duplicates != 1:
            raise Broken(f"stored, and not known as stored: {row}: {receipt}")

    def together(self, batches: Sequence[Sequence[Reading]]) -> None:
        """Several callers at once: while the first waits for the disk, the others come."""
        failed: list[BaseException] = []

        def call(rows: Sequence[Reading]) -> None:
            try:
                self.submit(rows)
            except BaseException as error:  # noqa: BLE001  raised below, in the main thread
                failed.append(error)

        waiting = [Thread(target=call, args=(rows,)) for rows in batches[1:]]
        started: list[Thread] = []

        def let_in(step: Step) -> None:
            while waiting and step.call in ("fsync", "fdatasync"):
                started.append(waiting.pop(0))
                started[-1].start()
                wait_until_blocked(started[-1])

        recorder = self.life.recorder
        before, recorder.watch = recorder.watch, let_in
        try:
            call(batches[0])
        finally:
            recorder.watch = before
            for thread in waiting:
                thread.start()
            for thread in (*started, *waiting):
                thread.join()
        if failed:
            raise failed[0]

    def revise(self, key: Reading) -> None:
        """Correct, or withdraw, the reading that stands under the key."""
        series = SeriesKey(key.meter_id, key.register_id)
        stored = self.opened.revisions(series, key.read_at).rows()
        revision = 1 + max((row.revision for row in stored), default=0)
        slot = (key.read_at - START) // HALF_HOUR
        wanted = reading(int(key.meter_id[2:]), slot, revision)
        attempt = self.life.promises.begin([wanted])
        if wanted.value_wh is None:
            taken = operations.void(
                self.room, ADMIN, series, read_at=key.read_at, source=wanted.source, reason="test"
            )
        else:
            asked = replace(wanted, revision=0)
            taken = operations.correct(self.room, ADMIN, asked, reason="test")
        if taken != wanted:
            raise Broken(f"{taken} was stored where {wanted} was meant")
        self.life.promises.keep(attempt)

    def look(self) -> None:
        """Ask for everything: it was served then, and must be what the files say."""
        self.life.promises.served(home_oracle.rows(self.opened))

    def check(self, expected: Expected) -> None:
        present = expected.check(
            home_oracle.rows(self.opened), registry_layer.content(self.registry)
        )
        home_oracle.check(self.opened, self.home, present)


def with_value(rows: Sequence[Reading]) -> list[Reading]:
    """As they were sent, or could have been: every revision that is not a withdrawal."""
    return [replace(row, revision=0) for row in rows if row.value_wh is not None]


def life_of_log_is_over(life: Life, since: int, until: int) -> bool:
    """Whether the open log failed to be synced between two operations."""
    return any(
        isinstance(operation, Sync) and operation.failed and path.endswith("/log.txt")
        for operation, path in zip(
            life.operations[since:until], life.recorder.paths[since:until], strict=True
        )
    )


@dataclass
class _Day:
    """One first life: its chances, and what is stored."""

    folder: Path
    life: Life
    chance: Random
    stored: list[Reading] = field(default_factory=list)
    server: Server | None = None

    def step(self) -> None:
        if self.server is None:
            now = MUCH_LATER if self.chance.random() < 0.2 else SOON
            self.server = Server(self.folder, self.life, now=now)
            self.server.opened.place({f"m-{meter}": PLACE for meter in range(METERS)})
        server, action = self.server, self.chance.random()
        if action < 0.45:
            self.submit(self.some())
        elif action < 0.55:
            server.together([self.some() for _ in range(3)])
        elif action < 0.68 and self.stored:
            server.revise(self.chance.choice(self.stored))
        elif action < 0.85:
            server.opened.seal(rebuild=self.chance.random() < 0.2)
        elif action < 0.93:
            registry_layer.change(
                server.registry,
                self.life,
                f"user {self.chance.randrange(1000)}",
                forget=self.chance.random() < 0.2,
            )
        else:
            self.end()
        if self.server is not None and self.chance.random() < 0.6:
            server.look()

    def submit(self, rows: list[Reading]) -> None:
        assert self.server is not None
        self.server.submit(rows)
        self.stored += rows

    def some(self) -> list[Reading]:
        """Readings of any day, so that late ones come too."""
        count = self.chance.choice([1, 1, 1, 2, 5])
        pairs = {
            (self.chance.randrange(METERS), self.chance.randrange(SLOTS)) for _ in range(count)
        }
        return [reading(*pair) for pair in sorted(pairs)]

    def end(self) -> None:
        if self.server is not None:
            self.server.close()
        self.server = None


@dataclass(frozen=True)
class HomeLayer:
    """The layer; `steps` is how long its first life is."""

    name: str = "home"
    steps: int = 14

    def live(self, folder: Path, seed: str, life: Life) -> None:
        day = _Day(folder, life, Random(f"home {seed}"))
        life.recorder.watch = lambda step: _watch(day, step)
        try:
            for _ in range(self.steps):
                try:
                    day.step()
                except Unavailable:
                    if not life.faulty:
                        raise
                    self._after_refusal(day)
        finally:
            day.end()

    def _after_refusal(self, day: _Day) -> None:
        """Pages stay readable; now and then somebody restarts."""
        if day.server is None:
            return
        day.server.look()
        day.server.check(day.life.promises.at(len(day.life.operations)))
        if not day.server.opened.receiving or day.chance.random() < 0.3:
            day.end()

    def again(self, folder: Path, seed: str, life: Life, expected: Expected) -> None:
        chance = Random(f"again {seed}")
        if not life.holes and Random(f"beside {seed}").random() < LOOKED_AT:
            _beside(folder, life, expected)
        server = Server(folder, life, now=SOON)
        try:
            server.check(expected)
            server.look()
            way = chance.random()
            if way < 0.4:
                server.submit([reading(chance.randrange(METERS), chance.randrange(SLOTS))])
            if way < 0.2 and (stored := with_value(home_oracle.rows(server.opened))):
                server.submit_again(chance.choice(stored))
            if way < 0.15:
                server.opened.seal()
                server.check(life.promises.at(len(life.operations)))
        finally:
            server.close()
        if way < 0.3 or way > 0.9:
            self._once_more(folder, life)

    def _once_more(self, folder: Path, life: Life) -> None:
        before = life.recorder.now.everything()
        server = Server(folder, life, now=SOON)
        try:
            if life.recorder.now.everything() != before:
                raise Broken("recovering twice does more than recovering once")
            server.check(life.promises.at(len(life.operations)))
        finally:
            server.close()


def _beside(folder: Path, life: Life, expected: Expected) -> None:
    """A command that looks before anybody has recovered: it sees what was promised, and changes
    nothing. Parts that are missing would be damage to it, and are left out."""
    if not expected.must:
        return  # there may be no home yet
    before = life.recorder.now.everything()
    home = Home.existing(folder / "home")
    with LocalStore.open(home, clock=lambda: SOON, writable=False) as store:
        expected.check(home_oracle.rows(store))
    if life.recorder.now.everything() != before:
        raise Broken("who only looks changes files")


def _watch(day: _Day, step: Step) -> None:
    """Look while readings are on their way to the disk: what is shown then must stay."""
    waits = step.call in ("fsync", "fdatasync") and step.path.endswith("log.txt")
    if waits and day.server is not None:
        with suppress(Unavailable):
            day.server.look()
