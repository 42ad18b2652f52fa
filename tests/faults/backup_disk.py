"""Back up onto a disk that is full, and onto one whose power is cut; look at what is there then.

    python -m tests.faults.backup_disk tmpfs                      a few kilobytes left, then more
    python -m tests.faults.backup_disk reserve                    beside a home, large tables
    python -m tests.faults.backup_disk ext4-cut --cuts 50         power is cut under backups
    python -m tests.faults.backup_disk ext4-cut --without fsync   a seeded fault: must be found

On a full disk a backup is refused in a sentence and leaves nothing, a restore leaves a home that
nobody opens, and with room both work. On the home's own disk a backup whose tables would take from
the reserve of readings is refused before it does. After a power cut everything that bears the name
of a backup is one, and every backup that was told to be made is there.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random

from data_layer.book import Book
from data_layer.errors import MeterbookError, Unavailable
from data_layer.jobs.model import JobState
from data_layer.journeys import back_up
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.check_backup import checked_backup
from data_layer.journeys.restore_home import restore_home
from data_layer.storage import backup_folder
from data_layer.storage.backup_folder import UNFINISHED_BACKUP
from data_layer.storage.write_ahead_log import RESERVE_BYTES
from tests.faults.full_disk import TMPFS, filled, mounted
from tests.faults.power_cut import Broken, Life, forget, work_folder
from tests.faults.power_cut_image import MAKE, Flush, Image, cannot_cut, stand_apart
from tests.integration.backup.home import NOW, furnish, send, worked

LEFT_KILOBYTES = (0, 8, 16, 32, 48, 64, 96, 4096)
RESERVE = "reserve"
RESERVE_DISK_BYTES = 96 << 20
"""Of the disk beside the reserve: a home with its tables, and a backup of it."""
TABLE_BYTES, ROW_BYTES = 12 << 20, 2 << 10
CUT = "-cut"
READY = "ready"
CUTS = 12
BEFORE_CUT_SECONDS = (0.1, 2.0)
FLUSHES = (Flush.NOTHING, Flush.JOURNAL)


def told(work: Callable[[], str], said: Path) -> str:
    """What a child's work says; "" when all is well. Raises Broken when it fails."""
    child = os.fork()
    if not child:
        try:
            said.write_text(work())
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise Broken("a process failed")
    return said.read_text()


class Source:
    """A home and what it amounts to; each act in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.good = folder / "good"
        self._said = folder / "said"
        self.told(self._furnish)
        self.state = checked_backup(self.good, silent).told.state

    def _furnish(self) -> str:
        with Book.open(self.home, clock=lambda: NOW, scheduled=False) as book:
            furnish(book)
            return worked(book, BACK_UP, to=str(self.good)).error

    def told(self, work: Callable[[], str]) -> str:
        return told(work, self._said)

    def back_up(self, place: Path) -> str:
        """Into this place, without a look for room first."""

        def make() -> str:
            back_up._require_room = lambda *_: None
            with Book.open(self.home, clock=lambda: NOW, scheduled=False) as book:
                job = worked(book, BACK_UP, to=str(place))
                return job.error if job.state is JobState.FAILED else ""

        return self.told(make)

    def restore(self, home: Path) -> str:
        def build() -> str:
            try:
                restore_home(self.good, home, database_url=None, clock=lambda: NOW, progress=silent)
            except MeterbookError as error:
                return error.sentence
            return ""

        return self.told(build)

    def require_whole(self, place: Path) -> None:
        """Raises Broken unless it is a backup of this home."""
        try:
            state = checked_backup(place, silent).told.state
        except MeterbookError as error:
            raise Broken(f"{place.name} is no backup: {error.sentence}") from error
        if state != self.state:
            raise Broken(f"{place.name} is a backup of something else")


def fill(source: Source, mount: Path, left: int) -> bool:
    """Back up and restore with so little left; whether anything was refused."""
    with filled(mount, left_kilobytes=left):
        made = source.back_up(mount / "one")
        found = sorted(path.name for path in mount.iterdir() if path.name.startswith("one"))
        if found != ([] if made else ["one"]):
            raise Broken(f"with {left} kB left it said {made!r}, and there are {found}")
        shutil.rmtree(mount / "one", ignore_errors=True)
        built = source.restore(mount / "home")
        if built:
            _require_closed(mount / "home")
    if "unexpectedly" in made:
        raise Broken(made)
    shutil.rmtree(mount / "home", ignore_errors=True)
    for again in (source.back_up(mount / "two"), source.restore(mount / "home")):
        if again:
            raise Broken(f"there is room, and still: {again}")
    source.require_whole(mount / "two")
    return bool(made or built)


def _require_closed(home: Path) -> None:
    """A restore that had no room; where it wrote nothing there is no home."""
    if not home.exists() or not any(path.is_file() for path in home.rglob("*")):
        return
    with suppress(Unavailable):
        Book.open(home)
        raise Broken("a home that is not whole was opened")


def into_reserve(folder: Path) -> int:
    """Back up a home onto its own disk, where its tables have no room; what was free at worst.

    Raises Broken unless that is more than the reserve, and a backup is made once there is room.
    """
    with mounted(folder, TMPFS, size=RESERVE_BYTES + RESERVE_DISK_BYTES) as mount:
        free = told(lambda: _beside_its_home(mount), folder / "said")
    if not free.isdigit():
        raise Broken(free)
    if int(free) < RESERVE_BYTES:
        raise Broken(f"{(RESERVE_BYTES - int(free)) >> 10} kB of the reserve were taken")
    return int(free)


def _beside_its_home(mount: Path) -> str:
    """What was free at worst, or what went wrong."""
    seen = []
    write_all = backup_folder.write_all

    def watched(descriptor: int, chunk: bytes) -> None:
        write_all(descriptor, chunk)
        seen.append(shutil.disk_usage(mount).free)

    with Book.open(mount / "home", clock=lambda: NOW, scheduled=False) as book:
        furnish(book)
        with book.database.write() as connection:
            for number in range(TABLE_BYTES // ROW_BYTES):
                book.audit.record_in(connection, "cli", "looked", str(number), at="x" * ROW_BYTES)
        backup_folder.write_all = watched
        with filled(mount, left_kilobytes=(RESERVE_BYTES + TABLE_BYTES // 2) >> 10):
            job = worked(book, BACK_UP, to=str(mount / "one"))
            found = sorted(path.name for path in mount.glob("one*"))
            lowest = min(seen)
            try:
                send(book, 38, 1)
            except MeterbookError as error:
                return f"after a backup that is {job.state}: {error.sentence}"
        if not job.error.startswith("No backup is made: it needs") or found:
            return f"without room it is {job.state} ({job.error}), and there are {found}: {lowest}"
        job = worked(book, BACK_UP, to=str(mount / "two"))
        if job.state is not JobState.DONE:
            return f"there is room, and still: {job.error}"
        checked_backup(mount / "two", silent)
    return str(lowest)


def cut(source: Source, image: Image, chance: Random, *, without: str) -> int:
    """Make backups until the power is cut; how many had been made."""
    home = source.home.with_name("cut")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(source.home, home)
    image.make()
    image.mount()
    descriptor = os.open(image.mount_point, os.O_RDONLY)

    def work(voice: int) -> None:
        forget(without)
        back_up._require_room = lambda *_: None
        with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
            os.write(voice, f"{READY}\n".encode())
            for number in count(1):
                job = worked(book, BACK_UP, to=str(image.mount_point / f"backup-{number}"))
                if job.state is JobState.DONE:
                    os.write(voice, f"{time.monotonic_ns()} {number}\n".encode())

    life = Life(work)
    try:
        life.listen(60, until=READY)
        life.listen(chance.uniform(*BEFORE_CUT_SECONDS))
        ended = time.monotonic_ns()
        image.cut(descriptor, chance.choice(FLUSHES))
    finally:
        life.end()
        os.close(descriptor)
    image.unmount()
    promised = {
        f"backup-{number}"
        for at, number in (line.split() for line in life.said if line != READY)
        if int(at) < ended
    }
    with image.mounted() as mount:
        named = {path.name for path in mount.glob("backup-*")}
        whole = {name for name in named if not name.endswith(UNFINISHED_BACKUP)}
        if promised - whole:
            raise Broken(f"lost: {sorted(promised - whole)}")
        for name in sorted(whole):
            source.require_whole(mount / name)
    return len(promised)


def silent(_what: str, _done: int, _of: int) -> None:
    return


def _figures(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[str, int]]:
    if asked.disk == RESERVE:
        yield "left", into_reserve(folder)
        return
    source = Source(folder)
    gc.freeze()
    if asked.disk.endswith(CUT):
        file_system = asked.disk.removesuffix(CUT)
        chance = Random(asked.seed)
        image = Image(folder / "image.img", folder / "mount", file_system)
        made = [cut(source, image, chance, without=asked.without) for _ in range(asked.cuts)]
        yield "cuts", len(made)
        yield "made", sum(made)
        return
    refused = 0
    for left in LEFT_KILOBYTES:
        with mounted(folder, asked.disk) as mount:
            refused += fill(source, mount, left)
    yield "refused", refused
    yield "made", len(LEFT_KILOBYTES)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.backup_disk")
    parser.add_argument("disk", choices=[TMPFS, RESERVE, *MAKE, *(f"{name}{CUT}" for name in MAKE)])
    parser.add_argument("--cuts", type=int, default=CUTS)
    parser.add_argument("--seed", default="")
    parser.add_argument("--without", default="", choices=["", "fsync", "folders"])
    asked = parser.parse_args(words)
    asked.seed = asked.seed or str(Random().randrange(10**9))
    file_system = "ext4" if asked.disk in (TMPFS, RESERVE) else asked.disk.removesuffix(CUT)
    if why := cannot_cut(file_system):
        sys.stdout.write(f"no disk can be filled or cut here: {why}\n")
        return 2
    stand_apart()
    with work_folder() as folder:
        try:
            told = dict(_figures(asked, folder))
        except Broken as broken:
            sys.stdout.write(f"{broken}\nwith seed {asked.seed}\n")
            return 1
    sys.stdout.write(json.dumps({"seed": asked.seed, **told}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
