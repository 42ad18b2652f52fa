"""Parts and what is in none of them add up to the whole, and an unfinished bucket is found."""

from __future__ import annotations

import numpy as np
import pytest

from api.group_view import GroupView, read_view
from callbacks.group_answers import NOT_SPLIT, _left_over, _not_split, _unfinished
from tests.unit.readings.test_group_queries import ADMIN, DAY, ROOM, START, ZONE, ask


def view(**words: list[str]) -> GroupView:
    return read_view(words, ZONE, now=START + DAY)


def test_small_groups_are_one_more_part_of_the_stack() -> None:
    parts, whole = ask(ROOM, split_by="dwelling_type"), ask(ROOM)
    (rest,) = _not_split(parts, lambda: whole, view())

    assert rest.label == NOT_SPLIT
    shown = parts.buckets.consumption_wh.sum() / 1000
    assert rest.values[0] == pytest.approx(whole.buckets.consumption_wh.sum() / 1000 - shown)
    assert rest.values[0] == _left_over(parts, lambda: whole)
    assert rest.values[0] > 0


def test_nothing_is_left_over_where_nothing_is_withheld() -> None:
    def never() -> None:
        raise AssertionError("the whole was asked for in vain")

    parts = ask(ROOM, ADMIN, split_by="dwelling_type")
    assert _not_split(parts, never, view()) == ()  # type: ignore[arg-type]
    assert _left_over(parts, never) == 0  # type: ignore[arg-type]


def test_averages_have_no_rest_beside_them() -> None:
    parts = ask(ROOM, split_by="dwelling_type")

    assert _not_split(parts, lambda: ask(ROOM), view(per=["household"])) == ()


@pytest.mark.parametrize(
    ("until", "place"), [(None, None), (100, None), (150, 1), (200, None), (299, 2)]
)
def test_a_bucket_is_unfinished_when_data_end_inside_it(
    until: int | None, place: int | None
) -> None:
    assert _unfinished(np.array([0, 100, 200, 300]), until) == place
