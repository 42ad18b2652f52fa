"""Lives of a program on a disk that forgets: each ends in a crash, the next begins in its ruins.

    home/123              the first life, of seed 123: a workload on an empty disk
    home/123/87.5         cut after its 87th operation, the 5th of the things that may be found
    home/123/87.5/12.1    and again in the life that recovers from that, after its 12th

Such a path repeats its crash exactly, as all chances are drawn from it. Way 0 is a killed
process: all it did is seen, and what was not synced can still be lost by a later power cut.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from tests.faults.disk_model import Disk, Image, Operation, digest
from tests.faults.recording import Fault, Recorder, clear, write_image

KILLED, NOTHING, ALL = 0, 1, 2
FIRST_CHANCE = 3
ENOUGH = 20
"""Failures after which a life is not crashed any further."""
HOLES = 0.15
"""So often sectors in the middle of what was not synced are missing."""


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass(frozen=True)
class Expected:
    """What must and what may be found."""

    must: frozenset[object] = frozenset()
    may: frozenset[object] = frozenset()
    values: frozenset[bytes] = frozenset({b""})
    """Any one of these contents of the registry."""

    def check(self, found: Iterable[object], value: bytes | None = None) -> frozenset[object]:
        """Raise Broken unless what is found is as promised; returns it."""
        listed = list(found)
        present = frozenset(listed)
        if len(listed) != len(present):
            twice = {each for each in present if listed.count(each) > 1}
            raise Broken(f"stored twice: {_some(twice)}")
        if lost := self.must - present:
            raise Broken(f"acknowledged or served, and lost: {_some(lost)}")
        if invented := present - self.must - self.may:
            raise Broken(f"invented: {_some(invented)}")
        if value is not None and value not in self.values:
            raise Broken(f"the registry is neither old nor new: {value!r}")
        return present


def _some(what: Iterable[object]) -> str:
    listed = sorted(map(str, what))
    return f"{len(listed)}: {'; '.join(listed[:3])}"


@dataclass
class _Attempt:
    begun: int
    rows: frozenset[object] = frozenset()
    value: bytes | None = None
    done: int | None = None


@dataclass
class Promises:
    """What a life said to its callers, and after how many operations."""

    before: Expected
    clock: Callable[[], int] = lambda: 0
    attempts: list[_Attempt] = field(default_factory=list)
    seen: list[tuple[int, frozenset[object]]] = field(default_factory=list)

    def begin(self, rows: Iterable[object] = (), value: bytes | None = None) -> _Attempt:
        attempt = _Attempt(self.clock(), frozenset(rows), value)
        self.attempts.append(attempt)
        return attempt

    def keep(self, attempt: _Attempt) -> None:
        """It was acknowledged."""
        attempt.done = self.clock()

    def served(self, rows: Iterable[object]) -> None:
        """These were shown to somebody."""
        present = frozenset(rows)
        if not self.seen or self.seen[-1][1] != present:
            self.seen.append((self.clock(), present))

    def at(self, operations: int) -> Expected:
        """What holds after so many operations."""
        must, may, values = set(self.before.must), set(self.before.may), set(self.before.values)
        for each in self.attempts:
            if each.begun > operations:
                continue
            kept = each.done is not None and each.done <= operations
            (must if kept else may).update(each.rows)
            if each.value is not None:
                values = {each.value} if kept else values | {each.value}
        for when, rows in self.seen:
            if when <= operations:
                must |= rows
        return Expected(frozenset(must), frozenset(may) - must, frozenset(values))

    @property
    def turns(self) -> list[int]:
        """Where expectations change."""
        found = {0}
        for each in self.attempts:
            found |= {each.begun} | ({each.done} if each.done is not None else set())
        return sorted(found | {when for when, _ in self.seen})


class Layer(Protocol):
    """A part of the product under test."""

    name: str

    def live(self, folder: Path, seed: str, life: Life) -> None:
        """A first life: the workload. Promises are noted in `life.promises`."""

    def again(self, folder: Path, seed: str, life: Life, expected: Expected) -> None:
        """A later life: recover, check, serve, go on."""


@dataclass
class Life:
    """One life: where it began, what it did, what it promised."""

    path: str
    begun: Disk
    recorder: Recorder
    promises: Promises
    holes: bool = False
    """Parts may be missing inside what was not synced: damage may be reported, then repaired."""
    faulty: bool = False
    """Faults are injected: refusals are no failure."""

    @property
    def operations(self) -> list[Operation]:
        return self.recorder.operations


@dataclass(frozen=True)
class Failure:
    """A crash that was not survived."""

    path: str
    what: str
    trace: str

    @property
    def replay(self) -> str:
        return f"make faults-replay CRASH='{self.path}'"


@dataclass
class Tally:
    """What a run did."""

    crashes: int = 0
    """Crash states: each a place and one of the things that may be found there."""
    images: int = 0
    """Different disks among them that a program recovered on."""
    lives: int = 0
    faults: int = 0
    """Injected errors, short writes and damaged bytes."""
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.crashes += other.crashes
        self.images += other.images
        self.lives += other.lives
        self.faults += other.faults
        self.failures += other.failures


@dataclass(frozen=True)
class Depth:
    """How closely lives of one depth are looked at."""

    ways: int
    """Chances drawn at each place, beside killed, nothing and all."""
    killed: float
    """Share of places at which the process is killed as well."""
    deeper: float
    """Share of different disks whose recovery is cut in its turn."""


class Runner:
    """Leads lives of one layer in one folder of the memory disk."""

    def __init__(self, layer: Layer, folder: Path) -> None:
        self.layer = layer
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def first(self, seed: str, *, fault: Fault | None = None, path: str = "") -> Life:
        """The workload, on an empty disk. Raises what it raises."""
        clear(str(self.folder))
        life = self._life(path or f"{self.layer.name}/{seed}", Disk(), Expected(), fault=fault)
        with life.recorder:
            self.layer.live(self.folder, seed, life)
        life.recorder.verify()
        return life

    def next(self, path: str, ruin: Disk, expected: Expected, *, holes: bool) -> Life:
        """Recover on what a crash left. Raises Broken."""
        clear(str(self.folder))
        write_image(str(self.folder), ruin.everything())
        life = self._life(path, ruin, expected, holes=holes)
        with life.recorder:
            self.layer.again(self.folder, path, life, expected)
        if Random(path).random() < 0.05:
            life.recorder.verify()
        return life

    def _life(
        self,
        path: str,
        disk: Disk,
        expected: Expected,
        *,
        holes: bool = False,
        fault: Fault | None = None,
    ) -> Life:
        recorder = Recorder(str(self.folder), disk.copy(), fault=fault)
        promises = Promises(expected, lambda: len(recorder.operations))
        return Life(path, disk, recorder, promises, holes, faulty=fault is not None)

    def explore(
        self,
        life: Life,
        depths: tuple[Depth, ...],
        tally: Tally,
        *,
        chosen: Container[int] | None = None,
    ) -> None:
        """Crash a life wherever it can be crashed (or as chosen), and those after it likewise."""
        seen: set[tuple[bytes, Expected]] = set()
        for disk, place, expected in places(life):
            if chosen is not None and place not in chosen:
                continue
            if len(tally.failures) >= ENOUGH:
                return
            for way in self._ways(disk, life.path, place, depths[0]):
                path = f"{life.path}/{place}.{way}"
                ruin, holes = cut(disk, path, way)
                tally.crashes += 1
                if way != KILLED or not disk.has_unsafe:
                    known = (digest(ruin.everything()), expected)
                    if known in seen:
                        continue
                    seen.add(known)
                self._follow(path, ruin, expected, depths, tally, holes=life.holes or holes)

    def _ways(self, disk: Disk, path: str, place: int, depth: Depth) -> Iterator[int]:
        if not disk.has_unsafe:
            yield KILLED
            return
        if Random(f"{path}/{place}").random() < depth.killed:
            yield KILLED
        yield from range(NOTHING, FIRST_CHANCE + depth.ways)

    def _follow(
        self,
        path: str,
        ruin: Disk,
        expected: Expected,
        depths: tuple[Depth, ...],
        tally: Tally,
        *,
        holes: bool,
    ) -> None:
        tally.images += 1
        try:
            life = self.next(path, ruin, expected, holes=holes)
        except Exception as error:  # noqa: BLE001  whatever it is, the crash was not survived
            tally.failures.append(Failure(path, said(error), traceback.format_exc()))
            return
        tally.lives += 1
        deeper = ruin.has_unsafe or Random(f"{path}!").random() < depths[0].deeper
        if len(depths) > 1 and deeper:
            self.explore(life, depths[1:], tally)


def places(life: Life) -> Iterator[tuple[Disk, int, Expected]]:
    """The disk after each operation, and what was promised by then."""
    disk, turns = life.begun.copy(), set(life.promises.turns)
    expected = life.promises.at(0)
    for place in range(len(life.operations) + 1):
        if place:
            disk.apply(life.operations[place - 1])
        if place in turns:
            expected = life.promises.at(place)
        yield disk, place, expected


def cut(disk: Disk, path: str, way: int) -> tuple[Disk, bool]:
    """What is found after a crash of that path, and whether parts may be missing inside."""
    if way == KILLED:
        return disk.copy(), False
    if way == NOTHING:
        return Disk.of(disk.safe()), False
    if way == ALL:
        return Disk.of(disk.everything()), False
    chance = Random(path)
    holes = chance.random() < HOLES
    return Disk.of(disk.survived(chance, holes=holes)), holes


def said(error: BaseException) -> str:
    return f"{type(error).__name__}: {getattr(error, 'sentence', error)}"


def listing(image: Image) -> str:
    """An image for people."""
    return "\n".join(
        f"    {path}{'/' if content is None else f'  {len(content)} bytes'}"
        for path, content in image.items()
    )
