"""The rows of a CSV file with a fixed set of columns, and what keeps them from being read."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from data_layer.tariffs.faults import Fault

Row = Mapping[str, str]
Rows = list[tuple[int, Row]]
"""Rows with their line numbers."""
UNREADABLE = (
    "the file cannot be read on as CSV: a quotation mark stands inside a cell or is not closed, "
    f"or a cell has more than {csv.field_size_limit():,} characters."
)


def read_rows(
    text: str, columns: Sequence[str], required: Sequence[str]
) -> tuple[Rows, list[Fault]]:
    """Rows with their line number; unknown and missing columns are errors, not guesses."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: Rows = []
    faults: list[Fault] = []
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        faults = _header_faults(header, columns, required)
        if faults:
            return [], faults
        reader.fieldnames = header
        for row in reader:
            if None in row or None in row.values():
                sentence = "the row has another number of cells than line 1."
                faults.append(Fault(sentence, line=reader.line_num))
            else:
                rows.append((reader.line_num, {name: value.strip() for name, value in row.items()}))
    except csv.Error:
        faults.append(Fault(UNREADABLE, line=reader.line_num))
    return rows, faults


def _header_faults(
    header: Sequence[str], columns: Sequence[str], required: Sequence[str]
) -> list[Fault]:
    unknown = [
        Fault(f"column {name[:40]!r} is unknown: use {', '.join(columns)}.", name[:40], 1)
        for name in header
        if name not in columns
    ]
    twice = [
        Fault(f"column {name} stands there twice.", name, 1)
        for name in dict.fromkeys(header)
        if header.count(name) > 1 and name in columns
    ]
    missing = [
        Fault(f"column {name} is missing.", name, 1) for name in required if name not in header
    ]
    return unknown + twice + missing
