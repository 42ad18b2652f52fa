"""Blocks of rows for grids that hold more than a browser should: which ones, in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash.exceptions import PreventUpdate

MOST_ROWS = 1000
Response = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One block: rows [start, end) ordered by a column, "" for the usual order."""

    start: int
    end: int
    sort_by: str
    descending: bool


def wanted(request: Mapping[str, Any] | None) -> Wanted:
    """What the grid asks for; nothing is done when it has not asked yet."""
    if not request:
        raise PreventUpdate
    start = max(0, int(request.get("startRow") or 0))
    end = min(int(request.get("endRow") or 0), start + MOST_ROWS)
    order: Sequence[Mapping[str, Any]] = request.get("sortModel") or ()
    first = order[0] if order else {}
    return Wanted(start, end, str(first.get("colId", "")), first.get("sort") == "desc")


def response(rows: Sequence[Mapping[str, Any]], total: int) -> Response:
    """The block and how many rows there are in all."""
    return {"rowData": list(rows), "rowCount": total}
