"""Let every system call of a day fail, one at a time, and look at what becomes of the home.

    python -m tests.faults.system_calls                         each call with each kind of fault
    python -m tests.faults.system_calls --points 40 --seed 7    forty of them
    python -m tests.faults.system_calls --only fdatasync.3.EIO

The home begins in the ruins of a crash: a sealed log half merged, a torn line, an unfinished
file. A first day without fault counts the calls that open for writing, write, sync, rename, cut
or delete; then each is met once by a kill, by EIO, by ENOSPC, and writes by a short write.

After each: whoever asked was told; a failed sync of the log is never tried again and closes
receiving; a failed write of it is cut back and receiving goes on; readings are shown to the end;
and recovery in a clean process finds every promise kept and nothing invented.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType

from data_layer.book import Book
from data_layer.errors import MeterbookError
from data_layer.storage.home import PRIVATE_FOLDER
from tests.faults import power_cut_life as life
from tests.faults.power_cut import Broken, work_folder
from tests.faults.power_cut_check import check
from tests.faults.power_cut_truth import NOW, TROUBLE, Truth
from tests.faults.system_calls_day import POISONED, RECEIVING, REFUSED, Day, day_before
from tests.faults.system_calls_tracer import Call, Fault, Kind, cannot_trace, trace

LONGEST_DAY_SECONDS = 120
WRITES = ("write", "pwrite64", "writev")
SYNCS = ("fsync", "fdatasync")
NEEDS_ROOM = (*WRITES, "openat", "rename", "mkdir", "mkdirat", "link", "linkat", "ftruncate")
NEVER = 2**63
DATABASE = "/meterbook.sqlite3"


@dataclass(frozen=True, slots=True)
class Told:
    """What one day said, and the calls it made."""

    calls: list[Call]
    lines: list[str]

    def saying(self, beginning: str) -> list[str]:
        return [line for line in self.lines if line.startswith(beginning)]


class Ruin:
    """A home after a crash, to be lived in again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ruin = folder / "ruin"
        self._home = folder / "home"
        self._said = folder / "said"
        self._truth = Truth()
        life.warm_up(folder / "warm")
        life.create(self._ruin)
        self._crash()

    def _crash(self) -> None:
        """A day before, killed when the second seal has replaced its first day file."""
        whole = self._folder / "whole"
        shutil.copytree(self._ruin, whole)
        calls = self._traced(whole, day_before).calls
        renames = [call.path for call in calls if call.name == "rename"]
        last = max(n for n, path in enumerate(renames) if "/daily/" in path)
        told = self._traced(self._ruin, day_before, Fault("rename", last + 1, Kind.KILL))
        self._truth.hear(told.lines, ended=NEVER)
        with (self._ruin / "logs" / "log.txt").open("ab") as log:
            log.write(b"m-1,S,2026-06-1")

    def count(self) -> Told:
        """A day without fault."""
        told = self._day(None)
        if told.saying(REFUSED) or told.saying(TROUBLE):
            raise Broken(f"a day without fault: {told.saying(REFUSED) + told.saying(TROUBLE)}")
        self._recover(told)
        return told

    def meet(self, fault: Fault) -> bool:
        """A day with one fault; whether it was met. Raises Broken."""
        told = self._day(fault)
        struck = [n for n, call in enumerate(told.calls) if call.name == fault.call]
        if len(struck) < fault.place:
            return False
        at = struck[fault.place - 1]
        wrong = [*told.saying(TROUBLE), *_misbehavior(fault, told, at), *self._recover(told)]
        if wrong:
            where = told.calls[at].path.removeprefix(str(self._home))
            raise Broken(
                f"{_name(fault)} at {where}: {' | '.join(wrong)}; it said {told.saying(REFUSED)}"
            )
        return True

    def _day(self, fault: Fault | None) -> Told:
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.copytree(self._ruin, self._home)
        return self._traced(
            self._home, lambda home, voice: Day(home, self._truth, voice).live(), fault
        )

    def _traced(
        self, home: Path, work: Callable[[Path, life.Voice], None], fault: Fault | None = None
    ) -> Told:
        calls = trace(lambda: work(home, self._voice()), home, fault)
        return Told(calls, self._heard())

    def _recover(self, told: Told) -> list[str]:
        """What a clean process finds wrong after recovery."""
        truth = copy.deepcopy(self._truth)
        truth.hear(told.lines, ended=NEVER)
        child = os.fork()
        if not child:
            voice = self._voice()
            try:
                book = Book.open(self._home, clock=lambda: NOW, scheduled=False)
                for sentence in check(book, truth).wrong:
                    voice.say(f"after recovery: {sentence}")
                book.readings.store.seal()
                for sentence in check(book, truth).wrong:
                    voice.say(f"after the next seal: {sentence}")
                os._exit(0)
            except MeterbookError as error:
                voice.say(f"cannot be opened again: {error.sentence}")
            finally:
                os._exit(1)
        failed = os.waitpid(child, 0)[1] != 0
        return self._heard() or ["recovery failed"] * failed

    def _voice(self) -> life.Voice:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        return life.Voice(os.open(self._said, flags))

    def _heard(self) -> list[str]:
        return self._said.read_text().split("\n")[:-1]


def _misbehavior(fault: Fault, told: Told, at: int) -> Iterator[str]:
    """What the day should have said or done after a call that failed but killed nobody."""
    if fault.kind is Kind.KILL:
        return
    call, after = told.calls[at], told.calls[at + 1 :]
    refused, opened = told.saying(REFUSED), not told.saying(f"{REFUSED} open")
    if fault.kind is Kind.SHORT:
        if refused or not told.saying(RECEIVING):
            yield "a short write was not gone on with"
        return
    if not refused and not _may_be_silent(told, at):
        yield "nobody was told"
    if not opened or not call.path.endswith("/logs/log.txt"):
        return
    if call.name in SYNCS:
        if not told.saying(POISONED):
            yield "a failed sync of the log did not close receiving"
        if [later for later in after if later.path == call.path and later.name in SYNCS + WRITES]:
            yield "the log was written to or synced after a failed sync"
    elif call.name in WRITES and not told.saying(RECEIVING):
        yield "a failed write of the log closed receiving"


def _may_be_silent(told: Told, at: int) -> bool:
    """Whether the call's failure costs nothing that was promised or asked for."""
    call = told.calls[at]
    if call.name == "mkdir":
        return True  # the folder is there already
    if "/versions/" in call.path:
        return True  # an edit by hand not kept aside now is kept by the next change of the file
    if call.path.endswith(PRIVATE_FOLDER):
        return call.name == "fdatasync"  # SQLite: a folder whose sync fails is passed over
    # Closing, SQLite moves its log into its file; what cannot be moved stays where it is.
    last_reading = max(n for n, each in enumerate(told.calls) if each.path.endswith("/log.txt"))
    return DATABASE in call.path and at > last_reading


def faults_of(calls: list[Call]) -> list[Fault]:
    """Every call with every kind of fault it can have."""
    faults = []
    for name, often in Counter(call.name for call in calls).items():
        kinds = [Kind.KILL, Kind.EIO]
        kinds += [Kind.ENOSPC] if name in NEEDS_ROOM else []
        kinds += [Kind.SHORT] if name in WRITES else []
        faults += [Fault(name, n + 1, kind) for n in range(often) for kind in kinds]
    return faults


def _name(fault: Fault) -> str:
    return f"{fault.call}.{fault.place}.{fault.kind.value}"


def _fault(name: str) -> Fault:
    call, place, kind = name.split(".")
    return Fault(call, int(place), Kind(kind))


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise Broken(f"a day did not end within {LONGEST_DAY_SECONDS} s")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.system_calls")
    parser.add_argument("--points", type=int, default=0, help="so many at random; 0 means all")
    parser.add_argument("--seed", default="")
    parser.add_argument("--only", default="", help="call.place.kind")
    asked = parser.parse_args(words)
    if why := cannot_trace():
        sys.stdout.write(f"cannot stop at system calls here: {why}\n")
        return 2
    seed = asked.seed or str(Random().randrange(10**9))
    signal.signal(signal.SIGALRM, _too_long)
    begun, met, broken = time.monotonic(), 0, 0
    with work_folder() as folder:
        ruin = Ruin(folder)
        gc.freeze()
        calls = ruin.count().calls
        every = faults_of(calls)
        faults = [_fault(asked.only)] if asked.only else every
        if asked.points:
            faults = Random(seed).sample(every, min(asked.points, len(every)))
        for fault in faults:
            signal.alarm(LONGEST_DAY_SECONDS)
            try:
                met += ruin.meet(fault)
            except Broken as error:
                broken += 1
                again = f"python -m tests.faults.system_calls --only {_name(fault)}"
                sys.stdout.write(f"{error}\nagain: {again}\n")
    told = {
        "seed": seed,
        "calls": dict(Counter(call.name for call in calls)),
        "points": len(every),
        "met": met,
        "broken": broken,
        "seconds": round(time.monotonic() - begun, 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
