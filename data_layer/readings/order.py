"""One sortable whole number for (series, instant, kind), so that columns sort and search at once.

bit 63       33 32              1 0
    | series code | seconds       | kind |      seconds since EARLIEST, 32 bits: 1990 to 2126

Equal keys are one reading and its revisions. Code that compares readings in columns packs them
first; the order is that of the day file: series, then time, then read before initial.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data_layer.errors import BadInput
from data_layer.quantities import MAXIMUM_WH, VOID_WH
from data_layer.readings.model import Bytes, Flag, Ints, Kind, ReadingBatch

EARLIEST = 631_152_000
"""1990-01-01T00:00Z."""
LATEST = EARLIEST + (1 << 32) - 1
INSTANT_BITS = 33
MAXIMUM_REVISION = 999_999_999
SPAN = 1 << INSTANT_BITS
"""Keys of one series lie in [code * SPAN, (code + 1) * SPAN)."""


def packed(code: npt.ArrayLike, read_at: npt.ArrayLike, kind: npt.ArrayLike = 0) -> Ints:
    """Keys of rows; arguments broadcast. Times must lie in [EARLIEST, LATEST].

    >>> int(packed(1, EARLIEST + 3, 1)) == SPAN + 7
    True
    """
    codes = np.asarray(code, dtype=np.int64)
    instants = np.asarray(read_at, dtype=np.int64) - EARLIEST
    kinds = np.asarray(kind, dtype=np.int64)
    return np.asarray((codes << INSTANT_BITS) + (instants << 1) + kinds, dtype=np.int64)


def codes_of(keys: Ints) -> Ints:
    return keys >> INSTANT_BITS


def instants_of(keys: Ints) -> Ints:
    return ((keys & (SPAN - 1)) >> 1) + EARLIEST


def kinds_of(keys: Ints) -> Bytes:
    return (keys & 1).astype(np.uint8)


def representable(read_at: Ints) -> npt.NDArray[np.bool_]:
    return np.asarray((read_at >= EARLIEST) & (read_at <= LATEST))


def refuse_unwritable(batch: ReadingBatch) -> None:
    """Raise BadInput, naming field, value and rule, for a number that cannot stand in a line."""
    values, revisions = batch.value_wh, batch.revision
    _refuse("value", values[(values < VOID_WH) | (values > MAXIMUM_WH)], "0 to 999999999.999 kWh")
    _refuse("read_at", batch.read_at[~representable(batch.read_at)], "a time from 1990 to 2126")
    _refuse("revision", revisions[(revisions < 0) | (revisions > MAXIMUM_REVISION)], "0 or more")
    _refuse("kind", batch.kind[batch.kind > max(Kind)], "a kind of reading")
    _refuse("flag", batch.flag[batch.flag > max(Flag)], "a flag")


def _refuse(field: str, wrong: npt.NDArray[np.integer], rule: str) -> None:
    if len(wrong):
        raise BadInput(f"{field} {int(wrong[0])} must be {rule}.", field=field)


def key_order(batch: ReadingBatch) -> Ints:
    """Row positions sorted by (series code, time, kind, revision), stable in arrival."""
    keys = packed(batch.series_code, batch.read_at, batch.kind)
    if batch.revision.any():
        return np.lexsort((batch.revision, keys))
    return np.argsort(keys, kind="stable")


def is_plain(batch: ReadingBatch) -> npt.NDArray[np.bool_]:
    """True for usual rows: first revision, valid, with a value."""
    return np.asarray(
        (batch.revision == 0) & (batch.flag == Flag.VALID) & (batch.value_wh != VOID_WH)
    )


def effective(batch: ReadingBatch) -> ReadingBatch:
    """The rows that count, sorted by key: highest revision of each, valid and not void."""
    ordered = batch.take(key_order(batch))
    keys = packed(ordered.series_code, ordered.read_at, ordered.kind)
    last = np.ones(len(keys), dtype=np.bool_)
    last[:-1] = keys[1:] != keys[:-1]
    counts = last & (ordered.flag == Flag.VALID) & (ordered.value_wh != VOID_WH)
    return ordered.take(counts)


def recoded(batch: ReadingBatch, code_of: dict[object, int]) -> Ints:
    """The rows' series codes in another dictionary, -1 for series it does not hold."""
    table = np.array([code_of.get(key, -1) for key in batch.series] or [-1], dtype=np.int64)
    return table[batch.series_code]
