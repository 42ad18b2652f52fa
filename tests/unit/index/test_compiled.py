"""Compiled functions take memory maps and read-only arrays, and nothing they were not told of."""

from pathlib import Path

import numpy as np
import pytest
from numba import types

from index.compiled import READ_INTS, compiled, inlined, kept_under
from index.history import Ints


@inlined
def _square(number: int) -> int:
    return number * number


@compiled(types.int64(READ_INTS, types.int64))
def _sum_of_squares(numbers: Ints, stop: int) -> int:
    total = 0
    for place in range(stop):
        total += _square(numbers[place])
    return total


def test_reads_arrays_that_cannot_be_written(tmp_path: Path) -> None:
    np.arange(10, dtype=np.int64).tofile(tmp_path / "numbers")
    mapped = np.asarray(np.memmap(tmp_path / "numbers", dtype=np.int64, mode="r"))
    assert _sum_of_squares(mapped, 10) == sum(n * n for n in range(10))


def test_a_second_variant_is_never_compiled() -> None:
    with pytest.raises(TypeError, match="No matching definition"):
        _sum_of_squares(np.arange(10, dtype=np.int64)[::2], 3)
    with pytest.raises(TypeError, match="No matching definition"):
        _sum_of_squares(np.arange(10, dtype=np.int32), 3)


def test_machine_code_is_kept_apart_when_anything_it_is_made_from_changes(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "data_layer").mkdir()
    sources = {
        "index/kernel.py": "from index.grid import SLOTS\n@compiled(x)\ndef a(): return SLOTS\n",
        "index/grid.py": "from data_layer.quantities import VOID\nSLOTS = 48\n",
        "data_layer/quantities.py": "VOID = -1\n",
        "data_layer/book.py": "from index.kernel import a\n",
    }
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    before = kept_under(tmp_path)
    for name, text in sources.items():
        (tmp_path / name).write_text(text + "# changed\n")
        assert (kept_under(tmp_path) != before) is (name != "data_layer/book.py"), name
        (tmp_path / name).write_text(text)
    assert kept_under(tmp_path) == before
