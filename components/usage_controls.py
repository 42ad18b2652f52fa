"""The usage page's controls: presets, neighbors, the way out of a drill-down, comparison, range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components import filters, view
from components.attributes import aria
from components.filters import Options
from components.shell import icon
from components.view import View


@dataclass(frozen=True, slots=True)
class Choices:
    """What the controls offer and say; all addresses are complete."""

    periods: Options
    previous: tuple[str, str]
    """(label, address) of the neighbor before, and likewise after."""
    following: tuple[str, str]
    now: str
    comparisons: Sequence[tuple[str, str, bool]]
    """(label, address, chosen)."""
    resolutions: Options
    resolution: str
    first: str
    last: str
    errors: Mapping[str, str] = field(default_factory=dict)
    """One sentence per field that could not be used."""


def presets(path: str, words: View, choices: Choices, *, store_id: str) -> list[Component]:
    """Above the chart: the usual periods, and the neighbors of the shown one."""
    return [
        filters.period_links(path, words, store_id=store_id, periods=choices.periods),
        _neighbors(choices, store_id),
    ]


def meter_switch(
    path: str, words: View, meters: Options, chosen: str, *, store_id: str, control_id: str
) -> Component:
    """Which of the household's meters is shown."""
    kept = _without(words, "meter")
    select = filters.choice("Meter", "meter", meters, chosen, control_id=control_id)
    return view.form([select], path, store_id=store_id, keep=kept, className="controls")


def meter_search(
    path: str,
    words: View,
    chosen: str,
    *,
    store_id: str,
    control_id: str,
    whose: str = "",
    error: str = "",
) -> Component:
    """Staff name the meter by its number."""
    kept = _without(words, "meter")
    control = dbc.Input(
        id=control_id,
        type="search",
        name="meter",
        value=chosen,
        placeholder="531-204-118",
        autocomplete="off",
        invalid=bool(error) or None,
    )
    return html.Div(
        [
            view.form(
                [
                    filters.field("Meter", control, control_id=control_id, error=error),
                    html.Button(
                        "Show", type="submit", className="btn btn-secondary", disable_n_clicks=True
                    ),
                ],
                path,
                store_id=store_id,
                keep=kept,
                className="controls",
            ),
            html.P(whose, className="lead") if whose else None,
        ]
    )


def _neighbors(choices: Choices, store_id: str) -> html.Div:
    (before, before_address), (after, after_address) = choices.previous, choices.following
    bordered = "preset preset-bordered"
    return html.Div(
        [
            view.link(
                icon("chevron-left"),
                before_address,
                store_id=store_id,
                className=bordered,
                title=before,
                **aria(label=f"Previous: {before}"),
            ),
            view.link("Now", choices.now, store_id=store_id, className=bordered),
            view.link(
                icon("chevron-right"),
                after_address,
                store_id=store_id,
                className=bordered,
                title=after,
                **aria(label=f"Next: {after}"),
            ),
        ],
        className="segmented",
    )


def crumbs(ranges: Sequence[tuple[str, str]], *, store_id: str) -> html.Nav:
    """The way out of a drill-down: (label, address) from the widest range to the present one."""
    last = len(ranges) - 1
    return html.Nav(
        html.Ol(
            [
                html.Li(
                    html.Span(label, **aria(current="true"))
                    if n == last
                    else view.link(label, address, store_id=store_id)
                )
                for n, (label, address) in enumerate(ranges)
            ],
            className="crumbs",
        ),
        **aria(label="Range"),
    )


def comparisons(choices: Choices, *, store_id: str) -> html.Div:
    """What the shown days are compared with, one click each."""
    return html.Div(
        [
            html.Span("Compare with", className="chart-bar-label", id="usage-compare-label"),
            *[
                view.link(label, address, store_id=store_id, current=chosen, className="preset")
                for label, address, chosen in choices.comparisons
            ],
        ],
        className="segmented",
        role="group",
        **aria(labelledby="usage-compare-label"),
    )


def range_forms(path: str, words: View, choices: Choices, *, store_id: str) -> Component:
    """The custom range, which takes the resolution that suits it, and the resolution alone."""
    errors = choices.errors
    submit = html.Button(
        "Show", type="submit", className="btn btn-secondary", disable_n_clicks=True
    )
    dates = [
        filters.date_field(
            "From", "from", choices.first, control_id="usage-from", error=errors.get("from", "")
        ),
        filters.date_field(
            "To", "to", choices.last, control_id="usage-to", error=errors.get("to", "")
        ),
        submit,
    ]
    resolution = filters.choice(
        "Resolution",
        "resolution",
        choices.resolutions,
        choices.resolution,
        control_id="usage-resolution",
        error=errors.get("resolution", ""),
    )
    return html.Div(
        [
            view.form(
                dates,
                path,
                store_id=store_id,
                keep=_without(words, "from", "to", "resolution", "period"),
                className="controls",
            ),
            view.form(
                [resolution],
                path,
                store_id=store_id,
                keep=_without(words, "resolution"),
                className="controls",
            ),
        ],
        className="controls controls-pair",
    )


def _without(words: View, *names: str) -> View:
    return {name: value for name, value in words.items() if name not in names}
