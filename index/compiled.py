"""Functions that run as machine code: the loops numpy has no words for.

    @compiled("int64(int64[::1], int64)")         a signature in numba's words, arrays C-ordered
    def total(words: Ints, stop: int) -> int: ...

Every compiled function states its signature, so it is compiled when its module is imported (and
kept in `__pycache__`), never in the middle of a question, and a wrong type is an error at once
instead of a second variant. What is kept is kept under a digest of all sources of compiled
functions: numba looks at the file of a function only, not at the files of the parts it inlines,
and would go on running the old machine code after such a part changed.

Arrays stand in signatures as `READ_*` when the function only reads them: those accept memory
maps, which cannot be written to. No interpreter lock is held. Indexes are not checked: a caller
hands over positions it has made sure of.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., object])
_HERE = Path(__file__).resolve().parent
_MARKS = (b"@compiled", b"@inlined", b"@intrinsic", b"compiled(")


def kept_under(house: Path) -> str:
    """Name of the folder for machine code made from the compiled functions of a source tree."""
    digest = sha256(numba.__version__.encode())
    for source in sorted((*house.glob("index/*.py"), *house.glob("data_layer/*/*.py"))):
        text = source.read_bytes()
        if any(mark in text for mark in _MARKS):
            digest.update(source.name.encode() + b"\0" + text)
    return f"compiled-{digest.hexdigest()[:16]}"


def _keep_machine_code() -> None:
    """Tell numba where: beside the sources, or where a read-only installation may write."""
    beside = _HERE / "__pycache__"
    writable = os.access(beside if beside.exists() else _HERE, os.W_OK)
    home = beside if writable else Path(gettempdir()) / f"meterbook-{os.getuid()}"
    config.CACHE_DIR = str(home / kept_under(_HERE.parent))  # type: ignore[attr-defined]


_keep_machine_code()


def compiled(signature: object) -> Callable[[Function], Function]:
    """Compile with this one signature: text, or `result(argument, ...)` of numba's types."""

    def compile_it(function: Function) -> Function:
        return cast(
            "Function",
            numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function),
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
READ_SHORTS = _read_only(types.uint16)
READ_WORDS = _read_only(types.uint32)
READ_NARROW = _read_only(types.int32)
READ_INTS = _read_only(types.int64)
READ_WORD_TABLE = _read_only(types.uint32, 2)
READ_SHORT_TABLE = _read_only(types.uint16, 2)
READ_NARROW_TABLE = _read_only(types.int32, 2)
READ_INT_TABLE = _read_only(types.int64, 2)
