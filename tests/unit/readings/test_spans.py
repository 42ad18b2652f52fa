"""Stretches of news: none is lost when they are split, widened or put together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_layer.readings.model import Reading, ReadingBatch
from data_layer.readings.order import EARLIEST
from data_layer.readings.spans import GAP_SECONDS, Spans
from data_layer.readings.tail import Run
from data_layer.readings.vocabulary import Vocabulary

stretches = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 10)), max_size=12
)


def spans_of(found: list[tuple[int, int, int]]) -> Spans:
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    first = EARLIEST + columns[:, 1]
    return Spans(columns[:, 0], first, first + columns[:, 2])


def covered(spans: Spans) -> set[tuple[int, int]]:
    return {
        (code, instant)
        for code, first, last in zip(
            spans.code.tolist(), spans.first.tolist(), spans.last.tolist(), strict=True
        )
        for instant in range(first, last + 1)
    }


@given(stretches, stretches)
def test_together_covers_what_both_cover_without_overlap(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]
) -> None:
    both = Spans.together([spans_of(one), spans_of(other)])
    assert covered(both) == covered(spans_of(one)) | covered(spans_of(other))
    assert sum((both.last - both.first + 1).tolist()) == len(covered(both))


@given(stretches)
def test_rounds_hold_every_span_once_and_no_series_twice(
    found: list[tuple[int, int, int]],
) -> None:
    spans = Spans.together([spans_of(found)])
    rounds = spans.rounds()
    assert sum(len(part) for part in rounds) == len(spans)
    for part in rounds:
        assert len(set(part.code.tolist())) == len(part)
    assert covered(spans) == set().union(*(covered(part) for part in rounds))


def test_readings_far_apart_are_looked_at_separately() -> None:
    times = [EARLIEST, EARLIEST + GAP_SECONDS, EARLIEST + 2 * GAP_SECONDS + 1]
    batch = ReadingBatch.from_readings([Reading("m", "S", time, 0) for time in times])
    spans = Spans.of(Run.of(batch, Vocabulary()))
    assert spans.first.tolist() == [times[0], times[2]]
    assert spans.last.tolist() == [times[1], times[2]]
