"""The metering rules that need the stored readings, one example each, and against an oracle."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.readings.judging import judge
from data_layer.readings.model import Flag, Kind, Reading, ReadingBatch, Verdict
from data_layer.readings.order import EARLIEST, key_order

HOUR = 3600


def reading(hour: int, value: int | None, **more: object) -> Reading:
    meter = str(more.pop("meter", "m-1"))
    return Reading(meter, "S", EARLIEST + hour * HOUR, value, **more)  # type: ignore[arg-type]


def verdicts_of(new: list[Reading], stored: list[Reading] | None = None) -> list[Verdict]:
    batch = ReadingBatch.from_readings(new)
    around = ReadingBatch.from_readings(stored or [])
    around = around.take(key_order(around))
    found = judge(batch, np.zeros(len(batch), dtype=np.uint8), around)
    return [Verdict(v) for v in found.tolist()]


A, D, C = Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.CONFLICT
BELOW, ABOVE = Verdict.BELOW_PREVIOUS, Verdict.ABOVE_NEXT


def test_first_reading_of_a_series_is_accepted() -> None:
    assert verdicts_of([reading(1, 0)]) == [A]


def test_rising_and_equal_values_are_accepted() -> None:
    assert verdicts_of([reading(2, 10), reading(3, 10)], [reading(1, 10)]) == [A, A]


def test_value_below_the_previous_reading_is_refused() -> None:
    assert verdicts_of([reading(2, 9)], [reading(1, 10)]) == [BELOW]


def test_late_reading_above_the_next_is_refused() -> None:
    assert verdicts_of([reading(2, 21)], [reading(1, 10), reading(3, 20)]) == [ABOVE]


def test_late_reading_between_its_neighbors_is_accepted() -> None:
    assert verdicts_of([reading(2, 20)], [reading(1, 10), reading(3, 20)]) == [A]


def test_same_key_and_value_is_a_duplicate() -> None:
    assert verdicts_of([reading(1, 10)], [reading(1, 10)]) == [D]


def test_same_key_with_another_value_is_a_conflict() -> None:
    assert verdicts_of([reading(1, 11)], [reading(1, 10)]) == [C]


def test_repeats_inside_one_batch_are_judged_in_order_of_arrival() -> None:
    assert verdicts_of([reading(1, 5), reading(1, 5), reading(1, 6)]) == [A, D, C]


def test_initial_opens_a_segment_and_is_not_held_against_the_one_before() -> None:
    new = [reading(2, 0, kind=Kind.INITIAL), reading(3, 4)]
    assert verdicts_of(new, [reading(1, 900)]) == [A, A]


def test_read_and_initial_may_share_a_time() -> None:
    new = [reading(2, 3, kind=Kind.INITIAL), reading(2, 950)]
    assert verdicts_of(new, [reading(1, 900), reading(3, 5)]) == [A, A]


def test_exchange_before_stored_readings_comes_with_the_last_read_of_the_old_meter() -> None:
    exchange = [reading(2, 900), reading(2, 0, kind=Kind.INITIAL)]
    stored = [reading(1, 800), reading(3, 5)]
    assert verdicts_of(exchange, stored) == [A, A]
    assert verdicts_of([*exchange, reading(4, 1)], stored) == [A, A, BELOW]
    assert verdicts_of(exchange[:1], stored) == [ABOVE]


def test_initial_is_held_against_the_next_reading_of_its_segment() -> None:
    assert verdicts_of([reading(2, 6, kind=Kind.INITIAL)], [reading(3, 5)]) == [ABOVE]


def test_read_before_an_initial_is_not_held_against_it() -> None:
    stored = [reading(1, 900), reading(3, 0, kind=Kind.INITIAL)]
    assert verdicts_of([reading(2, 950)], stored) == [A]


def test_one_bad_series_leaves_the_others_alone() -> None:
    new = [reading(1, 10), reading(1, 10, meter="m-2"), reading(2, 9, meter="m-2"), reading(2, 11)]
    assert verdicts_of(new) == [A, A, BELOW, A]


def test_rows_refused_before_keep_their_verdict_and_are_no_neighbors() -> None:
    batch = ReadingBatch.from_readings([reading(1, 900), reading(2, 10)])
    before = np.array([Verdict.IN_THE_FUTURE, A], dtype=np.uint8)
    found = judge(batch, before, ReadingBatch.from_readings([]))
    assert found.tolist() == [Verdict.IN_THE_FUTURE, A]
    assert before.tolist() == [Verdict.IN_THE_FUTURE, A]


def test_suspect_reading_is_stored_and_is_nobodys_neighbor() -> None:
    suspect = reading(1, 900, flag=Flag.SUSPECT)
    assert verdicts_of([suspect, reading(2, 10)]) == [A, A]
    assert verdicts_of([reading(2, 10)], [suspect]) == [A]


def test_void_reading_is_nobodys_neighbor() -> None:
    stored = [reading(1, 900), reading(1, None, revision=1)]
    assert verdicts_of([reading(2, 10)], stored) == [A]


def test_repeat_of_a_voided_reading_writes_nothing() -> None:
    stored = [reading(1, 900), reading(1, None, revision=1)]
    assert verdicts_of([reading(1, 900)], stored) == [D]
    assert verdicts_of([reading(1, 901)], stored) == [C]


def test_repeat_of_a_corrected_reading_writes_nothing() -> None:
    stored = [reading(1, 900), reading(1, 800, revision=1)]
    assert verdicts_of([reading(1, 900)], stored) == [D]
    assert verdicts_of([reading(1, 800)], stored) == [D]


def test_correction_is_held_against_both_neighbors() -> None:
    stored = [reading(1, 10), reading(2, 20), reading(3, 30)]
    assert verdicts_of([reading(2, 30, revision=1)], stored) == [A]
    assert verdicts_of([reading(2, 31, revision=1)], stored) == [ABOVE]
    assert verdicts_of([reading(2, 9, revision=1)], stored) == [BELOW]


def test_second_correction_of_the_same_revision_is_a_conflict() -> None:
    stored = [reading(2, 20), reading(2, 21, revision=1)]
    assert verdicts_of([reading(2, 22, revision=1)], stored) == [C]
    assert verdicts_of([reading(2, 22, revision=3)], stored) == [C]
    assert verdicts_of([reading(2, 22, revision=2)], stored) == [A]


def test_an_initial_can_be_voided_only_where_its_neighbors_fit() -> None:
    stored = [reading(1, 900), reading(2, 0, kind=Kind.INITIAL), reading(3, 5)]
    void = reading(2, None, kind=Kind.INITIAL, revision=1)
    assert verdicts_of([void], stored) == [BELOW]
    assert verdicts_of([void], stored[:2]) == [A]


def test_accepting_a_suspect_reading_holds_it_against_its_neighbors() -> None:
    stored = [reading(1, 10), reading(2, 5, flag=Flag.SUSPECT), reading(3, 30)]
    assert verdicts_of([reading(2, 5, revision=1)], stored) == [BELOW]
    assert verdicts_of([reading(2, 15, revision=1)], stored) == [A]


class Oracle:
    """One series by the letter of the rules: every row, one after the other, nothing clever."""

    def __init__(self) -> None:
        self.stored: dict[tuple[int, int], int] = {}

    def judge(self, time: int, kind: int, value: int) -> Verdict:
        key = (time, kind)
        if key in self.stored:
            return D if self.stored[key] == value else C
        before = [k for k in sorted(self.stored) if k < key]
        after = [k for k in sorted(self.stored) if k > key]
        if before and kind == Kind.READ and self.stored[before[-1]] > value:
            return BELOW
        if after and after[0][1] == Kind.READ and self.stored[after[0]] < value:
            return ABOVE
        self.stored[key] = value
        return A


rows = st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(0, 1), st.integers(0, 8))


@settings(max_examples=300)
@given(stored=st.lists(rows, max_size=12), new=st.lists(rows, max_size=12))
def test_columns_agree_with_the_oracle(
    stored: list[tuple[int, int, int, int]], new: list[tuple[int, int, int, int]]
) -> None:
    oracles = {meter: Oracle() for meter in range(3)}
    kept = [r for r in stored if oracles[r[0]].judge(*r[1:]) is A]

    def as_readings(found: list[tuple[int, int, int, int]]) -> list[Reading]:
        return [reading(t, v, kind=Kind(k), meter=f"m-{m}") for m, t, k, v in found]

    expected: dict[int, Verdict] = {}
    order = sorted(range(len(new)), key=lambda n: (new[n][1], n))
    order.sort(key=lambda n: -new[n][1] if new[n][2] == Kind.INITIAL else 1)
    for place in order:
        expected[place] = oracles[new[place][0]].judge(*new[place][1:])
    assert verdicts_of(as_readings(new), as_readings(kept)) == [
        expected[n] for n in range(len(new))
    ]
