"""Eight bytes at a time, at any place of a byte array, and products of polynomials: for compiled
functions that copy short texts or check long ones.

`load(text, at)` gives the bytes text[at:at + 8] as one little-endian word, `store(text, at, word)`
puts them back. A text is copied in words, so up to seven bytes too many are read and written:
both arrays must reach that far behind it, and what comes next in the copy is written afterwards.

`product(a, b)` multiplies without carries, as polynomials over two elements: the lower word of the
result, then the higher. `fold(text, at, stop, low, high, by_low, by_high)` goes through
text[at:stop], a multiple of sixteen bytes, two words a step: low and high become low * by_low +
high * by_high + those two words, in the processor's wide registers from beginning to end. There is
an instruction for products where HAS_PRODUCTS; elsewhere these two must not be used.

Only for use inside compiled functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

_BYTE = ir.IntType(8)
_WORD = ir.IntType(64)
_PAIR = ir.VectorType(_WORD, 2)
_FIRST, _SECOND = ir.Constant(ir.IntType(32), 0), ir.Constant(ir.IntType(32), 1)
_LOWER, _HIGHER = 0x00, 0x11
"""Which words of two pairs are multiplied."""
HAS_PRODUCTS = not config.CPU_NAME and bool(  # type: ignore[attr-defined]
    binding.get_host_cpu_features().get("pclmul")
)


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


def _multiplied(builder: Any, one: Any, other: Any, which: int) -> Any:
    name, word = "llvm.x86.pclmulqdq", ir.Constant(_BYTE, which)
    known = builder.module.globals.get(name)
    instruction = known or ir.Function(
        builder.module, ir.FunctionType(_PAIR, [_PAIR, _PAIR, _BYTE]), name
    )
    return builder.call(instruction, [one, other, word])


def _pair(builder: Any, low: Any, high: Any) -> Any:
    pair = builder.insert_element(ir.Constant(_PAIR, ir.Undefined), low, _FIRST)
    return builder.insert_element(pair, high, _SECOND)


def _words(context: Any, builder: Any, signature: Any, pair: Any) -> Any:
    words = [builder.extract_element(pair, place) for place in (_FIRST, _SECOND)]
    return context.make_tuple(builder, signature.return_type, words)


_TWO_WORDS = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]


def _product(_typing: Any, _one: Any, _other: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one, other = (_pair(builder, word, word) for word in arguments)
        return _words(context, builder, signature, _multiplied(builder, one, other, _LOWER))

    return _TWO_WORDS(types.uint64, types.uint64), generate


def _fold(
    _typing: Any, text: Any, _at: Any, _stop: Any, _low: Any, _high: Any, _bl: Any, _bh: Any
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, at, stop, low, high, by_low, by_high = arguments
        data = context.make_array(signature.args[0])(context, builder, array).data
        factors = _pair(builder, by_low, by_high)
        start = _pair(builder, low, high)
        folded = cgutils.alloca_once_value(builder, start)  # type: ignore[no-untyped-call]
        step = ir.Constant(_WORD, 16)
        with cgutils.for_range_slice(builder, at, stop, step, inc=True) as (place, _):
            here = builder.bitcast(builder.gep(data, [place]), _PAIR.as_pointer())
            so_far = builder.load(folded)
            lower = _multiplied(builder, so_far, factors, _LOWER)
            higher = _multiplied(builder, so_far, factors, _HIGHER)
            following = builder.load(here, align=1)
            builder.store(builder.xor(builder.xor(lower, higher), following), folded)
        return _words(context, builder, signature, builder.load(folded))

    return _TWO_WORDS(text, types.int64, types.int64, *[types.uint64] * 4), generate


load = cast("Callable[[Any, Any], Any]", intrinsic(_load))
store = cast("Callable[[Any, Any, Any], None]", intrinsic(_store))
product = cast("Callable[[Any, Any], tuple[Any, Any]]", intrinsic(_product))
fold = cast("Callable[..., tuple[Any, Any]]", intrinsic(_fold))
