"""The rules on form and time in one pass over a batch's columns."""

from __future__ import annotations

from numba import types

from data_layer.quantities import MAXIMUM_WH, VOID_WH
from data_layer.readings.model import Bytes, Ints
from data_layer.readings.order import EARLIEST, LATEST
from index.compiled import READ_BYTES, READ_INTS, compiled

UNREADABLE, OFF_THE_HALF_HOUR, IN_THE_FUTURE = 2, 5, 6
"""Verdicts as compiled functions know them."""


@compiled(
    types.void(
        READ_BYTES,
        READ_INTS,
        READ_INTS,
        READ_INTS,
        READ_BYTES,
        READ_INTS,
        types.int64,
        types.int64,
        types.int64,
        types.uint8[::1],
    )
)
def judge_rows(
    of_series: Bytes,
    series_code: Ints,
    read_at: Ints,
    value_wh: Ints,
    kind: Bytes,
    revision: Ints,
    step: int,
    phase: int,
    latest: int,
    verdicts: Bytes,
) -> None:
    """Write each row's first broken rule. Times are multiples of `step` behind `phase`."""
    for row in range(len(read_at)):
        at, value = read_at[row], value_wh[row]
        verdict = of_series[series_code[row]]
        if (
            ((value < 0 or value > MAXIMUM_WH) and not (value == VOID_WH and revision[row] > 0))
            or at < EARLIEST
            or at > LATEST
            or kind[row] > 1
        ):
            verdict = UNREADABLE
        elif verdict == 0 and (at - phase) % step != 0:
            verdict = OFF_THE_HALF_HOUR
        elif verdict == 0 and at > latest:
            verdict = IN_THE_FUTURE
        verdicts[row] = verdict
