"""Eight bytes at a time, at any place of a byte array: how compiled functions copy short texts.

`load(text, at)` gives the bytes text[at:at + 8] as one little-endian word, `store(text, at, word)`
puts them back. A text is copied in words, so up to seven bytes too many are read and written:
both arrays must reach that far behind it, and what comes next in the copy is written afterwards.
Only for use inside compiled functions.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WORD = ir.IntType(64)


def _place(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(cgutils.pointer_add(builder, data, at), _WORD.as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def load(_typing: Any, text: Any, at: Any) -> Any:
    """The eight bytes from `at` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at_ = context.cast(builder, arguments[1], signature.args[1], types.intp)
        place = _place(context, builder, signature.args[0], arguments[0], at_)
        return builder.load(place, align=1)

    return types.uint64(text, at), generate


@intrinsic  # type: ignore[untyped-decorator]
def store(_typing: Any, text: Any, at: Any, _word: Any) -> Any:
    """Put a word's eight bytes to `at`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at_ = context.cast(builder, arguments[1], signature.args[1], types.intp)
        place = _place(context, builder, signature.args[0], arguments[0], at_)
        builder.store(arguments[2], place, align=1)
        return context.get_dummy_value()

    return types.void(text, at, types.uint64), generate
