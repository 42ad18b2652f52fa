"""Blocks of rows: bounded, and asked for before anything is done."""

from __future__ import annotations

import pytest
from dash.exceptions import PreventUpdate

from callbacks.endless_rows import MOST_ROWS, wanted


def test_nothing_is_done_before_the_grid_asks():
    with pytest.raises(PreventUpdate):
        wanted(None)


def test_a_block_carries_its_order():
    block = wanted(
        {"startRow": 100, "endRow": 200, "sortModel": [{"colId": "meter_id", "sort": "desc"}]}
    )

    assert (block.start, block.end, block.sort_by, block.descending) == (100, 200, "meter_id", True)


def test_a_block_is_never_larger_than_the_server_wants():
    block = wanted({"startRow": -5, "endRow": 10**9})

    assert (block.start, block.end) == (0, MOST_ROWS)
