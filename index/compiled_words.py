"""Eight bytes at a time, at any place of a byte array: how compiled functions copy short texts.

`load(text, at)` gives the bytes text[at:at + 8] as one little-endian word, `store(text, at, word)`
puts them back. A text is copied in words, so up to seven bytes too many are read and written:
both arrays must reach that far behind it, and what comes next in the copy is written afterwards.
Only for use inside compiled functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

_BYTE = ir.IntType(8)
_WORD = ir.IntType(64)


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    at = context.cast(builder, arguments[1], signature.args[1], types.intp)
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    byte = builder.gep(builder.bitcast(data, _BYTE.as_pointer()), [at])
    return builder.bitcast(byte, _WORD.as_pointer())


def _load(_typing: Any, text: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=1)

    return types.uint64(text, at), generate


def _store(_typing: Any, text: Any, at: Any, _word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _place(context, builder, signature, arguments), align=1)
        return context.get_dummy_value()

    return types.void(text, at, types.uint64), generate


load = cast("Callable[[Any, Any], Any]", intrinsic(_load))
store = cast("Callable[[Any, Any, Any], None]", intrinsic(_store))
