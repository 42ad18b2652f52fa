"""Live on a disk that is full, or nearly, make room, and look for a broken promise.

    python -m tests.faults.full_disk tmpfs
    python -m tests.faults.full_disk ext4 --kilobytes 40

A file takes all room but so many kilobytes; then a day is lived (see `system_calls_day`), in
which submissions, seals and changes of accounts run into the wall at different places. Nothing
may be lost or half done, readings are shown to the end, and once there is room again everything
works, without a restart. The log's reserve is left out here, or a full disk would never be met;
`reserve` keeps it and fills the disk no further than into it.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from data_layer.book import Book
from data_layer.readings.local_store import LocalStore
from tests.faults import power_cut_life as life
from tests.faults.power_cut import Broken, work_folder
from tests.faults.power_cut_check import check
from tests.faults.power_cut_image import MAKE, Image, cannot_cut, stand_apart
from tests.faults.power_cut_truth import NOW, TROUBLE, Truth
from tests.faults.system_calls_day import OVER, REFUSED, Day, day_before

TMPFS = "tmpfs"
TMPFS_BYTES = 16 << 20
LEFT_KILOBYTES = (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
INTO_RESERVE_KILOBYTES = 200 << 10
NEVER = 2**63
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def mounted(folder: Path, file_system: str, *, size: int = TMPFS_BYTES) -> Iterator[Path]:
    """A small disk, empty; the size is that of a tmpfs."""
    mount = folder / "mount"
    if file_system != TMPFS:
        image = Image(folder / "image.img", mount, file_system)
        image.make()
        with image.mounted():
            yield mount
        return
    mount.mkdir(exist_ok=True)
    if _libc.mount(b"none", bytes(mount), b"tmpfs", 0, b"size=%d" % size):
        raise OSError(ctypes.get_errno(), "tmpfs cannot be mounted")
    try:
        yield mount
    finally:
        _libc.umount2(bytes(mount), 0)


@contextmanager
def filled(mount: Path, *, left_kilobytes: int) -> Iterator[None]:
    """No room but so much while entered."""
    filler = mount / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 1 << 12:
            try:
                file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
        file.truncate(max(0, file.tell() - (left_kilobytes << 10)))
        os.fsync(file.fileno())
    os.sync()  # blocks just freed can be used only now
    try:
        yield
    finally:
        filler.unlink()
        os.sync()


def live(mount: Path, said: Path, *, left_kilobytes: int) -> int:
    """A day, and a look at what is left of it; how many steps were refused. Raises Broken."""
    home, truth = mount / "home", Truth()
    truth.hear(_in_child(said, lambda voice: _begin(home, voice)), ended=NEVER)
    lines = _in_child(
        said,
        lambda voice: Day(home, truth, voice).live(filled(mount, left_kilobytes=left_kilobytes)),
    )
    truth.hear(lines, ended=NEVER)
    if OVER not in lines:
        raise Broken(f"the day ended early: {lines[-3:]}")
    wrong = [line for line in lines if line.startswith(TROUBLE)]
    wrong += [line for line in lines[lines.index(OVER) :] if line.startswith(REFUSED)]
    refused = [line for line in lines if line.startswith(REFUSED)]
    wrong += [f"{line}, not 503" for line in refused
              if line.startswith(f"{REFUSED} submit") and " Unavailable " not in line]  # fmt: skip
    wrong += _in_child(said, lambda voice: _look(home, truth, voice))
    if wrong:
        raise Broken(f"with {left_kilobytes} kB left: {' | '.join(wrong[:5])}; {refused[:5]}")
    return len(refused)


def _begin(home: Path, voice: life.Voice) -> None:
    life.create(home)
    day_before(home, voice)


def _look(home: Path, truth: Truth, voice: life.Voice) -> None:
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        for sentence in check(book, truth).wrong:
            voice.say(sentence)


def _in_child(said: Path, work: Callable[[life.Voice], None]) -> list[str]:
    child = os.fork()
    if not child:
        try:
            work(life.Voice(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)))
            os._exit(0)
        finally:
            os._exit(1)
    failed = os.waitpid(child, 0)[1] != 0
    return said.read_text().split("\n")[:-1] + ["X a process failed"] * failed


def leave_out_reserve() -> None:
    """Let the log take the last byte."""
    defaults = LocalStore.open.__kwdefaults__
    assert defaults is not None
    defaults["reserve_bytes"] = 0


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.full_disk")
    parser.add_argument("disk", choices=[TMPFS, *MAKE, "reserve"])
    parser.add_argument("--kilobytes", type=int, nargs="*", default=LEFT_KILOBYTES)
    asked = parser.parse_args(words)
    file_system = "ext4" if asked.disk == "reserve" else asked.disk
    if why := cannot_cut("ext4" if file_system == TMPFS else file_system):
        sys.stdout.write(f"no disk can be filled here: {why}\n")
        return 2
    lefts = asked.kilobytes
    if asked.disk == "reserve":
        lefts = (INTO_RESERVE_KILOBYTES,)
    else:
        leave_out_reserve()
    stand_apart()
    with work_folder() as folder:
        life.warm_up(folder / "warm")
        gc.freeze()
        for left in lefts:
            try:
                with mounted(folder, file_system) as mount:
                    refused = live(mount, folder / "said", left_kilobytes=left)
            except Broken as broken:
                sys.stdout.write(
                    f"{broken}\nagain: python -m tests.faults.full_disk {asked.disk} "
                    f"--kilobytes {left}\n"
                )
                return 1
            sys.stdout.write(f"{file_system}, {left} kB left: {refused} steps refused\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
