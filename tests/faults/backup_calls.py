"""Let every system call of a backup, and of a restore, fail; look at what is there afterwards.

    python -m tests.faults.backup_calls                          each call with each kind of fault
    python -m tests.faults.backup_calls --points 40 --seed 7     forty of them
    python -m tests.faults.backup_calls --only restore.rename.3.kill

A backup that met a fault is whole or none: what bears its name holds every reading, and what does
not hold has not its name. A killed one is made again by the next start. A home whose restore met
a fault is the same or is opened by nobody. Whoever asked is told what went wrong.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from data_layer.book import Book
from data_layer.errors import MeterbookError, NotFound, Unavailable
from data_layer.jobs.model import JobState
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.check_backup import checked_backup
from data_layer.journeys.fingerprint import home_fingerprint
from data_layer.journeys.restore_home import restore_home
from data_layer.storage.home import BEING_RESTORED, PRIVATE_FOLDER, Home
from tests.faults.power_cut import Broken, work_folder
from tests.faults.system_calls import faults_of
from tests.faults.system_calls_tracer import Call, Fault, Kind, cannot_trace, trace
from tests.integration.backup.home import NOW, furnish, worked

WELL = "well"


class Place:
    """A home, a backup of it, and what they amount to."""

    def __init__(self, folder: Path) -> None:
        self._source = folder / "source"
        self._home = folder / "home"
        self._good = folder / "good"
        self._made = folder / "backups" / "one"
        self._restored = folder / "restored"
        self._said = folder / "said"
        _in_child(self._furnish)
        self.state = checked_backup(self._good, _silent).told.state

    def _furnish(self) -> None:
        with Book.open(self._source, clock=lambda: NOW, scheduled=False) as book:
            furnish(book)
            worked(book, BACK_UP, to=str(self._good))

    # --- a backup --------------------------------------------------------------------------

    def back_up(self, fault: Fault | None) -> list[Call]:
        """Make one; raises Broken when it is neither whole nor none."""
        for folder in (self._home, self._made.parent):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._source, self._home)
        self._made.parent.mkdir()
        calls, told = self._traced(self._make, self._made.parent, fault)
        whole = self._is_whole()
        if fault is None or told == WELL:
            _require(whole, "a backup that was made is none")
        killed = fault is not None and fault.kind is Kind.KILL
        if killed:
            _require(not told, "it was killed and went on")
            _in_child(self._take_up)
            _require(self._is_whole(), "the next start did not make the backup again")
        elif not whole:
            _require(told.startswith("U "), f"nobody was told: {told!r}")
            _require(not list(self._made.parent.iterdir()), "half of it stayed")
        _in_child(self._look_at_home)
        return calls

    def _make(self) -> None:
        with Book.open(self._home, clock=lambda: NOW, scheduled=False) as book:
            job = worked(book, BACK_UP, to=str(self._made))
        self._say(WELL if job.state is JobState.DONE else f"U {job.error}")
        if "unexpectedly" in job.error:
            self._say(f"X {job.error}")

    def _take_up(self) -> None:
        with Book.open(self._home, clock=lambda: NOW, scheduled=False) as book:
            while not (job := book.jobs.recent(1)[0]).finished:
                time.sleep(0.01)
            _require(job.state is JobState.DONE, job.error)

    def _look_at_home(self) -> None:
        _require(self._state_of(self._home) == self.state, "the backup changed the home")

    def _is_whole(self) -> bool:
        try:
            return checked_backup(self._made, _silent).told.state == self.state
        except NotFound:
            return False
        except MeterbookError as error:
            raise Broken(f"it bears its name and does not hold: {error.sentence}") from error

    # --- a restore -------------------------------------------------------------------------

    def restore(self, fault: Fault | None) -> list[Call]:
        """Build a home; raises Broken when it can be opened and is not the same."""
        shutil.rmtree(self._restored, ignore_errors=True)
        calls, told = self._traced(self._build, self._restored, fault)
        if fault is None or told == WELL:
            _require(not self._is_marked(), "a home that was restored is not opened")
        elif fault.kind is not Kind.KILL:
            _require(told.startswith("U "), f"nobody was told: {told!r}")
        _in_child(self._look_at_restored)
        return calls

    def _build(self) -> None:
        try:
            restore_home(
                self._good, self._restored, database_url=None, clock=lambda: NOW, progress=_silent
            )
        except MeterbookError as error:
            self._say(f"U {error.sentence}")
        else:
            self._say(WELL)

    def _is_marked(self) -> bool:
        return (self._restored / PRIVATE_FOLDER / BEING_RESTORED).exists()

    def _look_at_restored(self) -> None:
        if self._is_marked():
            try:
                Book.open(self._restored)
            except Unavailable:
                return
            raise Broken("a home that is not whole was opened")
        if not Home.stands_in(self._restored):
            found = [path for path in self._restored.rglob("*") if path.is_file()]
            _require(not found, f"files stand in no home: {found}")
            return
        _require(self._state_of(self._restored) == self.state, "the restored home is another")

    # ---------------------------------------------------------------------------------------

    def _state_of(self, folder: Path) -> str:
        with Book.open(folder, clock=lambda: NOW, scheduled=False) as book:
            home = Home.existing(folder)
            return home_fingerprint(home, book.database, book.accounts, book.staff, _silent).state

    def _traced(
        self, work: Callable[[], None], folder: Path, fault: Fault | None
    ) -> tuple[list[Call], str]:
        """The calls on files in the folder, and what was said last."""
        self._said.write_text("")
        calls = trace(work, folder, fault)
        told = self._said.read_text()
        killed = fault is not None and fault.kind is Kind.KILL
        met = fault is None or sum(call.name == fault.call for call in calls) >= fault.place
        _require(bool(told) or (killed and met), "the process failed")
        _require(not told.startswith("X"), told)
        return calls, told

    def _say(self, told: str) -> None:
        self._said.write_text(told)


def _silent(_what: str, _done: int, _of: int) -> None:
    return


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def _in_child(work: Callable[[], None]) -> None:
    """In a process of its own, so that threads never live where the next one is forked."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - whatever it is, it is told before the end
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
        finally:
            os._exit(1)
    _require(os.waitpid(child, 0)[1] == 0, "a look at it failed")


def points(place: Place) -> Iterator[tuple[str, Fault]]:
    """Every call of both, with every kind of fault it can have."""
    for act, run in acts(place).items():
        for fault in faults_of(run(None)):
            yield act, fault


def acts(place: Place) -> dict[str, Callable[[Fault | None], list[Call]]]:
    return {"backup": place.back_up, "restore": place.restore}


def _name(act: str, fault: Fault) -> str:
    return f"{act}.{fault.call}.{fault.place}.{fault.kind.value}"


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.backup_calls")
    parser.add_argument("--points", type=int, default=0, help="so many at random; 0 means all")
    parser.add_argument("--seed", default="")
    parser.add_argument("--only", default="", help="act.call.place.kind")
    asked = parser.parse_args(words)
    if why := cannot_trace():
        sys.stdout.write(f"cannot stop at system calls here: {why}\n")
        return 2
    seed = asked.seed or str(Random().randrange(10**9))
    begun, broken = time.monotonic(), 0
    with work_folder() as folder:
        place = Place(folder)
        gc.freeze()
        every = list(points(place))
        chosen = every
        if asked.only:
            chosen = [point for point in every if _name(*point) == asked.only]
        elif asked.points:
            chosen = Random(seed).sample(every, min(asked.points, len(every)))
        for act, fault in chosen:
            try:
                acts(place)[act](fault)
            except Broken as error:
                broken += 1
                name = _name(act, fault)
                sys.stdout.write(f"{name}: {error}\n")
                sys.stdout.write(f"again: python -m tests.faults.backup_calls --only {name}\n")
    told = {
        "seed": seed,
        "points": len(every),
        "met": len(chosen),
        "broken": broken,
        "seconds": round(time.monotonic() - begun, 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
