"""What a program under test calls to change files: does it, and tells the active recorder.

`install` once, before the program is imported, puts these in the place of the functions of `os`,
and of `open`, which `pathlib` goes through. What cannot be followed is refused.
"""

from __future__ import annotations

import builtins
import concurrent.futures
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.disk_model import Data, Sync
from tests.faults.recording import REFUSED, Recorder, WentPast, real, real_open, recorders

PROCESS = 4242
"""What programs under test hear as their process id: names and locks must repeat."""


def _active() -> Recorder | None:
    return recorders[0] if recorders else None


def _open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    recorder = _active()
    below = None if recorder is None else recorder.covers(path)
    if recorder is None or below is None:
        if dir_fd is not None and recorder is not None and recorder.ours(dir_fd):
            raise WentPast("open relative to a folder")
        return int(real["open"](path, flags, mode, dir_fd=dir_fd))
    writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    if not writes:
        recorder.reading(below)
    with recorder.lock:
        if writes:
            recorder.step("open", below)
        existed = os.path.lexists(path)
        descriptor = int(real["open"](path, flags, mode))
        recorder.opened(descriptor, below, flags, existed=existed)
        return descriptor


def _close(descriptor: int) -> None:
    recorder = _active()
    if recorder is not None:
        recorder.forget(descriptor)
    real["close"](descriptor)


def _write(descriptor: int, data: Any) -> int:
    recorder = _active()
    held = None if recorder is None else recorder.ours(descriptor)
    if recorder is None or held is None:
        return int(real["write"](descriptor, data))
    with recorder.lock:
        text = bytes(data)
        short = recorder.step("write", held.path, len(text))
        if short is not None:
            text = text[:short]
        written = int(real["write"](descriptor, text))
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        recorder.wrote(descriptor, end - written, text[:written])
        return written


def _pwrite(descriptor: int, data: Any, offset: int) -> int:
    recorder = _active()
    held = None if recorder is None else recorder.ours(descriptor)
    if recorder is None or held is None:
        return int(real["pwrite"](descriptor, data, offset))
    with recorder.lock:
        text = bytes(data)
        short = recorder.step("write", held.path, len(text))
        if short is not None:
            text = text[:short]
        written = int(real["pwrite"](descriptor, text, offset))
        recorder.wrote(descriptor, offset, text[:written])
        return written


def _writev(descriptor: int, buffers: Any) -> int:
    recorder = _active()
    if recorder is None or recorder.ours(descriptor) is None:
        return int(real["writev"](descriptor, buffers))
    return _write(descriptor, b"".join(bytes(each) for each in buffers))


def _pwritev(descriptor: int, buffers: Any, offset: int, flags: int = 0) -> int:
    recorder = _active()
    if recorder is None or recorder.ours(descriptor) is None:
        return int(real["pwritev"](descriptor, buffers, offset, flags))
    return _pwrite(descriptor, b"".join(bytes(each) for each in buffers), offset)


def _syncing(name: str) -> Callable[[Any], None]:
    def sync(descriptor: Any) -> None:
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        recorder = _active()
        held = None if recorder is None else recorder.ours(number)
        if recorder is None or held is None:
            real[name](descriptor)
            return
        with recorder.lock:
            try:
                recorder.step(name, held.path)
            except OSError:
                if held.writes:
                    recorder.note(Sync(held.file, failed=True), held.path)
                raise
            recorder.note(Sync(held.file), held.path)

    return sync


def _moving(name: str) -> Callable[..., None]:
    def move(source: Any, target: Any, **more: Any) -> None:
        recorder = _active()
        here = None if recorder is None else recorder.covers(source)
        there = None if recorder is None else recorder.covers(target)
        if recorder is None or (here is None and there is None):
            real[name](source, target, **more)
            return
        if here is None or there is None or any(more.values()):
            raise WentPast(f"{name} {source} to {target}")
        with recorder.lock:
            recorder.step("rename", there)
            real[name](source, target)
            recorder.go(here, there)

    return move


def _link(source: Any, target: Any, **more: Any) -> None:
    recorder = _active()
    here = None if recorder is None else recorder.covers(source)
    there = None if recorder is None else recorder.covers(target)
    if recorder is None or (here is None and there is None):
        real["link"](source, target, **more)
        return
    if here is None or there is None:
        raise WentPast(f"link {source} to {target}")
    with recorder.lock:
        recorder.step("link", there)
        real["link"](source, target)
        recorder.come(there, file=recorder.number(here))


def _removing(name: str) -> Callable[..., None]:
    def remove(path: Any, *, dir_fd: int | None = None) -> None:
        recorder = _active()
        below = None if recorder is None else recorder.covers(path)
        if recorder is None or below is None:
            real[name](path, dir_fd=dir_fd)
            return
        with recorder.lock:
            recorder.step("unlink", below)
            real[name](path)
            recorder.go(below)

    return remove


def _mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    recorder = _active()
    below = None if recorder is None else recorder.covers(path)
    if recorder is None or below is None:
        real["mkdir"](path, mode, dir_fd=dir_fd)
        return
    with recorder.lock:
        if not os.path.lexists(path):
            recorder.step("mkdir", below)
        real["mkdir"](path, mode)
        recorder.come(below, is_folder=True)


def _resized(name: str, descriptor: Any, size: int) -> bool:
    recorder = _active()
    if recorder is None:
        return False
    held = recorder.ours(descriptor)
    below = recorder.covers(descriptor) if held is None else held.path
    if below is None:
        return False
    with recorder.lock:
        recorder.step("truncate", below)
        real[name](descriptor, size)
        number = recorder.number(below) if held is None else held.file
        if number is None:
            raise WentPast(f"{below} is not known")
        recorder.note(Data(number, size, None), below)
    return True


def _truncate(path: Any, length: int) -> None:
    if not _resized("truncate", path, length):
        real["truncate"](path, length)


def _ftruncate(descriptor: int, length: int) -> None:
    if not _resized("ftruncate", descriptor, length):
        real["ftruncate"](descriptor, length)


def _posix_fallocate(descriptor: int, offset: int, length: int) -> None:
    recorder = _active()
    if recorder is None or recorder.ours(descriptor) is None:
        real["posix_fallocate"](descriptor, offset, length)
    elif os.fstat(descriptor).st_size < offset + length:
        _ftruncate(descriptor, offset + length)


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*arguments: Any, **more: Any) -> Any:
        recorder = _active()
        if recorder is not None and any(
            recorder.ours(each) or recorder.covers(each) is not None
            for each in arguments
            if isinstance(each, int | str | os.PathLike)
        ):
            raise WentPast(f"os.{name} is not followed")
        return real[name](*arguments, **more)

    return refuse


class _Raw(io.RawIOBase):
    """A file object whose every write is one of the wrapped calls."""

    def __init__(self, file: Any, mode: str, *, closefd: bool) -> None:
        access = os.O_RDWR if "+" in mode else os.O_WRONLY
        flags = {"w": os.O_CREAT | os.O_TRUNC, "a": os.O_CREAT | os.O_APPEND}
        flags |= {"x": os.O_CREAT | os.O_EXCL, "r": 0}
        kind = next(letter for letter in mode if letter in "waxr")
        self._owned = closefd or not isinstance(file, int)
        if isinstance(file, int):
            self._descriptor = file
        else:
            self._descriptor = os.open(file, access | flags[kind] | os.O_CLOEXEC, 0o666)
        self._reads = "+" in mode
        self.name = file

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: Any) -> int:
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return os.write(self._descriptor, data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        os.ftruncate(self._descriptor, size)
        return size

    def close(self) -> None:
        if not self.closed:
            super().close()
            if self._owned:
                os.close(self._descriptor)


def _open_file(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    recorder = _active()
    if recorder is not None and not isinstance(file, int) and not set(mode) & set("wax+"):
        below = recorder.covers(file)
        if below is not None:
            recorder.reading(below)
    if (
        recorder is None
        or not set(mode) & set("wax+")
        or (recorder.ours(file) is None if isinstance(file, int) else recorder.covers(file) is None)
    ):
        return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    if opener is not None:
        raise WentPast("open with an opener")
    raw = _Raw(file, mode, closefd=closefd)
    if buffering == 0:
        return raw
    buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    if "b" in mode:
        return buffered
    return io.TextIOWrapper(buffered, encoding, errors, newline)


class _OneWorker(ThreadPoolExecutor):
    """Tasks one after another, so that a life repeats."""

    def __init__(self, max_workers: int | None = None, *arguments: Any, **more: Any) -> None:
        del max_workers
        super().__init__(1, *arguments, **more)


def install() -> None:
    """Put the wrappers in place, for the life of this process."""
    concurrent.futures.ThreadPoolExecutor = _OneWorker  # type: ignore[misc]
    os.open, os.close, os.write, os.pwrite = _open, _close, _write, _pwrite  # type: ignore[assignment]
    os.writev, os.pwritev = _writev, _pwritev  # type: ignore[assignment]
    os.fsync, os.fdatasync = _syncing("fsync"), _syncing("fdatasync")
    os.rename, os.replace, os.link = _moving("rename"), _moving("replace"), _link
    os.unlink, os.remove, os.rmdir = (_removing(name) for name in ("unlink", "remove", "rmdir"))
    os.mkdir, os.truncate, os.ftruncate = _mkdir, _truncate, _ftruncate  # type: ignore[assignment]
    os.posix_fallocate = _posix_fallocate
    for name in REFUSED:
        setattr(os, name, _refusing(name))
    builtins.open = io.open = _open_file
    os.getpid = lambda: PROCESS
