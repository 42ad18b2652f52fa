"""Charts of groups of households: over time, areas ranked, dwelling types as shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components import figures
from components.figures import FigureDict

MOST_SERIES = len(figures.PALETTE)
"""More colors than this cannot be told apart; the smaller series become one."""
MOST_RANKED = 24
FEW, GAPLESS = 100, 1.0
"""Gaps between more bars than this would be fractions of a pixel."""
UNFINISHED = 0.45
"""Opacity of a bar whose data end inside it."""
_DAY = 86_400_000
DATE_TICKS = (
    {"dtickrange": [None, _DAY - 1], "value": "%H:%M\n%-d %b %Y"},
    {"dtickrange": [_DAY, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", "M12"], "value": "%b\n%Y"},
    {"dtickrange": ["M12", None], "value": "%Y"},
)
"""Day before month, as everywhere in words; what stands below is told once."""
REST_COLOR = figures.COMPARED
Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One group's kWh over the chart's buckets; None where nothing is known."""

    label: str
    values: Values
    estimated_percent: Values
    """Share of estimates in each value, for the hover text."""
    is_rest: bool = False
    """All the smaller groups together."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in which the largest value reads well."""

    name: str
    kwh: float

    def of(self, value: float | None) -> float | None:
        return None if value is None else value / self.kwh


def unit_for(largest_kwh: float) -> Unit:
    """kWh until a number has seven digits, then MWh, then GWh.

    >>> unit_for(2_500_000).name
    'MWh'
    """
    if largest_kwh >= 1_000_000_000:
        return Unit("GWh", 1_000_000)
    return Unit("MWh", 1000) if largest_kwh >= 1_000_000 else Unit("kWh", 1)


def over_time(
    starts: Sequence[str],
    lengths: Sequence[int],
    series: Sequence[Series],
    *,
    title: str,
    subtitle: str,
    per_household: bool,
    unfinished: int | None = None,
) -> FigureDict:
    """Totals as bars on top of each other; averages, which do not add up, as lines.

    `starts` are local ISO times, `lengths` the buckets' seconds. The `unfinished` bar is lighter.
    """
    shown = [(each, color) for each, color in zip(series, _colors(series), strict=True)]
    heights = [_height(series, at) for at in range(len(starts))]
    unit = unit_for(0 if per_household else max(heights, default=0))
    name = f"{unit.name} per household" if per_household else unit.name
    draw = _lines if per_household and len(series) > 1 else _bars
    traces = [draw(starts, lengths, each, color, unit, name) for each, color in shown]
    if unfinished is not None and draw is _bars:
        for trace in traces:
            trace["marker"]["opacity"] = [
                UNFINISHED if at == unfinished else 1 for at in range(len(starts))
            ]
    drawn = figures.layout(
        title,
        y_title=name,
        subtitle=subtitle,
        barmode="stack",
        showlegend=len(series) > 1,
        legend={"orientation": "h", "x": 0, "y": -0.14, "yanchor": "top"},
        bargap=0.1,
    )
    drawn["xaxis"] |= {"type": "date", "hoverformat": "%a %-d %b %Y, %H:%M"}
    drawn["xaxis"]["tickformatstops"] = list(DATE_TICKS)
    return {"data": traces, "layout": drawn}


def _colors(series: Sequence[Series]) -> list[str]:
    return [
        REST_COLOR if each.is_rest else figures.PALETTE[at % MOST_SERIES]
        for at, each in enumerate(series)
    ]


def _height(series: Sequence[Series], at: int) -> float:
    return sum(each.values[at] or 0 for each in series)


def _hover(unit_name: str) -> str:
    return "%{y:,.1f} " + unit_name + "%{customdata}"


def _estimates(series: Series) -> list[str]:
    return [f", {share:.0f} % estimated" if share else "" for share in series.estimated_percent]


def _bars(
    starts: Sequence[str],
    lengths: Sequence[int],
    series: Series,
    color: str,
    unit: Unit,
    name: str,
) -> FigureDict:
    return figures.bars(
        starts,
        [unit.of(value) for value in series.values],
        name=series.label,
        color=color,
        customdata=_estimates(series),
        hover=_hover(name),
        offset=0,
        width=[seconds * 1000 * (GAPLESS if len(starts) > FEW else 0.9) for seconds in lengths],
    )


def _lines(
    starts: Sequence[str],
    _lengths: Sequence[int],
    series: Series,
    color: str,
    unit: Unit,
    name: str,
) -> FigureDict:
    drawn = figures.line(
        starts,
        [unit.of(value) for value in series.values],
        name=series.label,
        color=color,
        hover=_hover(name),
    )
    return {**drawn, "customdata": _estimates(series)}


def ranked(
    rows: Sequence[tuple[str, float]],
    *,
    title: str,
    subtitle: str,
    unit_name: str,
    chosen: Sequence[str],
) -> FigureDict:
    """Horizontal bars of the largest; those not chosen are faded. A click chooses one."""
    shown = sorted(rows, key=lambda row: -row[1])[:MOST_RANKED]
    unit = unit_for(shown[0][1] if shown else 0)
    labels = [label for label, _ in shown]
    return figures.ranking(
        labels,
        [unit.of(value) for _, value in shown],
        title=title,
        x_title=unit_name.replace("kWh", unit.name, 1),
        selected=chosen,
        customdata=labels,
        subtitle=subtitle,
    )
