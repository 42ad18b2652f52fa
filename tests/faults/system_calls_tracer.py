"""Stop a process at the n-th system call of a kind: kill it, fail the call or cut it short.

What `strace --seccomp-bpf -e inject=...:when=n` does, for a forked child that has everything
loaded already, and counting over all its threads: the kernel stops the child at the calls that
change a disk (a seccomp filter, so that all other calls run at full speed), and ptrace decides.
Linux on x86-64 only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.faults.power_cut_image import die_with_parent

CALLS = {
    1: "write", 18: "pwrite64", 20: "writev", 74: "fsync", 75: "fdatasync", 77: "ftruncate",
    82: "rename", 83: "mkdir", 86: "link", 87: "unlink", 257: "openat", 258: "mkdirat",
    263: "unlinkat", 264: "renameat", 265: "linkat", 316: "renameat2",
}  # fmt: skip
"""The calls that change a disk or promise something of it, by their x86-64 numbers."""
_BY_DESCRIPTOR = {"write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate"}
_BY_FOLDER = {"openat", "mkdirat", "unlinkat", "renameat", "linkat", "renameat2"}
_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_TRACE_ME, _CONTINUE, _GET_REGISTERS, _SET_REGISTERS, _SET_OPTIONS = 0, 7, 12, 13, 0x4200
_OPTIONS = 0x100000 | 0x80 | 8 | 4 | 2  # exit with the tracer; seccomp stops; clone, vfork, fork
_SECCOMP_STOP, _ALL_THREADS = 7, 0x40000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_REGISTERS = struct.Struct("=27Q")
_RAX, _RDX, _RSI, _RDI, _NUMBER = 10, 12, 13, 14, 15
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Kind(StrEnum):
    """What happens at the call."""

    KILL = "kill"
    """The process is killed before it."""
    EIO = "EIO"
    ENOSPC = "ENOSPC"
    SHORT = "short"
    """Half of what is to be written is written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """At which call what happens."""

    call: str
    place: int
    """1 is the first call of its kind."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was stopped at."""

    name: str
    path: str


def cannot_trace() -> str:
    """Why system calls cannot be stopped at here; empty when they can."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "needs Linux on x86-64"
    return ""


def trace(work: Callable[[], None], folder: Path, fault: Fault | None = None) -> list[Call]:
    """Run the work in a forked child to its end; the calls on files in the folder, in order.

    With a fault the list ends with the call it struck when it killed, else it goes on after it.
    """
    child = os.fork()
    if not child:
        try:
            die_with_parent()
            _allow_stops()
            work()
            os._exit(0)
        finally:
            os._exit(1)
    try:
        return _Tracer(child, str(folder), fault).run()
    except BaseException:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        raise


class _Tracer:
    def __init__(self, child: int, folder: str, fault: Fault | None) -> None:
        self._child = child
        self._folder = folder
        self._fault = fault
        self._calls: list[Call] = []
        self._met = 0
        self._known = {child}

    def run(self) -> list[Call]:
        os.waitpid(self._child, _ALL_THREADS)
        _ptrace(_SET_OPTIONS, self._child, 0, _OPTIONS)
        _ptrace(_CONTINUE, self._child)
        while True:
            task, status = os.waitpid(-1, _ALL_THREADS)
            if not os.WIFSTOPPED(status):
                if task == self._child:
                    return self._calls
                continue
            stop, event = os.WSTOPSIG(status), status >> 16
            with suppress(ProcessLookupError):  # killed meanwhile
                self._go_on(task, stop, event)

    def _go_on(self, task: int, stop: int, event: int) -> None:
        deliver = 0
        if event == _SECCOMP_STOP:
            self._at_call(task)
        elif task not in self._known:
            self._known.add(task)  # a new thread reports by a stop of its own
        elif event == 0 and stop != signal.SIGTRAP:
            deliver = stop
        _ptrace(_CONTINUE, task, 0, deliver)

    def _at_call(self, task: int) -> None:
        registers = list(_REGISTERS.unpack(_registers(task)))
        call = _call(task, registers)
        if call is None or not call.path.startswith(self._folder):
            return
        self._calls.append(call)
        fault = self._fault
        if fault is None or call.name != fault.call:
            return
        self._met += 1
        if self._met == fault.place:
            self._strike(task, fault.kind, registers)

    def _strike(self, task: int, kind: Kind, registers: list[int]) -> None:
        if kind is Kind.KILL:
            os.kill(self._child, signal.SIGKILL)
            return
        if kind is Kind.SHORT:
            registers[_RDX] = max(1, registers[_RDX] // 2)
        else:
            registers[_NUMBER] = 2**64 - 1
            registers[_RAX] = 2**64 - getattr(errno, kind.value)
        _ptrace(_SET_REGISTERS, task, 0, _REGISTERS.pack(*registers))


def _call(task: int, registers: list[int]) -> Call | None:
    name = CALLS[registers[_NUMBER]]
    if name in _BY_DESCRIPTOR:
        return Call(name, str(Path(f"/proc/{task}/fd/{registers[_RDI]}").readlink()))
    if name == "openat" and not registers[_RDX] & _FOR_WRITING:
        return None
    place = registers[_RSI] if name in _BY_FOLDER else registers[_RDI]
    with Path(f"/proc/{task}/mem").open("rb", buffering=0) as memory:
        memory.seek(place)
        return Call(name, memory.read(4096).split(b"\0")[0].decode())


def _allow_stops() -> None:
    """In the child: let the parent trace, stop at the calls of the table, and wait for it."""
    _ptrace(_TRACE_ME)
    os.kill(os.getpid(), signal.SIGSTOP)
    program = [struct.pack("=HBBI", 0x20, 0, 0, 0)]  # load the call's number
    for number in CALLS:
        program.append(struct.pack("=HBBI", 0x15, 0, 1, number))  # is it this one?
        program.append(struct.pack("=HBBI", 0x06, 0, 0, 0x7FF00000))  # then stop
    program.append(struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000))  # else go on
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    filtered = ctypes.create_string_buffer(header)
    if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or _libc.prctl(
        _SET_SECCOMP, _FILTER, ctypes.c_void_p(ctypes.addressof(filtered)), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "the calls cannot be filtered")


def _registers(task: int) -> bytes:
    held = ctypes.create_string_buffer(_REGISTERS.size)
    _ptrace(_GET_REGISTERS, task, 0, held)
    return held.raw


def _ptrace(what: int, task: int = 0, address: int = 0, data: object = 0) -> None:
    if isinstance(data, bytes):
        data = ctypes.create_string_buffer(data)
    pointer = data if isinstance(data, int) else ctypes.addressof(data)  # type: ignore[arg-type]
    if _libc.ptrace(what, task, address, pointer) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace {what}: {os.strerror(number)}")
