"""Many arrays handed to machine code as one: an array of their addresses and lengths.

A call from Python pays some 45 ns for every array it hands over, and compiled functions count
references for each; where a question takes one microsecond that is most of it. `Packed` holds the
arrays alive and says where they are; `ints`, `words` and the like give them back inside a
compiled function, which must not outlive the call.

    table   [ address | length | width ][ address | length | width ] ...   three numbers an array
              │                           └ array 1
              └ array 0: [ . . . . ]               width is a row's; of one dimension the length
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

from index.compiled import inlined
from index.history import Ints


class Packed:
    """Arrays of one or two dimensions, C-ordered. Not to be changed while this is in use."""

    __slots__ = ("_arrays", "address", "table")

    def __init__(self, arrays: Sequence[npt.NDArray[Any]]) -> None:
        self._arrays = tuple(np.ascontiguousarray(array) for array in arrays)
        self.table: Ints = np.array(
            [
                number
                for array in self._arrays
                for number in (array.ctypes.data, len(array), array.shape[-1])
            ],
            dtype=np.int64,
        )
        """Address, length and width of each array: what a kernel is given."""
        self.address: int = self.table.ctypes.data
        """Where the table lies: what the quickest kernels are given, 45 ns less than an array."""


def _pointer_to(element: types.Type) -> Any:
    """A compiled function from an address to a pointer."""
    pointer = types.CPointer(element)  # type: ignore[no-untyped-call]

    @intrinsic
    def cast(_typing: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            return builder.inttoptr(given[0], context.get_value_type(pointer))

        return pointer(address), generate

    return cast


_to_ints, _to_narrow = _pointer_to(types.int64), _pointer_to(types.int32)
_to_words, _to_shorts = _pointer_to(types.uint32), _pointer_to(types.uint16)


@inlined
def table_at(address: int, arrays: int) -> Any:
    """The table of so many arrays that lies at an address."""
    return carray(_to_ints(address), (3 * arrays,))


@inlined
def ints(table: Ints, n: int) -> Any:
    return carray(_to_ints(table[3 * n]), (table[3 * n + 1],))


@inlined
def int_table(table: Ints, n: int) -> Any:
    return carray(_to_ints(table[3 * n]), (table[3 * n + 1], table[3 * n + 2]))


@inlined
def narrow_table(table: Ints, n: int) -> Any:
    return carray(_to_narrow(table[3 * n]), (table[3 * n + 1], table[3 * n + 2]))


@inlined
def word_table(table: Ints, n: int) -> Any:
    return carray(_to_words(table[3 * n]), (table[3 * n + 1], table[3 * n + 2]))


@inlined
def short_table(table: Ints, n: int) -> Any:
    return carray(_to_shorts(table[3 * n]), (table[3 * n + 1], table[3 * n + 2]))
