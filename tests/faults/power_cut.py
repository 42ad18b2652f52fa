"""Cut the power of a home under load, again and again, and look for a broken promise.

    python -m tests.faults.power_cut ext4 --cuts 100 --seed 7
    python -m tests.faults.power_cut xfs --without fdatasync                must find a loss
    python -m tests.faults.power_cut xfs --without folders --work files     and this one

A life is a forked process: it opens the home with real recovery, checks it against everything
promised in the lives before, works, and at a random moment the file system is shut down, the
process killed and the image mounted anew. Some lives end while they recover; some are only
killed, so that what the next one finds is seen but not yet on disk. What the home serves once
counts as promised from then on. The last life of an image is checked, too.

A seed repeats the chances, not the timing of threads: the same loss may take a few runs.
"""

from __future__ import annotations

import argparse
import fcntl
import gc
import importlib
import json
import os
import select
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from types import ModuleType

from tests.faults.power_cut_image import Flush, Image, cannot_cut, die_with_parent, stand_apart

LIVES_AN_IMAGE = 20
LIFE_SECONDS = (0.02, 0.15)
OPENING_SECONDS = (0.0, 0.08)
LONGEST_OPENING = 60.0
FLUSHES = [Flush.NOTHING] * 17 + [Flush.JOURNAL] * 2 + [Flush.EVERYTHING]
PIPE_BYTES = 1 << 20


@dataclass
class Tally:
    """What was done."""

    cuts: int = 0
    while_opening: int = 0
    kills: int = 0
    file_system_checks: int = 0
    readings: int = 0
    accounts: int = 0
    audit_lines: int = 0
    sessions: int = 0
    seconds: float = 0.0


class Broken(Exception):
    """A promise was not kept."""


class Machine:
    """One file system and the lives on it."""

    def __init__(self, folder: Path, file_system: str, seed: str, work: str) -> None:
        self.tally = Tally()
        self._seed = seed
        self._chance = Random(seed)
        self._life: ModuleType = importlib.import_module("tests.faults.power_cut_life")
        self._truth: ModuleType = importlib.import_module("tests.faults.power_cut_truth")
        self._work = {"all": self._life.live, "files": self._life.replace_a_file}[work]
        self._first = Image(folder / "first.img", folder / "mount", file_system)
        self._image = Image(folder / "image.img", folder / "mount", file_system)
        self._lives = 0
        self._life.warm_up(folder / "warm")
        self._first.make()
        with self._first.mounted() as mount:
            self._in_child(lambda: self._life.create(mount / "home"))

    def run(self, cuts: int) -> None:
        """Raises Broken."""
        while self.tally.cuts < cuts:
            self._one_image(cuts)

    def _one_image(self, cuts: int) -> None:
        self._image.copy_from(self._first)
        truth = self._truth.Truth()
        self._image.mount()
        for life in range(LIVES_AN_IMAGE + 1):
            last = life == LIVES_AN_IMAGE or self.tally.cuts >= cuts
            if self._live(truth, last=last):
                self._image.unmount()
                if self._chance.random() < 0.01:
                    self._check_file_system()
                if last:
                    break
                self._image.mount()
        for name, kind in (("readings", "reading"), ("accounts", "accounts"),
                           ("audit_lines", "audit"), ("sessions", "begin")):  # fmt: skip
            promised = sum(fact.startswith(f"{kind} ") for fact in truth.promised)
            setattr(self.tally, name, getattr(self.tally, name) + promised)

    def _live(self, truth: object, *, last: bool) -> bool:
        """One life; whether it ended by a cut."""
        self._lives += 1
        chance, mount = self._chance, self._image.mount_point
        early = not last and chance.random() < 0.2
        cut = last or chance.random() < 0.85
        flush = chance.choice(FLUSHES)
        mount_folder = os.open(mount, os.O_RDONLY)
        life = Life(lambda voice: self._work(
            mount / "home", truth, self._life.Voice(voice), f"{self._seed}.{self._lives}"
        ))  # fmt: skip
        try:
            if early:
                life.listen(chance.uniform(*OPENING_SECONDS))
            else:
                life.listen(LONGEST_OPENING, until="O")
                life.listen(chance.uniform(*LIFE_SECONDS))
            ended = time.monotonic_ns()
            if cut:
                self._image.cut(mount_folder, flush)
        finally:
            life.end()
            os.close(mount_folder)
        if cut:
            self.tally.cuts += 1
            self.tally.while_opening += early
        else:
            self.tally.kills += 1
        self._judge(life, truth, ended, opened=early)
        return cut

    def _judge(self, life: Life, truth: object, ended: int, *, opened: bool) -> None:
        truth.hear(life.said, ended=ended)  # type: ignore[attr-defined]
        trouble = [line[1:].split(" ", 1) for line in life.said if line[0] == "X"]
        sentences = [sentence for at, sentence in trouble if int(at) < ended]
        if not opened and "O" not in life.said and not sentences:
            sentences = ["the life ended before it had opened the home"]
        if sentences:
            raise Broken(f"life {self._lives}: {' | '.join(sentences[:5])}")

    def keep(self) -> Path:
        """A copy of the home as it is now, to look at."""
        kept = Path(tempfile.mkdtemp(prefix="meterbook-cut-"))
        self._image.unmount()
        with self._image.mounted() as mount:
            shutil.copytree(mount / "home", kept / "home", symlinks=True)
        return kept

    def close(self) -> None:
        """Unmount what a failure left mounted."""
        with suppress(OSError):  # nothing is
            self._image.unmount()

    def _check_file_system(self) -> None:
        self.tally.file_system_checks += 1
        with self._image.mounted():
            pass  # replays the journal
        if problems := self._image.problems():
            raise Broken(f"the file system itself is damaged: {problems}")

    def _in_child(self, work: Callable[[], None]) -> None:
        child = os.fork()
        if not child:
            try:
                work()
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(child, 0)[1]:
            raise Broken("the home could not be created")


class Life:
    """A forked process and what it says."""

    def __init__(self, work: Callable[[int], None]) -> None:
        self._ear, voice = os.pipe()
        fcntl.fcntl(voice, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._heard = b""
        self.said: list[str] = []
        self._child = os.fork()
        if not self._child:
            try:
                die_with_parent()
                work(voice)
            finally:
                os._exit(1)
        os.close(voice)

    def listen(self, seconds: float, *, until: str = "") -> None:
        """Hear what is said for so long, or until this line comes or the life is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._ear], [], [], left)[0] and not self._hear():
                return
            if until and f"\n{until}\n".encode() in b"\n" + self._heard:
                return

    def end(self) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        while self._hear():
            pass
        os.close(self._ear)
        # A line that the kill cut short was not said.
        self.said = self._heard.decode().split("\n")[:-1]

    def _hear(self) -> bool:
        heard = os.read(self._ear, PIPE_BYTES)
        self._heard += heard
        return bool(heard)


def forget(what: str) -> None:
    """A seeded fault: the calls that make data or names durable do nothing."""
    if what == "fdatasync":
        os.fdatasync = lambda _: None  # type: ignore[assignment]
    elif what == "folders":
        fsync = os.fsync
        os.fsync = lambda fd: None if stat.S_ISDIR(os.fstat(fd).st_mode) else fsync(fd)  # type: ignore[assignment,arg-type]
    elif what == "fsync":
        os.fsync = lambda _: None  # type: ignore[assignment]


@contextmanager
def work_folder() -> Iterator[Path]:
    """In memory where there is room: the image needs no durability of its own.

    Removed when this process is asked to end, too.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(
        prefix="meterbook-cut-", dir=memory if memory.is_dir() else None
    ) as folder:
        yield Path(folder)


def _again(asked: argparse.Namespace, seed: str) -> str:
    left_out = f" --without {asked.without}" if asked.without else ""
    return (
        f"python -m tests.faults.power_cut {asked.file_system} --cuts {asked.cuts} "
        f"--seed {seed} --work {asked.work}{left_out}"
    )


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.power_cut")
    parser.add_argument("file_system", choices=["ext4", "xfs"])
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", default="")
    parser.add_argument("--without", choices=["fdatasync", "folders", "fsync"], default="")
    parser.add_argument("--work", choices=["all", "files"], default="all")
    asked = parser.parse_args(words)
    if why := cannot_cut(asked.file_system):
        sys.stdout.write(f"cannot cut power here: {why}\n")
        return 2
    forget(asked.without)
    seed = asked.seed or str(Random().randrange(10**9))
    stand_apart()
    begun = time.monotonic()
    with work_folder() as folder:
        machine = Machine(folder, asked.file_system, seed, asked.work)
        gc.freeze()
        try:
            machine.run(asked.cuts)
        except Broken as broken:
            sys.stdout.write(
                f"{broken}\nafter {machine.tally.cuts} cuts; again: {_again(asked, seed)}\n"
            )
            if not asked.without:
                sys.stdout.write(f"the home is kept in {machine.keep()}\n")
            return 1
        finally:
            machine.close()
    machine.tally.seconds = round(time.monotonic() - begun, 1)
    sys.stdout.write(json.dumps({"seed": seed, **asdict(machine.tally)}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
