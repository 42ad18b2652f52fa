"""All stored readings that a filter matches, streamed as CSV: the columns of a day file, and state.

`state` is "replaced" for a row with a newer revision, "withdrawn" for one without a value, else
empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from api.csv_text import safe_cell
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.quantities import VOID_WH, format_kwh
from data_layer.readings import queries
from data_layer.readings.model import (
    FLAG_TEXT,
    KIND_TEXT,
    RowFilter,
    RowPage,
    Scope,
)
from data_layer.readings.room import ReadingRoom

HEADER = "meter_id,register_id,read_at,value_kwh,kind,type,flag,revision,source,state\n"
FIRST_ROWS, MORE_ROWS = 1000, 50_000
"""A small first page lets the download begin at once."""
SORTED_ROWS_AT_MOST = 1_000_000
"""Rows of an order other than by time, which are taken in one piece."""


def export(room: ReadingRoom, scope: Scope, wanted: RowFilter) -> Iterator[str]:
    """Header and every matching row, in the filter's order."""
    by_time = wanted.sort_by == "read_at"
    head, offset, total = HEADER, 0, 1
    while offset < total:
        limit = FIRST_ROWS if not offset else MORE_ROWS if by_time else SORTED_ROWS_AT_MOST
        page = queries.rows(room, scope, replace(wanted, offset=offset, limit=limit))
        total = page.total
        if not by_time and total > SORTED_ROWS_AT_MOST:
            raise BadInput(
                f"{total:,} readings are too many to export in this order: sort them by time or "
                f"narrow the filter (at most {SORTED_ROWS_AT_MOST:,}).",
                field="sort",
            )
        yield head + lines(page, room.zone)
        head = ""
        offset += len(page.batch) or total


def state_of(*, replaced: bool, withdrawn: bool) -> str:
    """What has become of a stored reading since; "" while it holds."""
    return "replaced" if replaced else "withdrawn" if withdrawn else ""


def lines(page: RowPage, zone: HomeZone) -> str:
    """Readings as CSV lines; each distinct text is made once."""
    batch = page.batch
    series = [f"{safe_cell(m)},{safe_cell(r)}" for m, r in batch.series]
    kinds = {int(kind): text for kind, text in KIND_TEXT.items()}
    flags = {int(flag): text for flag, text in FLAG_TEXT.items()}
    types = [safe_cell(name) for name in batch.types]
    sources = [safe_cell(name) for name in batch.sources]
    instants, instant_code = np.unique(batch.read_at, return_inverse=True)
    times = [zone.format(epoch) for epoch in instants.tolist()]
    columns = zip(
        batch.series_code.tolist(),
        instant_code.tolist(),
        batch.value_wh.tolist(),
        batch.kind.tolist(),
        batch.type_code.tolist(),
        batch.flag.tolist(),
        batch.revision.tolist(),
        batch.source_code.tolist(),
        strict=True,
    )
    return "".join(
        f"{series[key]},{times[at]},{'' if value == VOID_WH else format_kwh(value)},{kinds[kind]},"
        f"{types[type_]},{flags[flag]},{revision or ''},{sources[source]},"
        f"{state_of(replaced=place in page.replaced, withdrawn=value == VOID_WH)}\n"
        for place, (key, at, value, kind, type_, flag, revision, source) in enumerate(columns)
    )
