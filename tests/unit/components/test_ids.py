"""Ids are one of a kind over all pages."""

from __future__ import annotations

from enum import StrEnum

from components import ids

ENUMS = [
    kind for kind in vars(ids).values() if isinstance(kind, type) and issubclass(kind, StrEnum)
]


def test_no_id_stands_on_two_pages():
    values = [str(member) for kind in ENUMS if kind is not StrEnum for member in kind]

    assert len(values) == len(set(values))


def test_a_chart_and_its_source_share_their_name():
    assert ids.chart("usage")["name"] == ids.chart_source("usage")["name"]
    assert ids.chart("usage") != ids.chart_source("usage")
