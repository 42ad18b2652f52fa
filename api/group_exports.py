"""What a government page shows, as CSV: the same question, every row, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from api.csv_text import csv_lines, provenance_lines
from api.group_view import GroupView
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.quantities import to_kwh
from data_layer.readings import group_queries
from data_layer.readings.group_queries import GroupTable
from data_layer.readings.model import Scope

Row = tuple[object, ...]
FIGURES = (
    "households",
    "kwh",
    "kwh_per_household",
    "estimated_percent",
    "missing_half_hours",
)


def export(book: Book, scope: Scope, view: GroupView, what: str) -> Iterator[str]:
    """The lines of one view's file. `what` is one of VIEWS."""
    split_by, resolution, header, rows_of = VIEWS[what]
    if what == "areas":
        view = view.without("areas")
    if what == "dwelling-types":
        view = view.without("dwelling_types")
    wanted = view.query(
        book.zone,
        split_by=split_by or view.split_by,
        resolution=resolution or view.resolution,
    )
    table = group_queries.totals(book.readings, scope, wanted)
    yield provenance_lines(provenance(book, view, table))
    yield from csv_lines((header, *rows_of(book, view, table)))


def provenance(book: Book, view: GroupView, table: GroupTable) -> list[tuple[str, str]]:
    """What a reader of the file has to know to trust it, fact by fact."""
    now = book.zone.format(epoch_of(book.clock()))
    return [
        ("Meterbook", "electricity consumption of groups of households"),
        *((name, "; ".join(chosen) or "all") for name, chosen in view.filters),
        ("search", view.search or "none"),
        ("first day", view.first.isoformat()),
        ("last day", view.last.isoformat()),
        ("time zone", book.zone.name),
        ("generated at", now),
        ("withheld small groups", str(table.withheld_groups)),
        ("withheld households", str(table.withheld_households)),
        ("groups", "totals use today's attributes of each household"),
    ]


def figures(table: GroupTable, row: int, bucket: int) -> Row:
    """Households and figures of one group in one bucket; empty where nothing is known."""
    buckets, households = table.buckets, table.rows[row].households
    missing = int(buckets.missing_half_hours[row, bucket])
    if not buckets.reporting[row, bucket]:
        return (households, None, None, None, missing)
    consumed = int(buckets.consumption_wh[row, bucket])
    estimated = int(buckets.estimated_wh[row, bucket])
    return (
        households,
        to_kwh(consumed),
        _divided(to_kwh(consumed), households),
        _divided(Decimal(estimated) * 100, consumed, places="0.1"),
        missing,
    )


def _divided(part: Decimal, whole: int, *, places: str = "0.001") -> Decimal | None:
    return (part / whole).quantize(Decimal(places)) if whole > 0 else None


def _over_time(book: Book, _view: GroupView, table: GroupTable) -> Iterator[Row]:
    edges = table.buckets.edges
    for bucket in range(len(edges) - 1):
        start, end = (book.zone.format(int(edges[bucket + side])) for side in (0, 1))
        for row, group in enumerate(table.rows):
            yield (start, end, group.label, *figures(table, row, bucket))


def _ranked(_book: Book, _view: GroupView, table: GroupTable) -> Iterator[Row]:
    rows = [(group.label, *figures(table, row, 0)) for row, group in enumerate(table.rows)]
    yield from sorted(rows, key=lambda row: (row[2] is None, -(row[2] or 0)))


def _groups(_book: Book, view: GroupView, table: GroupTable) -> Iterator[Row]:
    yield from shown_groups(view, group_rows(table))


def group_rows(table: GroupTable) -> list[Row]:
    """The grid's rows: region, area, dwelling type, then FIGURES, over the whole range."""
    return [
        (group.region, group.area, group.dwelling_type, *figures(table, row, 0))
        for row, group in enumerate(table.rows)
    ]


GROUP_HEADER = ("region", "area", "dwelling_type", *FIGURES)


def shown_groups(view: GroupView, rows: list[Row]) -> list[Row]:
    """The grid's rows as the page shows them: those that hold the searched word, in its order."""
    word = view.search.casefold()
    found = [row for row in rows if any(word in str(text).casefold() for text in row[:3])]
    name = view.sort.removeprefix("-")
    at = GROUP_HEADER.index(name) if name in GROUP_HEADER else GROUP_HEADER.index("kwh")
    present = [row for row in found if row[at] is not None]
    absent = [row for row in found if row[at] is None]
    ordered = sorted(present, key=lambda row: row[at], reverse=view.sort.startswith("-"))  # type: ignore[arg-type,return-value]
    return ordered + absent


VIEWS: dict[
    str,
    tuple[str, str, tuple[str, ...], Callable[[Book, GroupView, GroupTable], Iterator[Row]]],
] = {
    "over-time": ("", "", ("start", "end", "group", *FIGURES), _over_time),
    "areas": ("area", "total", ("area", *FIGURES), _ranked),
    "dwelling-types": ("dwelling_type", "total", ("dwelling_type", *FIGURES), _ranked),
    "groups": ("cell", "total", GROUP_HEADER, _groups),
}
"""What may be exported: split and resolution ("" the view's own), header, and its rows."""
