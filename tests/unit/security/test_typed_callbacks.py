"""A callback is never called with a value of another type than it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from typing_extensions import TypedDict

from data_layer.errors import BadInput
from security.typed_callbacks import with_checked_arguments


class Row(TypedDict):
    meter_id: str


@with_checked_arguments
def told(
    words: Mapping[str, str | Sequence[str]] | None,
    clicks: int | None = None,
    chosen: list[Row] | None = None,
) -> Any:
    return words, clicks, chosen


@pytest.mark.parametrize(
    "words", [None, {}, {"area": "Bedok"}, {"area": ["Bedok", "Bishan"]}, {"area": []}]
)
def test_what_a_page_sends_arrives_as_it_is(words: Any) -> None:
    assert told(words, 1, [{"meter_id": "531"}]) == (words, 1, [{"meter_id": "531"}])


@pytest.mark.parametrize(
    "words", [1, "text", [], [["area", "Bedok"]], {"area": 1}, {"area": None}, {"area": [["x"]]}]
)
def test_words_of_another_type_are_refused(words: Any) -> None:
    with pytest.raises(BadInput, match="a value is not of its type"):
        told(words)


@pytest.mark.parametrize("clicks", ["1", 1.5, True, [], {}])
def test_nothing_is_converted(clicks: Any) -> None:
    with pytest.raises(BadInput):
        told(None, clicks)


@pytest.mark.parametrize("chosen", [{}, [None], [{}], [{"meter_id": 1}], [{"meter_id": ["531"]}]])
def test_rows_are_looked_into(chosen: Any) -> None:
    with pytest.raises(BadInput):
        told(None, 1, chosen)


def test_the_sentence_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(BadInput) as refused:
        told(None, "<script>")  # type: ignore[arg-type]
    assert "script" not in refused.value.sentence
