"""The written rule for gaps once more, in plain numpy over the day files, without the index.

What this module says is what the index and every peer must answer. It reads the CSV itself and
gives the register of each meter at every half hour of the set:

    read there      the reading
    not read there  floor(v0 + (v1 - v0) * (t - t0) / (t1 - t0)) between the readings around it,
                    wherever they stand, marked estimated

The sets have no exchanged meters: every meter is one segment from the first half hour to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from tests.benchmarks.data_set import DataSet

HALF_HOUR = 1800
Ints = npt.NDArray[np.int64]
WORDS = pa.dictionary(pa.int32(), pa.string())
TYPES = {
    "meter_id": WORDS,
    "register_id": WORDS,
    "read_at": pa.timestamp("s", "UTC"),
    "value_kwh": pa.float64(),
    "kind": WORDS,
    "type": WORDS,
    "flag": WORDS,
    "revision": pa.int32(),
    "source": WORDS,
}
_SPAN = 1 << 32
"""More than any instant of the sets: a meter's number times this, plus a time, sorts both."""


def parse_typed(path: Path, *, threads: bool = True) -> pa.Table:
    """All columns of a day file, typed, as an expert would have pyarrow do it."""
    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(use_threads=threads, block_size=4 << 20),
        convert_options=csv.ConvertOptions(column_types=TYPES),
    )


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings as numbers: meter (place in the sorted ids), instant, whole Wh."""

    meter: Ints
    at: Ints
    wh: Ints


def readings_of(path: Path, place: dict[str, int]) -> Readings:
    """One day file's rows, in its order."""
    table = parse_typed(path).combine_chunks()
    words = table.column("meter_id").combine_chunks()
    if isinstance(words, pa.ChunkedArray):
        words = words.unify_dictionaries().combine_chunks()
    number = np.array([place[word] for word in words.dictionary.to_pylist()], dtype=np.int64)
    return Readings(
        number[words.indices.to_numpy()],
        table.column("read_at").cast(pa.int64()).to_numpy(),
        np.rint(table.column("value_kwh").to_numpy() * 1000).astype(np.int64),
    )


@dataclass(frozen=True, slots=True)
class Registers:
    """Every meter's register at every half hour: (meters, half hours)."""

    start: int
    wh: Ints
    estimated: npt.NDArray[np.bool_]

    def columns(self, start: int, end: int) -> slice:
        """The half hours from start to end, both included."""
        return slice((start - self.start) // HALF_HOUR, (end - self.start) // HALF_HOUR + 1)


def registers_of(target: DataSet, meters: Sequence[str]) -> Registers:
    """From the first half hour of the set to its last reading."""
    place = {meter_id: number for number, meter_id in enumerate(meters)}
    width = (target.end - target.start) // HALF_HOUR
    wh = np.zeros((len(meters), width), dtype=np.int64)
    read = np.zeros((len(meters), width), dtype=np.bool_)
    aside = []
    for path in target.files:
        found = readings_of(path, place)
        slot, past = np.divmod(found.at - target.start, HALF_HOUR)
        on = past == 0
        wh[found.meter[on], slot[on]] = found.wh[on]
        read[found.meter[on], slot[on]] = True
        aside.append(Readings(found.meter[~on], found.at[~on], found.wh[~on]))
    _fill(wh, read, aside, target.start)
    return Registers(target.start, wh, ~read)


def _fill(wh: Ints, read: npt.NDArray[np.bool_], aside: list[Readings], start: int) -> None:
    """Write what the rule says into the half hours at which nothing was read."""
    meter, slot = np.nonzero(~read)
    at = start + slot * HALF_HOUR
    before, after = slot.copy(), slot.copy()
    for place, step in ((before, -1), (after, 1)):
        open_rows = np.arange(len(place))
        while len(open_rows):
            place[open_rows] += step
            open_rows = open_rows[~read[meter[open_rows], place[open_rows]]]
    t0, t1 = start + before * HALF_HOUR, start + after * HALF_HOUR
    v0, v1 = wh[meter, before], wh[meter, after]
    key = np.concatenate([part.meter * _SPAN + part.at for part in aside])
    value = np.concatenate([part.wh for part in aside])
    order = np.argsort(key)
    key, value = key[order], value[order]
    own = meter * _SPAN
    found = np.searchsorted(key, own + at)
    if len(key):
        nearer = np.maximum(found - 1, 0)
        left = (found > 0) & (key[nearer] > own + t0)
        t0[left], v0[left] = (key[nearer] - own)[left], value[nearer][left]
        nearer = np.minimum(found, len(key) - 1)
        right = (found < len(key)) & (key[nearer] < own + t1)
        t1[right], v1[right] = (key[nearer] - own)[right], value[nearer][right]
    wh[meter, slot] = v0 + (v1 - v0) * (at - t0) // (t1 - t0)
