"""Functions that run as machine code: the loops numpy has no words for.

    @compiled("int64(int64[::1], int64)")         a signature in numba's words, arrays C-ordered
    def total(words: Ints, stop: int) -> int: ...

Every compiled function states its signature, so it is compiled when its module is imported (and
kept in `__pycache__`), never in the middle of a question, and a wrong type is an error at once
instead of a second variant. What is kept is kept under a digest of the sources it is made from:
numba looks at the file of a function only, not at the files of the parts and constants it takes
in, and would go on running the old machine code after one of those changed.

Arrays stand in signatures as `READ_*` when the function only reads them: those accept memory
maps, which cannot be written to. No interpreter lock is held unless a function is `brief`. Indexes
are not checked: a caller hands over positions it has made sure of.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite  # type: ignore[import-untyped]
import numba
import numpy as np
from numba import types
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., object])
_HERE = Path(__file__).resolve().parent
_MARKS = (b"@compiled", b"@inlined", b"@intrinsic", b"compiled(")
_IMPORTED = re.compile(rb"^from ((?:index|data_layer)[\w.]*) import", re.MULTILINE)
_KEPT = "compiled-"
_KEPT_AT_MOST = 2
"""Of this state of the sources and of the one before: a restart may go back."""


def kept_under(house: Path) -> str:
    """Name of the folder for machine code made from a source tree.

    A digest of every source with compiled functions and of all they import from the house: what
    a compiled function takes from there, a constant too, is part of its machine code.
    """
    digest = sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    waiting = [
        source
        for source in (*house.glob("index/**/*.py"), *house.glob("data_layer/**/*.py"))
        if any(mark in source.read_bytes() for mark in _MARKS)
    ]
    texts: dict[Path, bytes] = {}
    while waiting:
        source = waiting.pop()
        if source in texts or not source.exists():
            continue
        texts[source] = source.read_bytes()
        names = (name.decode() for name in _IMPORTED.findall(texts[source]))
        waiting += [house / f"{name.replace('.', '/')}.py" for name in names]
    for source in sorted(texts):
        digest.update(bytes(source.relative_to(house)) + b"\0" + texts[source])
    return f"{_KEPT}{digest.hexdigest()[:16]}"


def _keep_machine_code() -> None:
    """Tell numba where: beside the sources, or, where those are read-only, in one's own cache."""
    beside = _HERE / "__pycache__"
    home = beside
    if not os.access(beside if beside.exists() else _HERE, os.W_OK):
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        home = Path(cache) / "meterbook"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = home / kept_under(_HERE.parent)
    if not mine.exists():
        _drop_oldest(home)
    config.CACHE_DIR = str(mine)  # type: ignore[attr-defined]


def _drop_oldest(home: Path) -> None:
    """Make room for new machine code: that of long ago goes."""
    kept = sorted(home.glob(f"{_KEPT}*"), key=lambda folder: folder.stat().st_mtime)
    for folder in kept[: len(kept) + 1 - _KEPT_AT_MOST]:
        shutil.rmtree(folder, ignore_errors=True)


_keep_machine_code()


def compiled(signature: object, *, brief: bool = False) -> Callable[[Function], Function]:
    """Compile with this one signature: text, or `result(argument, ...)` of numba's types.

    `brief` is for what takes less than a microsecond: it keeps the interpreter's lock, because
    giving it up and asking for it again would take longer than the work.
    """

    def compile_it(function: Function) -> Function:
        return cast(
            "Function",
            numba.njit(signature, cache=True, nogil=not brief, error_model="numpy")(function),
        )

    return compile_it


def inlined(function: Function) -> Function:
    """A part of compiled functions, without a signature: compiled into each of its callers."""
    return cast("Function", numba.njit(inline="never", error_model="numpy")(function))


@inlined
def whole(number: Any) -> int:
    """A number as a signed one of 64 bits."""
    return np.int64(number)  # type: ignore[return-value]


def _read_only(element: types.Type, dimensions: int = 1) -> types.Type:
    return types.Array(element, dimensions, "C", readonly=True)


READ_BYTES = _read_only(types.uint8)
READ_NARROW = _read_only(types.int32)
READ_INTS = _read_only(types.int64)
READ_WORD_TABLE = _read_only(types.uint32, 2)
READ_SHORT_TABLE = _read_only(types.uint16, 2)
READ_NARROW_TABLE = _read_only(types.int32, 2)
READ_INT_TABLE = _read_only(types.int64, 2)
