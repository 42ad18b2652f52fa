"""Every change a program makes below one folder, in order, on its way to a real memory disk.

`wrappers` tell the active `Recorder` what is done; it notes it, or lets it fail or be done in
part, as an injected fault. `verify` compares the folder with the notes, so that nothing goes
past them unseen.
"""

from __future__ import annotations

import builtins
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from tests.faults.disk_model import ROOT, Data, Disk, Image, Name, Operation, Sync

FOLLOWED = (
    *("open", "close", "write", "pwrite", "writev", "pwritev", "fsync", "fdatasync", "rename"),
    *("replace", "unlink", "remove", "link", "mkdir", "rmdir", "truncate", "ftruncate"),
    "posix_fallocate",
)
REFUSED = ("symlink", "sendfile", "copy_file_range", "splice", "dup", "dup2", "mkfifo", "mknod")
real = {name: getattr(os, name) for name in (*FOLLOWED, *REFUSED)}
"""The functions themselves."""
real_open = builtins.open


class WentPast(Exception):
    """The program changed a file in a way the recorder cannot follow: teach it."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a program is about to do; for injected faults and watchers."""

    number: int
    """How many steps were before."""
    call: str
    path: str
    size: int = 0


Watcher = Callable[[Step], None]
Fault = Callable[[Step], OSError | int | None]
"""An error to raise instead, or how many bytes of a write to take, or None."""


@dataclass
class _Open:
    file: int
    path: str
    writes: bool
    syncs: bool


@dataclass
class Recorder:
    """Notes of what happens below `folder`, which holds `disk.everything()` when this begins."""

    folder: str
    disk: Disk
    fault: Fault | None = None
    watch: Watcher | None = None
    operations: list[Operation] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    """Which file each operation was on, for people."""

    def __post_init__(self) -> None:
        self.folder = os.path.realpath(self.folder)
        self.lock = RLock()
        self._steps = 0
        self._names: dict[int, dict[str, int]] = {}
        self._open: dict[int, _Open] = {}
        self._next = self.disk.next_file
        self._watching = False
        self._names = self.disk.seen_names()
        self._now = self.disk.copy()

    def __enter__(self) -> Recorder:
        if recorders:
            raise WentPast("two recorders at a time")
        recorders.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        recorders.clear()
        for descriptor in self._open:
            real["close"](descriptor)

    @property
    def now(self) -> Disk:
        """The disk after all operations so far."""
        return self._now

    def verify(self) -> None:
        """Raise WentPast when the folder is not what the operations make of it."""
        expected, found = self._now.everything(), read_image(self.folder)
        for path in sorted(expected.keys() | found.keys()):
            if expected.get(path, "?") != found.get(path, "?"):
                raise WentPast(f"{path} was changed past the recorder")

    # --- for the wrappers ------------------------------------------------------------------

    def covers(self, path: Any) -> str | None:
        """The path below the folder, None where it is none of ours."""
        if isinstance(path, int):
            return None
        text = os.fspath(path)
        text = text.decode() if isinstance(text, bytes) else text
        if not text.startswith("/"):
            text = f"{Path.cwd()}/{text}"
        if text == self.folder:
            return ""
        below = text[len(self.folder) + 1 :] if text.startswith(self.folder + "/") else None
        return None if below is None else os.path.normpath(below)

    def ours(self, descriptor: Any) -> _Open | None:
        return self._open.get(descriptor) if isinstance(descriptor, int) else None

    def step(self, call: str, path: str, size: int = 0) -> int | None:
        """About to do something: watchers look, faults strike."""
        step = Step(self._steps, call, path, size)
        self._steps += 1
        if self.watch is not None and not self._watching:
            self._watching = True
            try:
                self.watch(step)
            finally:
                self._watching = False
        struck = None if self.fault is None else self.fault(step)
        if isinstance(struck, OSError):
            raise struck
        return struck

    def reading(self, path: str) -> None:
        """About to open something for reading: no step, but it may fail."""
        struck = None if self.fault is None else self.fault(Step(self._steps, "read", path))
        if isinstance(struck, OSError):
            raise struck

    def note(self, operation: Operation, path: str) -> None:
        self._now.apply(operation)
        self.operations.append(operation)
        self.paths.append(path)

    def place(self, path: str) -> tuple[int, str]:
        """Folder and name of a path."""
        folder, _, name = path.rpartition("/")
        number = self.number(folder)
        if number is None:
            raise WentPast(f"{folder} is not known")
        return number, name

    def number(self, path: str) -> int | None:
        number = ROOT
        for name in filter(None, path.split("/")):
            found = self._names.get(number, {}).get(name)
            if found is None:
                return None
            number = found
        return number

    def come(self, path: str, *, file: int | None = None, is_folder: bool = False) -> int:
        """A name begins to be."""
        if file is None:
            file, self._next = self._next, self._next + 1
        folder, name = self.place(path)
        self._names.setdefault(folder, {})[name] = file
        if is_folder:
            self._names[file] = {}
        self.note(Name(file, None, (folder, name), is_folder), path)
        return file

    def go(self, path: str, to: str | None = None) -> None:
        """A name ceases to be, or becomes another."""
        folder, name = self.place(path)
        file = self._names[folder].pop(name)
        come = None
        if to is not None:
            come = self.place(to)
            self._names[come[0]][come[1]] = file
        self.note(Name(file, (folder, name), come), path)

    def opened(self, descriptor: int, path: str, flags: int, *, existed: bool) -> None:
        number = self.number(path)
        if number is None:
            if existed or not flags & os.O_CREAT:
                raise WentPast(f"{path} came into being past the recorder")
            number = self.come(path)
        elif flags & os.O_TRUNC:
            self.note(Data(number, 0, None), path)
        writes, syncs = bool(flags & (os.O_WRONLY | os.O_RDWR)), bool(flags & os.O_DSYNC)
        self._open[descriptor] = _Open(number, path, writes, syncs)

    def wrote(self, descriptor: int, offset: int, data: bytes) -> None:
        held = self._open[descriptor]
        self.note(Data(held.file, offset, data), held.path)
        if held.syncs:
            self.note(Sync(held.file), held.path)

    def forget(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)


recorders: list[Recorder] = []
"""The active one, if any."""


# --- images on the memory disk -----------------------------------------------------------------


def write_image(folder: str, image: Image) -> None:
    """Lay an image out in an empty folder."""
    make, put, shut = real["open"], real["write"], real["close"]
    for path, content in image.items():
        if content is None:
            real["mkdir"](f"{folder}/{path}", 0o700)
            continue
        descriptor = make(f"{folder}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        written = 0
        while written < len(content):
            written += put(descriptor, content[written:])
        shut(descriptor)


def read_image(folder: str) -> Image:
    """What is in a folder."""
    image: Image = {}

    def walk(inside: str) -> None:
        with os.scandir(f"{folder}/{inside}") as entries:
            found = sorted(entries, key=lambda each: each.name)
        for each in found:
            path = inside + each.name
            if each.is_dir(follow_symlinks=False):
                image[path] = None
                walk(path + "/")
            else:
                with real_open(each.path, "rb") as file:
                    image[path] = file.read()

    walk("")
    return image


def clear(folder: str) -> None:
    """Empty a folder."""
    with os.scandir(folder) as entries:
        found = list(entries)
    for each in found:
        if each.is_dir(follow_symlinks=False):
            clear(each.path)
            real["rmdir"](each.path)
        else:
            real["unlink"](each.path)


def refused(code: int) -> OSError:
    """The error of a disk that refuses."""
    return OSError(code, os.strerror(code))


NO_SPACE, INPUT_OUTPUT = errno.ENOSPC, errno.EIO
