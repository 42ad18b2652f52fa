"""What a government page shows, as CSV: the same question, every row, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

from api.csv_text import csv_lines, provenance_lines
from api.group_view import GroupView
from api.not_yet import NotYet, not_yet
from data_layer.book import Book
from data_layer.clock import HomeZone, epoch_of
from data_layer.quantities import to_kwh
from data_layer.readings import group_queries
from data_layer.readings.group_queries import GroupTable
from data_layer.readings.model import Scope
from data_layer.readings.suppression import told


class Figures(NamedTuple):
    """One group in one bucket; energies None where nothing is known. Field names are headers.

    Households are the meters that were added up, those of closed accounts among them: what is
    divided and what it is divided by speak of the same households.
    """

    households: int
    kwh: Decimal | None
    kwh_per_household: Decimal | None
    estimated_percent: Decimal | None
    missing_half_hours: int


class GroupLine(NamedTuple):
    """One row of the grid of groups, over the whole range."""

    region: str
    area: str
    dwelling_type: str
    figures: Figures

    @property
    def cells(self) -> tuple[object, ...]:
        return (*self[:3], *self.figures)


GROUP_HEADER = (*GroupLine._fields[:3], *Figures._fields)
Rows = Iterator[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals with what of them is still to come today."""

    table: GroupTable
    to_come: NotYet
    now: int

    def figures(self, row: int, bucket: int) -> Figures:
        """Households and figures of one group in one bucket."""
        buckets, group = self.table.buckets, self.table.rows[row]
        start, end = buckets.edges[bucket : bucket + 2].tolist()
        missing = int(buckets.missing_half_hours[row, bucket])
        missing -= self.to_come.within(group, start, end)
        households = int(buckets.reporting[row, bucket])
        if not households:
            return Figures(0, None, None, None, missing)
        consumed = int(buckets.consumption_wh[row, bucket])
        estimated = int(buckets.estimated_wh[row, bucket])
        return Figures(
            households,
            to_kwh(consumed),
            _divided(to_kwh(consumed), households),
            _divided(Decimal(estimated) * 100, consumed, places="0.1"),
            missing,
        )


@dataclass(frozen=True, slots=True)
class Export:
    """One part of the page as a file. An empty split or resolution is the view's own."""

    header: tuple[str, ...]
    rows: Callable[[Totals, GroupView, HomeZone], Rows]
    split_by: str = ""
    resolution: str = "total"
    among_all: Literal["", "areas", "dwelling_types"] = ""
    """The choice that the part does not heed: it shows what one may choose among."""


def export(book: Book, scope: Scope, view: GroupView, what: str) -> Iterator[str]:
    """The lines of one part's file; `what` is a key of EXPORTS."""
    part = EXPORTS[what]
    shown = view.without(part.among_all) if part.among_all else view
    wanted = shown.query(
        book.zone,
        split_by=part.split_by or view.split_by,
        resolution=part.resolution or view.resolution,
    )
    table = group_queries.totals(book.readings, scope, wanted)
    facts = provenance(book, shown, table, scope.at_least)
    totals = Totals(table, not_yet(book, scope, shown, wanted.split_by), epoch_of(book.clock()))
    yield provenance_lines(facts)
    yield from csv_lines([part.header])
    yield from csv_lines(part.rows(totals, shown, book.zone))


def provenance(
    book: Book, view: GroupView, table: GroupTable, at_least: int
) -> list[tuple[str, str]]:
    """What a reader of the file has to know to trust it, fact by fact."""
    return [
        ("Meterbook", "electricity consumption of groups of households"),
        *((name, "; ".join(chosen) or "all") for name, chosen in view.filters),
        ("search", view.search or "none"),
        ("first day", view.first.isoformat()),
        ("last day", view.last.isoformat()),
        ("time zone", book.zone.name),
        ("generated at", book.zone.format(epoch_of(book.clock()))),
        ("withheld groups", str(table.withheld_groups)),
        ("withheld households", told(table.withheld_households, at_least)),
        ("withheld half hours", "some" if table.withheld_half_hours else "none"),
        *_reason(table, at_least),
        ("groups", "totals use today's attributes of each household"),
    ]


def _reason(table: GroupTable, at_least: int) -> Iterator[tuple[str, str]]:
    """Why something is withheld, when something is."""
    if table.withheld_groups or table.withheld_households:
        yield (
            "why groups are withheld",
            f"they have fewer than {at_least} households, or would give away a group that has",
        )
    if table.withheld_half_hours:
        yield (
            "why half hours are withheld",
            f"fewer than {at_least} households of a group reported in them",
        )


def _divided(part: Decimal, whole: int, *, places: str = "0.001") -> Decimal | None:
    return (part / whole).quantize(Decimal(places)) if whole > 0 else None


def _over_time(totals: Totals, _view: GroupView, zone: HomeZone) -> Rows:
    """Bucket by bucket, each group; buckets that have not begun are left out."""
    edges = totals.table.buckets.edges.tolist()
    for bucket, (start, end) in enumerate(pairwise(edges)):
        if start >= totals.now:
            return
        for row, group in enumerate(totals.table.rows):
            yield (zone.format(start), zone.format(end), group.label, *totals.figures(row, bucket))


def _ranked(totals: Totals, _view: GroupView, _zone: HomeZone) -> Rows:
    """The largest first, those without data last."""
    rows = [(group.label, totals.figures(row, 0)) for row, group in enumerate(totals.table.rows)]
    for label, shown in sorted(rows, key=lambda row: (row[1].kwh is None, -(row[1].kwh or 0))):
        yield (label, *shown)


def _groups(totals: Totals, view: GroupView, _zone: HomeZone) -> Rows:
    return (line.cells for line in group_lines(totals, view))


def group_lines(totals: Totals, view: GroupView) -> list[GroupLine]:
    """The grid's rows as the page shows them: those that hold the searched word, in its order."""
    lines = [
        GroupLine(group.region, group.area, group.dwelling_type, totals.figures(row, 0))
        for row, group in enumerate(totals.table.rows)
    ]
    word = view.search.casefold()
    found = [line for line in lines if word in "\n".join(line[:3]).casefold()]
    name = view.sort.removeprefix("-")
    return _ordered(found, name, descending=view.sort.startswith("-"))


def _ordered(lines: list[GroupLine], name: str, *, descending: bool) -> list[GroupLine]:
    """By one column; rows without a value come last either way."""
    if name in GroupLine._fields[:3]:
        return sorted(lines, key=lambda line: str(getattr(line, name)), reverse=descending)

    def value(line: GroupLine) -> Decimal | None:
        found: Decimal | None = getattr(line.figures, name if name in Figures._fields else "kwh")
        return found

    known = [line for line in lines if value(line) is not None]
    known.sort(key=lambda line: value(line) or Decimal(0), reverse=descending)
    return known + [line for line in lines if value(line) is None]


EXPORTS = {
    "over-time": Export(("start", "end", "group", *Figures._fields), _over_time, resolution=""),
    "areas": Export(("area", *Figures._fields), _ranked, split_by="area", among_all="areas"),
    "dwelling-types": Export(
        ("dwelling_type", *Figures._fields),
        _ranked,
        split_by="dwelling_type",
        among_all="dwelling_types",
    ),
    "groups": Export(GROUP_HEADER, _groups, split_by="cell"),
}
"""What may be exported, by its name in the address."""
