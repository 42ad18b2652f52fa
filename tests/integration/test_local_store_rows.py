"""The admin's grid over day files and tails: every filter and order, against a sorted list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data_layer.errors import BadInput
from data_layer.readings import day_rows
from data_layer.readings.model import Flag, Kind, Reading, RowFilter
from tests.integration.store_home import DAY, HALF_HOUR, START, StoreHome


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreHome]:
    """Readings of 3 meters over 4 days: in day files, in the tail, corrected and suspect."""
    opened = StoreHome(Path(tmp_path_factory.mktemp("rows")))
    for part in range(2):
        for meter in range(3):
            opened.submit(
                *(
                    Reading(
                        f"531-{meter}",
                        "S",
                        START + slot * HALF_HOUR,
                        slot * 7 + meter,
                        type="E" if slot % 5 == 0 else "",
                        source=f"file:{slot % 3}" if meter else "page:u1",
                    )
                    for slot in range(part * 3, 180, 6 + meter)
                )
            )
        opened.submit(Reading("abc", "DY", START, 5, kind=Kind.INITIAL))
        opened.submit(Reading("abc", "DY", START + DAY, 1, flag=Flag.SUSPECT))
        if part == 0:
            opened.store.seal()
    opened.revise(("531-0", "S", START, 0), None)
    opened.revise(("531-1", "S", START + 7 * HALF_HOUR, 0), 51)
    yield opened
    opened.close()


def in_key_order(row: Reading) -> tuple[object, ...]:
    return row.meter_id, row.register_id, row.read_at, row.kind, row.revision


def value_of(row: Reading) -> int:
    return -1 if row.value_wh is None else row.value_wh


ORDERS: dict[str, Callable[[Reading], tuple[object, ...]]] = {
    "read_at": lambda r: (r.read_at, r.meter_id, r.register_id, r.kind, r.revision),
    "meter_id": in_key_order,
    "value_wh": lambda r: (value_of(r), *in_key_order(r)),
    "source": lambda r: (r.source, *in_key_order(r)),
}
FILTERS: list[tuple[RowFilter, Callable[[Reading], bool]]] = [
    (RowFilter(), lambda _: True),
    (RowFilter(meter_contains="1-1"), lambda r: "1-1" in r.meter_id),
    (RowFilter(meter_contains="ABC"), lambda r: r.meter_id == "abc"),
    (RowFilter(register_id="DY"), lambda r: r.register_id == "DY"),
    (RowFilter(source_starts="file:"), lambda r: r.source.startswith("file:")),
    (RowFilter(type="E"), lambda r: r.type == "E"),
    (RowFilter(type=""), lambda r: r.type == ""),
    (RowFilter(flag=Flag.SUSPECT), lambda r: r.flag is Flag.SUSPECT),
    (RowFilter(kind=Kind.INITIAL), lambda r: r.kind is Kind.INITIAL),
    (RowFilter(start=START + DAY), lambda r: r.read_at >= START + DAY),
    (RowFilter(end=START + DAY), lambda r: r.read_at < START + DAY),
    (
        RowFilter(start=START + 5000, end=START + 2 * DAY + 5000, meter_contains="531"),
        lambda r: START + 5000 <= r.read_at < START + 2 * DAY + 5000 and "531" in r.meter_id,
    ),
]


@pytest.mark.parametrize("sort_by", ORDERS)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("wanted", "passes"), FILTERS, ids=range(len(FILTERS)))
def test_page_is_a_piece_of_the_sorted_list(
    home: StoreHome,
    wanted: RowFilter,
    passes: Callable[[Reading], bool],
    sort_by: str,
    descending: bool,
) -> None:
    rows = sorted(filter(passes, home.oracle.rows()), key=ORDERS[sort_by], reverse=descending)
    for offset, limit in ((0, 5), (3, 50), (0, 1000), (len(rows), 5)):
        asked = {"sort_by": sort_by, "descending": descending, "offset": offset, "limit": limit}
        page = home.store.rows(RowFilter(**{**vars_of(wanted), **asked}))
        assert page.total == len(rows)
        assert page.batch.rows() == rows[offset : offset + limit]
        assert page.replaced == {
            place for place, row in enumerate(page.batch.rows()) if is_replaced(home, row)
        }


def is_replaced(home: StoreHome, row: Reading) -> bool:
    """Whether the oracle holds a higher revision under the row's key."""
    return any(
        in_key_order(other)[:4] == in_key_order(row)[:4] and other.revision > row.revision
        for other in home.oracle.rows()
    )


def vars_of(wanted: RowFilter) -> dict[str, object]:
    return {name: getattr(wanted, name) for name in RowFilter.__dataclass_fields__}


def test_unknown_order_is_refused(home: StoreHome) -> None:
    with pytest.raises(BadInput, match="sort_by 'color' is unknown"):
        home.store.rows(RowFilter(sort_by="color"))


def test_too_many_rows_are_sorted_by_time_only(
    home: StoreHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_rows, "SORTED_ROWS_AT_MOST", 10)
    with pytest.raises(BadInput, match="too many to sort by value_wh"):
        home.store.rows(RowFilter(sort_by="value_wh"))
    assert home.store.rows(RowFilter()).total > 10
