"""Asks the book what a view of groups shows and lays the answers out in plain columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from api import group_exports
from api.group_exports import GROUP_HEADER, group_lines
from api.group_view import GroupView
from api.not_yet import not_yet
from components.group_figures import MOST_SERIES, Series
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings import group_queries
from data_layer.readings.group_queries import GroupTable
from data_layer.readings.model import Buckets, Ints, Scope

NOT_SPLIT = "Not split (small groups)"
Columns = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything a view shows: charts, sums and the grid."""

    starts: tuple[str, ...]
    """Local ISO times at which the buckets of the chart over time begin."""
    lengths: tuple[int, ...]
    series: tuple[Series, ...]
    areas: tuple[tuple[str, float], ...]
    """kWh, or kWh per household, of every area that the other filters leave."""
    dwelling_types: tuple[tuple[str, float], ...]
    kwh_in_no_area: float
    """kWh of the same households that no area shown by itself holds, its parts being too small."""
    kwh_in_no_dwelling_type: float
    groups: tuple[dict[str, object], ...]
    is_anything_added_up: bool
    """Whether any group of the question is large enough to be added up."""
    households: int
    """Households that report in the range, those of closed accounts among them."""
    consumption_wh: int
    estimated_wh: int
    missing_half_hours: int
    data_until: int | None
    """The end of the last half hour of the range with any reading, None without data."""
    withheld_groups: int
    withheld_households: int
    withheld_half_hours: bool
    """Whether half hours are left out because too few households of a group reported in them."""
    withheld_in_split: int
    """Households that the chart over time leaves out, because its parts are smaller."""
    unfinished: int | None
    """The place of the bucket inside which the data end."""
    at_least: int
    is_home_empty: bool
    """Whether no household is registered and none ever reported."""


def answer(book: Book, scope: Scope, view: GroupView) -> Answer:
    """Ask the room four times: over time, by area, by dwelling type, by group."""

    def ask(view: GroupView, split_by: str, resolution: str = "total") -> GroupTable:
        wanted = view.query(book.zone, split_by=split_by, resolution=resolution)
        return group_queries.totals(book.readings, scope, wanted)

    over_time = ask(view, view.split_by, view.resolution)
    total = ask(view, "none")
    groups = ask(view, "cell")
    now = epoch_of(book.clock())
    whole, cells = (
        group_exports.Totals(table, not_yet(book, scope, view, split_by), now)
        for table, split_by in ((total, "none"), (groups, "cell"))
    )
    edges = over_time.buckets.edges
    areas = ask(view.without("areas"), "area")
    types = ask(view.without("dwelling_types"), "dwelling_type")
    data_until = _data_until(book, scope, view, over_time.buckets.reporting, edges)
    return Answer(
        starts=tuple(_local(book, epoch) for epoch in edges[:-1].tolist()),
        lengths=tuple(np.diff(edges).tolist()),
        series=(
            *_series(over_time, view),
            *_not_split(over_time, lambda: ask(view, "none", view.resolution), view),
        ),
        areas=_by_label(areas, view),
        dwelling_types=_by_label(types, view),
        kwh_in_no_area=_left_over(areas, lambda: ask(view.without("areas"), "none")),
        kwh_in_no_dwelling_type=_left_over(
            types, lambda: ask(view.without("dwelling_types"), "none")
        ),
        groups=_grid(view, cells),
        is_anything_added_up=bool(total.rows),
        households=int(total.buckets.reporting.sum()),
        consumption_wh=int(total.buckets.consumption_wh.sum()),
        estimated_wh=int(total.buckets.estimated_wh.sum()),
        missing_half_hours=sum(
            whole.figures(row, 0).missing_half_hours for row in range(len(total.rows))
        ),
        data_until=data_until,
        unfinished=_unfinished(edges, data_until),
        withheld_groups=groups.withheld_groups,
        withheld_households=total.withheld_households,
        withheld_half_hours=total.withheld_half_hours,
        withheld_in_split=over_time.withheld_households,
        at_least=scope.at_least,
        is_home_empty=not (book.readings.households() or book.readings.store.reporting_meters()),
    )


def _unfinished(edges: Ints, data_until: int | None) -> int | None:
    """The bucket that would look like a fall of consumption, because its data end inside it."""
    if data_until is None:
        return None
    bucket = int(np.searchsorted(edges, data_until, side="left")) - 1
    return None if data_until == edges[bucket + 1] else bucket


def _local(book: Book, epoch: int) -> str:
    return book.zone.local(epoch).strftime("%Y-%m-%dT%H:%M")


def _series(table: GroupTable, view: GroupView) -> tuple[Series, ...]:
    """The largest groups one by one, the smaller ones added up into one more."""
    buckets = table.buckets
    by_size = np.argsort(-buckets.consumption_wh.sum(axis=1), kind="stable").tolist()
    alone = by_size if len(by_size) <= MOST_SERIES else by_size[: MOST_SERIES - 1]
    together = by_size[len(alone) :]
    series = [_one_series(table, [row], view) for row in alone]
    if together:
        rest = _one_series(table, together, view)
        series.append(replace(rest, label=f"{len(together)} smaller groups", is_rest=True))
    return tuple(series)


def _one_series(table: GroupTable, rows: list[int], view: GroupView) -> Series:
    buckets = table.buckets
    consumed = buckets.consumption_wh[rows].sum(axis=0)
    estimated = buckets.estimated_wh[rows].sum(axis=0)
    reporting = buckets.reporting[rows].sum(axis=0)
    households = np.maximum(reporting, 1) if view.per_household else 1
    return Series(
        label=table.rows[rows[0]].label,
        values=_where(reporting > 0, consumed / (1000.0 * households)),
        estimated_percent=_where(consumed > 0, 100.0 * estimated / np.maximum(consumed, 1)),
    )


def _not_split(
    parts: GroupTable, whole: Callable[[], GroupTable], view: GroupView
) -> tuple[Series, ...]:
    """What the whole has beyond its parts: whole atoms of small groups, so it is safe to tell.

    Averages of a rest beside averages of groups would say nothing; they are left out.
    """
    if (not parts.withheld_households and not parts.withheld_groups) or view.per_household:
        return ()
    every = whole().buckets

    def rest(of: Callable[[Buckets], Ints]) -> Ints:
        beyond: Ints = of(every).sum(axis=0) - of(parts.buckets).sum(axis=0)
        return beyond

    consumed = rest(lambda buckets: buckets.consumption_wh)
    if not consumed.any():
        return ()
    reporting = rest(lambda buckets: buckets.reporting)
    estimated = rest(lambda buckets: buckets.estimated_wh)
    rest_of_all = Series(
        label=NOT_SPLIT,
        values=_where(reporting > 0, consumed / 1000.0),
        estimated_percent=_where(consumed > 0, 100.0 * estimated / np.maximum(consumed, 1)),
        is_rest=True,
    )
    return (rest_of_all,)


def _left_over(parts: GroupTable, whole: Callable[[], GroupTable]) -> float:
    """kWh that the whole has beyond its parts."""
    if not parts.withheld_households and not parts.withheld_groups:
        return 0.0
    return int(whole().buckets.consumption_wh.sum() - parts.buckets.consumption_wh.sum()) / 1000


def _where(mask: npt.NDArray[np.bool_], values: Columns) -> tuple[float | None, ...]:
    return tuple(
        value if given else None
        for given, value in zip(mask.tolist(), values.tolist(), strict=True)
    )


def _by_label(table: GroupTable, view: GroupView) -> tuple[tuple[str, float], ...]:
    return tuple(
        (group.label, wh / 1000.0 / (households if view.per_household else 1))
        for group, wh, households in zip(
            table.rows,
            table.buckets.consumption_wh.sum(axis=1).tolist(),
            table.buckets.reporting.sum(axis=1).tolist(),
            strict=True,
        )
        if wh > 0 and households > 0
    )


def _grid(view: GroupView, answer: group_exports.Totals) -> tuple[dict[str, object], ...]:
    return tuple(
        dict(zip(GROUP_HEADER, map(_plain, line.cells), strict=True))
        for line in group_lines(answer, view)
    )


def _plain(value: object) -> object:
    """A number as JSON knows it."""
    return float(value) if isinstance(value, Decimal) else value


def _data_until(
    book: Book, scope: Scope, view: GroupView, reporting: Ints, edges: Ints
) -> int | None:
    """Looks closer, half hour by half hour, into the days of the last bucket that has data."""
    filled = np.flatnonzero(reporting.sum(axis=0))
    if not len(filled):
        return None
    last = int(filled[-1])
    whole = view.query(book.zone, split_by="none", resolution="half_hour")
    first_day, last_day = (book.zone.day_of(int(edges[last + side]) - side) for side in (0, 1))
    closer = replace(
        whole,
        start=book.zone.day_start(first_day),
        end=book.zone.day_start(last_day + timedelta(days=1)),
    )
    buckets = group_queries.totals(book.readings, scope, closer).buckets
    halves = np.flatnonzero(buckets.reporting.sum(axis=0))
    return int(buckets.edges[halves[-1] + 1]) if len(halves) else None
