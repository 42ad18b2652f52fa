"""Rows of settled days come from the index, page for page as the whole day file has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_layer.readings.model import Kind, Reading, RowFilter
from data_layer.readings.parsed_days import ParsedDays
from tests.integration.store_home import DAY, HALF_HOUR, START, StoreHome
from tests.integration.test_local_store_rows import ORDERS

METERS = 7


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StoreHome]:
    """Three days of meters with gaps, reads off the grid and an exchange; all sealed."""
    opened = StoreHome(tmp_path)
    for meter in range(METERS):
        opened.submit(
            *(
                Reading(
                    f"531-{meter}",
                    "S",
                    START + slot * HALF_HOUR + (420 if slot % 31 == 0 else 0),
                    slot * (7 + meter),
                    type="E" if slot % 5 == 0 else "",
                    source=f"file:{slot % 3}",
                )
                for slot in range(3 * 48)
                if slot % 11
            )
        )
    exchange = START + DAY + 11 * HALF_HOUR
    opened.submit(Reading("531-3", "S", exchange, 5, kind=Kind.INITIAL, source="page:u1"))
    opened.store.seal()
    yield opened
    opened.close()


FILTERS = [
    RowFilter(),
    RowFilter(meter_contains="1-3"),
    RowFilter(meter_contains="531"),
    RowFilter(meter_contains="1\n5"),
    RowFilter(register_id="S", start=START + DAY + 3 * HALF_HOUR, end=START + DAY + DAY // 2),
    RowFilter(start=START + DAY, end=START + 2 * DAY),
]


def passes(wanted: RowFilter, row: Reading) -> bool:
    return (
        wanted.meter_contains in row.meter_id
        and (wanted.start is None or row.read_at >= wanted.start)
        and (wanted.end is None or row.read_at < wanted.end)
    )


def check(home: StoreHome, wanted: RowFilter, sort_by: str, *, descending: bool) -> None:
    rows = [row for row in home.oracle.rows() if passes(wanted, row)]
    rows = sorted(rows, key=ORDERS[sort_by], reverse=descending)
    for offset, limit in ((0, 5), (3, 60), (0, 500), (90, 400)):
        asked = replace(wanted, sort_by=sort_by, descending=descending, offset=offset, limit=limit)
        page = home.store.rows(asked)
        assert page.total == len(rows)
        assert page.batch.rows() == rows[offset : offset + limit]
        assert not page.replaced


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort_by", ["read_at", "meter_id", "value_wh"])
@pytest.mark.parametrize("wanted", FILTERS, ids=range(len(FILTERS)))
def test_settled_days_are_paged_without_reading_them(
    home: StoreHome,
    monkeypatch: pytest.MonkeyPatch,
    wanted: RowFilter,
    sort_by: str,
    descending: bool,
) -> None:
    monkeypatch.setattr(ParsedDays, "read", refused)
    check(home, wanted, sort_by, descending=descending)


def refused(*_: Any) -> None:
    raise AssertionError("a whole day was read")


def test_what_comes_later_is_in_pages_asked_before(home: StoreHome) -> None:
    wanted = RowFilter(start=START, end=START + DAY)
    before = home.store.rows(wanted)
    assert home.store.rows(wanted) is before
    home.submit(Reading("531-1", "S", START + 11 * HALF_HOUR, 11 * 8, source="page:u1"))
    assert home.store.rows(wanted).total == before.total + 1
    check(home, RowFilter(), "value_wh", descending=True)
    home.store.seal()
    check(home, RowFilter(), "value_wh", descending=True)


def test_a_day_with_a_correction_is_read_as_a_whole(home: StoreHome) -> None:
    home.revise(("531-1", "S", START + HALF_HOUR, 0), 9)
    home.store.seal()
    page = home.store.rows(RowFilter(start=START, end=START + DAY, limit=10_000))
    every = sorted(home.oracle.rows(), key=ORDERS["read_at"], reverse=True)
    assert page.batch.rows() == [row for row in every if row.read_at < START + DAY]
    assert len(page.replaced) == 1


def test_a_day_file_that_differs_from_the_index_is_read_as_it_is(home: StoreHome) -> None:
    """Somebody edited it by hand: it is the record, whatever was derived from it."""
    path = sorted(home.home.daily.glob("*.csv"))[1]
    path.write_bytes(path.read_bytes().replace(b"file:1", b"file:9"))
    page = home.store.rows(RowFilter(start=START + DAY, end=START + 2 * DAY, limit=500))
    assert {row.source for row in page.batch.rows()} == {"file:0", "file:2", "file:9", "page:u1"}
