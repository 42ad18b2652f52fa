"""What small groups keep to themselves, half hour by half hour, in one pass over them."""

from __future__ import annotations

from numba import types

from data_layer.readings.model import Ints
from index.compiled import READ_INTS, compiled

_COLUMNS = types.int64[:, ::1]


@compiled(types.void(_COLUMNS, READ_INTS, types.int64, types.int64, _COLUMNS))
def mask(fine: Ints, starts: Ints, at_least: int, series: int, out: Ints) -> None:
    """Take out of a group's buckets the half hours in which too few of its meters report.

    `fine` holds consumption, estimated, missing and reporting (4, half hours) of a group of so
    many series, `starts` the first half hour of each bucket and the one after the last; `out`
    the same four (4, buckets) unmasked. See `ReadingStore.totals` for what is told and what not.
    """
    most = max(series, at_least)
    for bucket in range(out.shape[1]):
        hidden, estimated, missing, shown = 0, 0, 0, 0
        for n in range(starts[bucket], starts[bucket + 1]):
            wh, reporting = fine[0, n], fine[3, n]
            if reporting < at_least:
                missing += most - fine[2, n]
                if reporting > 0:
                    hidden += wh
                elif 2 * fine[1, n] > wh:
                    estimated += wh
            else:
                shown += reporting
                if 2 * fine[1, n] > wh:
                    estimated += wh
        out[0, bucket] -= hidden
        out[1, bucket] = estimated
        out[2, bucket] += missing
        if shown == 0:
            out[3, bucket] = 0
