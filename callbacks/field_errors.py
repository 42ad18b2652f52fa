"""Sentences about fields of a form, in the words that stand beside them on the page."""

from __future__ import annotations

from collections.abc import Mapping

from data_layer.errors import BadInput, MeterbookError


def in_words(error: MeterbookError, labels: Mapping[str, str]) -> str:
    """The error's sentence; a field's name at its beginning becomes the label people see.

    >>> in_words(BadInput("meter_id is missing.", field="meter_id"), {"meter_id": "Meter"})
    'Meter is missing.'
    """
    field = error.field or ""
    if field in labels and error.sentence.startswith(f"{field} "):
        return labels[field] + error.sentence.removeprefix(field)
    return error.sentence[:1].upper() + error.sentence[1:]


def missing(field: str) -> BadInput:
    """That nothing stands in a field."""
    return BadInput(f"{field} is missing.", field=field)
