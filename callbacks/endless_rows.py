"""Blocks of rows for grids that hold more than a browser should: which ones, in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from dash.exceptions import PreventUpdate
from pydantic import Field
from typing_extensions import TypedDict

MOST_ROWS = 1000
Response = dict[str, Any]
Position = Annotated[int, Field(ge=0, le=2**31)]


class SortedColumn(TypedDict):
    """One column the grid sorts by."""

    colId: str
    sort: str


class RowsRequest(TypedDict, total=False):
    """What the grid asks with, as far as it is heeded."""

    startRow: Position | None
    endRow: Position | None
    sortModel: list[SortedColumn] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One block: rows [start, end) ordered by a column, "" for the usual order."""

    start: int
    end: int
    sort_by: str
    descending: bool


def wanted(request: RowsRequest | None) -> Wanted:
    """What the grid asks for; nothing is done when it has not asked yet."""
    if not request:
        raise PreventUpdate
    start = max(0, request.get("startRow") or 0)
    end = min(request.get("endRow") or 0, start + MOST_ROWS)
    order = request.get("sortModel")
    if not order:
        return Wanted(start, end, "", descending=False)
    return Wanted(start, end, order[0]["colId"], order[0]["sort"] == "desc")


def response(rows: Sequence[Mapping[str, Any]], total: int) -> Response:
    """The block and how many rows there are in all."""
    return {"rowData": list(rows), "rowCount": total}
