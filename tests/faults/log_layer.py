"""The log, day files and manifest by themselves, as the readings room uses them: thousands of
crashes a second, as nothing here knows electricity.

A line is `<day> <number> <filling>`. Merging is what `readings/sealing.py` does, without columns
or index: day files, then the manifest, then the log is archived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from data_layer.errors import Unavailable
from data_layer.storage.day_files import DayFiles
from data_layer.storage.durable_files import disk_trouble, fsync_folder
from data_layer.storage.log_format import payloads
from data_layer.storage.log_names import archive, sealed_logs
from data_layer.storage.log_recovery import recover
from data_layer.storage.log_repair import repair
from data_layer.storage.manifest import Manifest
from data_layer.storage.write_ahead_log import WriteAheadLog
from tests.faults.lives import Broken, Expected, Life
from tests.log_writing import append

DAYS = ["2026-06-17", "2026-06-18", "2026-06-19"]


@dataclass
class _Opened:
    logs: Path
    files: DayFiles
    manifest_path: Path
    manifest: Manifest
    log: WriteAheadLog

    def rows(self) -> list[bytes]:
        """Lines of all day files, and of the logs that are not in them yet, each once."""
        stored = [line for day in self.files.days() for line in self._day(day)]
        merged = set(stored)
        for generation, path in sealed_logs(self.logs):
            if generation > self.manifest.flushed_generation:
                stored += [line for line in _lines(path) if line not in merged]
        return stored + list(_lines(self.log.path))

    def append(self, lines: list[bytes], life: Life) -> None:
        attempt = life.promises.begin(lines)
        append(self.log, lines)
        life.promises.keep(attempt)

    def seal(self) -> None:
        """Close the log and merge it: every step may be repeated."""
        self.log.seal()
        waiting = [
            path
            for generation, path in sealed_logs(self.logs)
            if generation > self.manifest.flushed_generation
        ]
        days: dict[date, set[bytes]] = defaultdict(set)
        for path in waiting:
            for line in _lines(path):
                days[date.fromisoformat(line[:10].decode())].add(line)
        entries = {}
        for day, lines in sorted(days.items()):
            whole = sorted(lines | set(self._day(day)))
            data = b"".join(line + b"\n" for line in whole)
            entries[day] = self.files.write(day, data, rows=len(whole))
        if waiting:
            manifest = self.manifest.flushed(entries, through=self.log.generation - 1)
            manifest.save(self.manifest_path)
            self.manifest = manifest
        for generation, path in sealed_logs(self.logs):
            if generation <= self.manifest.flushed_generation:
                archive(path)

    def _day(self, day: date) -> list[bytes]:
        return (self.files.read(day) or b"").splitlines()


@dataclass(frozen=True)
class LogLayer:
    """The layer; `steps` is how long its first life is."""

    name: str = "log"
    steps: int = 14

    def live(self, folder: Path, seed: str, life: Life) -> None:
        chance = Random(f"log {seed}")
        _lay_out(folder)
        opened, written = None, 0
        for _ in range(self.steps):
            try:
                if opened is None:
                    opened = _open(folder, life)
                action = chance.random()
                if action < 0.7:
                    count = chance.choice([1, 1, 2, 5])
                    lines = [_line(chance, written + n) for n in range(count)]
                    written += count
                    opened.append(lines, life)
                elif action < 0.9:
                    opened.seal()
                else:
                    opened.log.close()
                    opened = None
            except Unavailable:
                if not life.faulty:
                    raise
                opened = self._after_refusal(opened, chance)
            if opened is not None:
                life.promises.served(life.promises.before.must)
        if opened is not None:
            opened.log.close()

    def _after_refusal(self, opened: _Opened | None, chance: Random) -> _Opened | None:
        if opened is None or (not opened.log.poisoned and chance.random() < 0.7):
            return opened
        opened.log.close()
        return None

    def again(self, folder: Path, seed: str, life: Life, expected: Expected) -> None:
        _lay_out(folder)
        opened = _open(folder, life)
        life.promises.served(expected.check(opened.rows()))
        chance = Random(f"again {seed}")
        if chance.random() < 0.5:
            opened.append([b"2026-06-20 again " + seed.encode()], life)
            if chance.random() < 0.5:
                opened.seal()
        opened.log.close()
        before = life.recorder.now.everything()
        opened = _open(folder, life)
        if life.recorder.now.everything() != before:
            raise Broken("recovering twice does more than recovering once")
        promised = life.promises.at(len(life.operations))
        promised.check(opened.rows())
        opened.log.close()


def _lay_out(folder: Path) -> None:
    for name in ("daily", "logs"):
        while not (folder / name).exists():
            with suppress(OSError):
                (folder / name).mkdir()
    for _ in range(100):  # as errors are injected, and this is not what is tested here
        with suppress(OSError):
            return fsync_folder(folder)
    return None


def _open(folder: Path, life: Life) -> _Opened:
    files, logs = DayFiles(folder / "daily"), folder / "logs"
    with disk_trouble("the home could not be locked"):
        fsync_folder(folder)  # as `Home.lock` does, before anything in it is believed
    files.recover()
    manifest_path = folder / "manifest.json"
    manifest = Manifest.load(manifest_path)
    found = recover(logs, flushed=manifest.flushed_generation)
    if found.damage and life.holes:
        repair(logs, flushed=manifest.flushed_generation)
        found = recover(logs, flushed=manifest.flushed_generation)
    unsettled = {
        date.fromisoformat(line[:10].decode())
        for log in found.sealed
        for line in _lines(log.path)
        if log.generation > manifest.flushed_generation
    }
    problems = files.check(manifest, unsettled=unsettled)
    if found.damage or problems:
        raise Broken(" ".join((*found.damage, *problems)))
    log = WriteAheadLog.open(logs, found, reserve_bytes=0)
    return _Opened(logs, files, manifest_path, manifest, log)


def _lines(path: Path) -> Iterator[bytes]:
    for block in payloads(path):
        yield from block.splitlines()


def _line(chance: Random, number: int) -> bytes:
    filling = b"x" * chance.choice([0, 3, 40, 700])
    return f"{chance.choice(DAYS)} {number} ".encode() + filling
