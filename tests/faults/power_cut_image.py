"""A disk whose power can be cut: a file system in a file, mounted by loop, and shut down at once.

    fresh  ->  mounted()  ->  cut()  ->  unmount  ->  mounted(): the kernel replays its journal

`cut` is the file system's own emergency stop (XFS_IOC_GOINGDOWN, which ext4 knows too): from that
moment nothing reaches the image, and what was written without fsync is gone, as if the power had
failed. Everything happens in a mount namespace of its own and on loop devices that free
themselves, so that nothing stays mounted however the process ends. Needs root and loop devices.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

MAKE = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=8", "-m", "0"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
}
CHECK = {"ext4": ("e2fsck", "-fn"), "xfs": ("xfs_repair", "-n")}
IMAGE_BYTES = 512 << 20
"""Sparse; more than XFS's least size, and more than the log's reserve."""

_SHUT_DOWN = 0x8004587D
_GET_FREE, _CONFIGURE, _AUTOCLEAR = 0x4C82, 0x4C0A, 4
_LOOP_CONFIG = struct.Struct("=II 5Q4I 64s64s32s2Q 8Q")
_NEW_NAMESPACE, _PRIVATE = 0x00020000, (1 << 18) | 16384
_DIE_WITH_PARENT = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Flush(IntEnum):
    """What the file system still writes when it is shut down."""

    EVERYTHING = 0
    JOURNAL = 1
    NOTHING = 2


def cannot_cut(file_system: str) -> str:
    """Why power cannot be cut here; empty when it can."""
    if os.geteuid() != 0:
        return "needs root, to mount a file system"
    if not Path("/dev/loop-control").exists():
        return "needs loop devices"
    missing = [name for name in (MAKE[file_system][0],) if shutil.which(name) is None]
    if missing:
        return f"needs {missing[0]}"
    known = Path("/proc/filesystems").read_text().split()
    return "" if file_system in known else f"this kernel does not know {file_system}"


def stand_apart() -> None:
    """A mount namespace of our own: what is mounted in it ends with its last process."""
    _call(_libc.unshare(_NEW_NAMESPACE), "unshare")
    _call(_libc.mount(None, b"/", None, _PRIVATE, None), "make mounts private")


def die_with_parent() -> None:
    """For a forked child: nobody is left behind when the parent is killed."""
    _call(_libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0), "prctl")


@dataclass(frozen=True, slots=True)
class Image:
    """A file system in a file and where it is mounted."""

    file: Path
    mount_point: Path
    file_system: str

    def make(self) -> None:
        """A new, empty file system."""
        self.file.unlink(missing_ok=True)
        with self.file.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        self.mount_point.mkdir(exist_ok=True)
        subprocess.run([*MAKE[self.file_system], str(self.file)], check=True, capture_output=True)

    def copy_from(self, other: Image) -> None:
        """The same content as another image that is not mounted; holes stay holes."""
        subprocess.run(
            ["cp", "--sparse=always", str(other.file), str(self.file)],
            check=True,
            capture_output=True,
        )
        self.mount_point.mkdir(exist_ok=True)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """Mounted while entered; mounting replays the journal."""
        self.mount()
        try:
            yield self.mount_point
        finally:
            self.unmount()

    def mount(self) -> None:
        device, name = _attach(self.file)
        try:
            _call(
                _libc.mount(
                    name.encode(),
                    bytes(self.mount_point),
                    self.file_system.encode(),
                    0,
                    b"nouuid" if self.file_system == "xfs" else None,
                ),
                f"mount {name}",
            )
        finally:
            os.close(device)

    def unmount(self) -> None:
        """Raises OSError when somebody still holds a file in it for longer than a second."""
        until = time.monotonic() + 1
        while True:
            try:
                return _call(_libc.umount2(bytes(self.mount_point), 0), "umount")
            except OSError as error:
                if error.errno != errno.EBUSY or time.monotonic() > until:
                    raise
                time.sleep(0.001)

    def cut(self, descriptor: int, flush: Flush) -> None:
        """Shut the file system down; `descriptor` is its open root folder."""
        fcntl.ioctl(descriptor, _SHUT_DOWN, struct.pack("I", flush))

    def problems(self) -> str:
        """What the file system's own checker says of the unmounted image; empty when well."""
        checked = subprocess.run(
            [*CHECK[self.file_system], str(self.file)], capture_output=True, text=True, check=False
        )
        return "" if checked.returncode == 0 else checked.stdout + checked.stderr


def _attach(file: Path) -> tuple[int, str]:
    """A loop device over the file that frees itself after its last user; open, and its name."""
    with contextlib.ExitStack() as opened:
        control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
        opened.callback(os.close, control)
        backing = os.open(file, os.O_RDWR | os.O_CLOEXEC)
        opened.callback(os.close, backing)
        settings = _LOOP_CONFIG.pack(backing, *(0,) * 9, _AUTOCLEAR, b"", b"", b"", *(0,) * 10)
        while True:
            name = f"/dev/loop{fcntl.ioctl(control, _GET_FREE)}"
            device = os.open(name, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(device, _CONFIGURE, settings)
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:  # somebody else was quicker
                    raise
            else:
                return device, name


def _call(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
