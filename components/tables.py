"""Tables: AG Grid in our clothes for what is long, a plain HTML table for what is short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from components.attributes import aria

BLOCK = 100
"""Rows a grid asks for at a time."""


def spoken(figure: str, word: str, *, first: bool = False) -> html.Span:
    """A figure with a word that stands for its column's heading where rows are paragraphs, on a
    phone in a `wordy-table`; `first` puts the word before it."""
    before, after = (f"{word} ", "") if first else ("", f" {word}")
    said = html.Span(before or after, className="heading-word")
    return html.Span([said, figure] if first else [figure, said])


def column(field: str, title: str, **more: Any) -> dict[str, Any]:
    """A text column."""
    return {"field": field, "headerName": title, "tooltipField": field, **more}


def number_column(field: str, title: str, *, decimals: int = 3, **more: Any) -> dict[str, Any]:
    """A right-aligned column of numbers in the locale's format."""
    return {
        "field": field,
        "headerName": title,
        "type": "rightAligned",
        "cellClass": "number ag-right-aligned-cell",
        "valueFormatter": {
            "function": f"params.value == null ? '—' : d3.format(',.{decimals}f')(params.value)"
        },
        **more,
    }


def sorted_by(columns: Sequence[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """The columns with the arrow on the one that the word names: `kwh` upwards, `-kwh` down."""
    order = "desc" if sort.startswith("-") else "asc"
    return [
        {**each, "sort": order if each["field"] == sort.removeprefix("-") else None}
        for each in columns
    ]


def grid(
    grid_id: Any,
    columns: Sequence[dict[str, Any]],
    *,
    label: str,
    rows: Sequence[dict[str, Any]] | None = None,
    endless: bool = False,
    height: int = 520,
    row_id: str = "",
    options: dict[str, Any] | None = None,
    **more: Any,
) -> html.Div:
    """A grid that sorts and filters; with `endless` its rows come in blocks from a callback
    (`getRowsRequest` in, `getRowsResponse` out). `row_id` is such as "params.data.meter_id"."""
    settings: dict[str, Any] = {
        "animateRows": False,
        "suppressCellFocus": False,
        "ensureDomOrder": True,
        "tooltipShowDelay": 400,
        "rowHeight": 40,
        "headerHeight": 42,
        **(options or {}),
    }
    if endless:
        settings |= {"cacheBlockSize": BLOCK, "maxBlocksInCache": 20, "rowBuffer": 10}
        more["rowModelType"] = "infinite"
    if row_id:
        more["getRowId"] = row_id
    return html.Div(
        dag.AgGrid(
            id=grid_id,
            columnDefs=list(columns),
            rowData=list(rows) if rows is not None else None,
            defaultColDef={"sortable": True, "resizable": True, "minWidth": 96, "flex": 1},
            dashGridOptions=settings,
            className="meterbook-grid",
            style={"height": "100%"},
            **more,
        ),
        className="grid-box",
        style={"height": f"{height}px"},
        role="region",
        **aria(label=label),
    )


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[Component | str]],
    *,
    caption: str,
    numbers: Sequence[int] = (),
) -> html.Div:
    """A short table; `numbers` are the positions of the columns that hold numbers."""
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(
                    html.Tr(
                        [
                            html.Th(head, scope="col", className="number" if n in numbers else None)
                            for n, head in enumerate(heads)
                        ]
                    )
                ),
                html.Tbody(
                    [
                        html.Tr(
                            [
                                html.Td(cell, className="number" if n in numbers else None)
                                for n, cell in enumerate(row)
                            ]
                        )
                        for row in rows
                    ]
                ),
            ],
            className="table",
        ),
        className="table-box",
        tabIndex="0",
        role="region",
        **aria(label=caption),
    )
