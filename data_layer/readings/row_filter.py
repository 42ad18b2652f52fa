"""Which rows of readings a filter lets through, and in what order they stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from data_layer.readings.model import Ints, ReadingBatch, RowFilter, SeriesKey

SORTS = ("read_at", "meter_id", "value_wh", "source")


def matches(batch: ReadingBatch, wanted: RowFilter) -> npt.NDArray[np.bool_]:
    """Which rows the filter lets through."""
    mask = np.ones(len(batch), dtype=np.bool_)
    if wanted.meter_contains or wanted.register_id:
        part = wanted.meter_contains.casefold()
        named = [
            part in key.meter_id.casefold() and wanted.register_id in ("", key.register_id)
            for key in batch.series
        ]
        mask &= _table(named)[batch.series_code]
    if wanted.source_starts:
        starts = [source.startswith(wanted.source_starts) for source in batch.sources]
        mask &= _table(starts)[batch.source_code]
    if wanted.type is not None:
        mask &= _table([name == wanted.type for name in batch.types])[batch.type_code]
    if wanted.flag is not None:
        mask &= batch.flag == wanted.flag
    if wanted.kind is not None:
        mask &= batch.kind == wanted.kind
    if wanted.start is not None:
        mask &= batch.read_at >= wanted.start
    if wanted.end is not None:
        mask &= batch.read_at < wanted.end
    return mask


def _table(values: list[bool]) -> npt.NDArray[np.bool_]:
    return np.array(values or [False], dtype=np.bool_)


def is_unfiltered(wanted: RowFilter) -> bool:
    """Whether the filter is about the period alone."""
    plain = RowFilter(
        start=wanted.start,
        end=wanted.end,
        sort_by=wanted.sort_by,
        descending=wanted.descending,
        offset=wanted.offset,
        limit=wanted.limit,
    )
    return wanted == plain


def is_of_the_index(wanted: RowFilter) -> bool:
    """Whether the filter asks for nothing that only the day files know."""
    others = (wanted.type, wanted.flag, wanted.kind)
    return not wanted.source_starts and all(other is None for other in others)


def order_of(batch: ReadingBatch, wanted: RowFilter) -> Ints:
    """Row positions in the order wanted; equals by meter, register, time, kind and revision."""
    series = _ranks(batch.series)[batch.series_code]
    key = (batch.revision, batch.kind, batch.read_at, series)
    columns: dict[str, tuple[npt.NDArray[np.integer], ...]] = {
        "read_at": (batch.revision, batch.kind, series, batch.read_at),
        "meter_id": key,
        "value_wh": (*key, batch.value_wh),
        "source": (*key, _ranks(batch.sources)[batch.source_code]),
    }
    order = np.lexsort(columns[wanted.sort_by])
    return order[::-1] if wanted.descending else order


def _ranks(words: Sequence[str] | Sequence[SeriesKey]) -> Ints:
    """Place of each word in alphabetical order."""
    ranks = np.zeros(max(1, len(words)), dtype=np.int64)
    ranks[sorted(range(len(words)), key=lambda n: words[n])] = np.arange(len(words))
    return ranks
