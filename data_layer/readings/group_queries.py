"""What may be asked about groups of households: totals over regions, areas and dwelling types.

One call serves page, export and API, so small groups are withheld here once (`suppression.py`).
Who must not see small groups asks in whole local days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Forbidden
from data_layer.readings import suppression
from data_layer.readings.model import Action, Buckets, GroupPath, Ints, Scope
from data_layer.readings.room import ReadingRoom

MAXIMUM_VALUES = 4_000_000
"""Rows times buckets of one answer; a wider question is asked in parts or more coarsely."""
_VALUES_AT_ONCE = 1_000_000
TOTAL = "total"
"""The resolution of one bucket for the whole period."""


class SplitBy(StrEnum):
    """What makes a row of the answer."""

    NONE = "none"
    REGION = "region"
    AREA = "area"
    DWELLING_TYPE = "dwelling_type"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class GroupQuery:
    """Which places, over what period, in what buckets, by what. Empty means all."""

    start: int
    end: int
    resolution: str = "day"
    split_by: str = SplitBy.NONE
    regions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    dwelling_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of the answer. A word that the split does not name is empty."""

    label: str
    region: str
    area: str
    dwelling_type: str
    households: int
    """Active households of the places that were added up; those that report are in `buckets`."""
    withheld_households: int = 0
    """Households asked for but not added up, because their groups are too small."""


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Group totals: one row of `buckets` for each of `rows`."""

    rows: tuple[GroupRow, ...]
    buckets: Buckets
    withheld_households: int
    withheld_groups: int
    """Groups of which nothing may be shown; they are not among the rows."""
    withheld_half_hours: bool = False
    """Whether half hours are left out because too few households of a group reported in them."""


@dataclass(frozen=True, slots=True)
class _Group:
    row: GroupRow
    atoms: tuple[suppression.Atom, ...]


def totals(room: ReadingRoom, scope: Scope, query: GroupQuery) -> GroupTable:
    """Consumption of the groups asked for. Raises Forbidden and BadInput.

    A row adds up the whole atoms inside its group; `withheld_households` says what is left out.
    """
    _require_groups(scope)
    edges = _edges(room.zone, query, whole_days=scope.at_least > 0)
    asked = _asked_groups(room, scope, query)
    shown = [group for group in asked if group.atoms]
    if len(shown) * (len(edges) - 1) > MAXIMUM_VALUES:
        raise BadInput(
            f"{len(shown)} groups over {len(edges) - 1} buckets are more than "
            f"{MAXIMUM_VALUES:,} values: ask for a shorter period or a coarser resolution.",
            field="resolution",
        )
    added_up = [group.atoms for group in shown]
    buckets = _added_up(room, scope, added_up, edges)
    return GroupTable(
        rows=tuple(group.row for group in shown),
        buckets=buckets,
        withheld_households=sum(group.row.withheld_households for group in asked),
        withheld_groups=len(asked) - len(shown),
        withheld_half_hours=_is_masked(room, scope, added_up, buckets),
    )


def _require_groups(scope: Scope) -> None:
    if scope.action is not Action.READ_GROUPS:
        raise Forbidden(f"permission to {scope.action} does not show group totals.")


def _edges(zone: HomeZone, query: GroupQuery, *, whole_days: bool) -> Ints:
    """Bucket edges of the question; in whole local days for who must not see small groups."""
    if query.end <= query.start:
        raise BadInput("a period must end after it starts.", field="to")
    if whole_days:
        for field, moment in (("from", query.start), ("to", query.end)):
            if zone.day_start(zone.day_of(moment)) != moment:
                raise BadInput(
                    f"{field} {zone.format(moment)} is not local midnight: group totals are "
                    "given for whole days.",
                    field=field,
                )
    if query.resolution == TOTAL:
        return np.array([query.start, query.end], dtype=np.int64)
    return zone.boundaries(query.start, query.end, query.resolution)


def _asked_groups(room: ReadingRoom, scope: Scope, query: GroupQuery) -> list[_Group]:
    """The groups of the answer in alphabetical order, each with the atoms it may add up."""
    try:
        name = _NAMES[SplitBy(query.split_by)]
    except ValueError as error:
        raise BadInput(
            f"split_by {query.split_by[:40]!r} is unknown: use one of {', '.join(SplitBy)}.",
            field="split_by",
        ) from error
    # Where nobody lives any more the history still counts, together with others'.
    households = {**dict.fromkeys(room.store.reporting_meters(), 0), **room.households()}
    division = suppression.atoms(households, scope.at_least)
    members: dict[GroupPath, set[GroupPath]] = {}
    for path in households:
        if _matches(path, query):
            members.setdefault(name(path), set()).add(path)
    groups = []
    for named, paths in sorted(members.items()):
        counted = suppression.within(division, frozenset(paths))
        shown = sum(atom.households for atom in counted)
        row = GroupRow(
            label=_label(named, SplitBy(query.split_by)),
            region=named.region,
            area=named.area,
            dwelling_type=named.dwelling_type,
            households=shown,
            withheld_households=sum(households[path] for path in paths) - shown,
        )
        groups.append(_Group(row, counted))
    return groups


def _label(named: GroupPath, split_by: SplitBy) -> str:
    """What a chart calls the group."""
    words = {
        SplitBy.NONE: ("All",),
        SplitBy.REGION: (named.region,),
        SplitBy.AREA: (named.area,),
        SplitBy.DWELLING_TYPE: (named.dwelling_type,),
        SplitBy.CELL: (named.area, named.dwelling_type),
    }
    return ", ".join(word or "not stated" for word in words[split_by])


_NAMES: dict[SplitBy, Callable[[GroupPath], GroupPath]] = {
    SplitBy.NONE: lambda _: GroupPath("", "", ""),
    SplitBy.REGION: lambda path: GroupPath(path.region, "", ""),
    SplitBy.AREA: lambda path: GroupPath(path.region, path.area, ""),
    SplitBy.DWELLING_TYPE: lambda path: GroupPath("", "", path.dwelling_type),
    SplitBy.CELL: lambda path: path,
}


def _matches(path: GroupPath, query: GroupQuery) -> bool:
    return (
        (not query.regions or path.region in query.regions)
        and (not query.areas or path.area in query.areas)
        and (not query.dwelling_types or path.dwelling_type in query.dwelling_types)
    )


def _is_masked(
    room: ReadingRoom, scope: Scope, groups: Sequence[Sequence[suppression.Atom]], sums: Buckets
) -> bool:
    """Whether masking took anything away from the sums: then they are less than all there is."""
    if not scope.at_least or not groups:
        return False
    paths = [frozenset[GroupPath]().union(*(atom.paths for atom in atoms)) for atoms in groups]
    every = room.store.totals(paths, sums.edges[[0, -1]])
    reported = sums.reporting.any(axis=1) == every.reporting.any(axis=1)
    return not reported.all() or bool(every.consumption_wh.sum() != sums.consumption_wh.sum())


def _added_up(
    room: ReadingRoom, scope: Scope, groups: Sequence[Sequence[suppression.Atom]], edges: Ints
) -> Buckets:
    """Sum the totals of each group's atoms, asking for a bounded number of values at a time.

    Atoms are asked for one by one so that masking acts on each of them before they are summed;
    where nothing is to be masked a group is asked for at once.
    """
    shape = (len(groups), len(edges) - 1)
    sums = Buckets(edges, *(np.zeros(shape, dtype=np.int64) for _ in range(4)))
    if scope.at_least:
        wanted = [(row, atom.paths) for row, atoms in enumerate(groups) for atom in atoms]
    else:
        wanted = [
            (row, frozenset[GroupPath]().union(*(atom.paths for atom in atoms)))
            for row, atoms in enumerate(groups)
        ]
    step = max(1, _VALUES_AT_ONCE // shape[1])
    for first in range(0, len(wanted), step):
        part = wanted[first : first + step]
        found = room.store.totals([paths for _, paths in part], edges, at_least=scope.at_least)
        for place, (row, _) in enumerate(part):
            sums.consumption_wh[row] += found.consumption_wh[place]
            sums.estimated_wh[row] += found.estimated_wh[place]
            sums.missing_half_hours[row] += found.missing_half_hours[place]
            sums.reporting[row] += found.reporting[place]
    return sums
