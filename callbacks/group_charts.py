"""The three charts of an answer about groups, or why one of them is empty."""

from __future__ import annotations

from api.group_view import SPLITS, GroupView
from callbacks.group_answers import Answer
from components import figures, group_figures

WITHHELD = "Withheld (small groups)"
NOTHING_YET = "No readings lie in these days. Choose other days, or fewer filters."
NO_HOUSEHOLDS = "No household is left by these filters. Clear one of them."
NOBODY_YET = "No household is registered yet."
TOO_SMALL = "These groups are too small to be shown one by one. Choose wider ones."


def blank(answer: Answer) -> str:
    """Why nothing can be shown, "" when something can."""
    if answer.is_home_empty:
        return NOBODY_YET
    if not answer.is_anything_added_up:
        return _withheld(answer) if answer.withheld_groups else NO_HOUSEHOLDS
    if answer.data_until is None:
        return _masked(answer) if answer.withheld_half_hours else NOTHING_YET
    return ""


def _withheld(answer: Answer) -> str:
    return (
        f"Withheld: these groups have fewer than {answer.at_least} households, or would give "
        "away one that has."
    )


def _masked(answer: Answer) -> str:
    return f"Withheld: fewer than {answer.at_least} households reported in these days."


def over_time(asked: GroupView, answer: Answer, days: str, zone: str) -> figures.FigureDict:
    """Totals in buckets, split or not."""
    if why := blank(answer) or ("" if answer.series else TOO_SMALL):
        return figures.blank(why)
    split = "" if asked.split_by == "none" else f", {SPLITS[asked.split_by].lower()}"
    per = " per household" if asked.per_household else ""
    unfinished = "" if answer.unfinished is None else f"{figures.NEW_LINE}last value unfinished"
    return group_figures.over_time(
        answer.starts,
        answer.lengths,
        answer.series,
        title=f"Consumption{per} by {_one_of(asked.resolution)}{split}",
        subtitle=f"{days}, {zone}{unfinished}",
        unfinished=answer.unfinished,
        per_household=asked.per_household,
    )


def _one_of(resolution: str) -> str:
    return resolution.replace("_", " ")


def areas(asked: GroupView, answer: Answer, days: str) -> figures.FigureDict:
    """The areas one may choose among, the largest first."""
    if why := blank(answer) or ("" if answer.areas else TOO_SMALL):
        return figures.blank(why)
    shown = min(len(answer.areas), group_figures.MOST_RANKED)
    count = f"{shown} of {len(answer.areas)}" if shown < len(answer.areas) else "all"
    return group_figures.ranked(
        answer.areas,
        title="Areas" + (" per household" if asked.per_household else ""),
        subtitle=f"{days}, {count}{_beside(answer.kwh_in_no_area)}",
        unit_name="kWh per household" if asked.per_household else "kWh",
        chosen=asked.areas,
    )


def _beside(kwh: float) -> str:
    """What a ranking leaves out, after its days."""
    return f", without {kwh:,.1f} kWh of small groups" if kwh > 0 else ""


def dwelling_types(asked: GroupView, answer: Answer, days: str) -> figures.FigureDict:
    """The dwelling types one may choose among: parts of the sum, or averages side by side."""
    if why := blank(answer) or ("" if answer.dwelling_types else TOO_SMALL):
        return figures.blank(why)
    if asked.per_household:
        return group_figures.ranked(
            answer.dwelling_types,
            title="Dwelling types per household",
            subtitle=days + _beside(answer.kwh_in_no_dwelling_type),
            unit_name="kWh per household",
            chosen=asked.dwelling_types,
        )
    withheld = answer.kwh_in_no_dwelling_type
    return figures.shares(
        dict(answer.dwelling_types),
        rest=(WITHHELD, withheld) if withheld > 0 else None,
        title="Share by dwelling type",
        unit="kWh",
        subtitle=days,
    )
