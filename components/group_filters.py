"""The filter bar over groups of households: where, who, when, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components import filters
from components import view as views
from components.attributes import aria
from components.filters import Options
from components.view import View

GROUP_WORDS = ("region", "area", "dwelling", "resolution", "split", "per")
CHOSEN_WORDS = ("region", "area", "dwelling", "search")
RANGE_WORDS = ("from", "to", "period")
"""The words of the address that the bar has fields for."""


@dataclass(frozen=True, slots=True)
class GroupChoices:
    """What may be chosen, and what is chosen now."""

    regions: Sequence[str]
    areas: Sequence[str]
    dwelling_types: Sequence[str]
    periods: Options
    resolutions: Options
    splits: Options
    per: Options
    first_day: str
    last_day: str
    resolution: str
    default_period: str


def filter_bar(path: str, view: View, choices: GroupChoices, *, store_id: str) -> html.Div:
    """Presets and days choose the range; the other fields send themselves when changed."""
    prefix = store_id.removesuffix("-view")

    def without(words: Sequence[str]) -> View:
        return {name: value for name, value in view.items() if name not in words}

    presets = filters.period_links(
        path,
        view,
        store_id=store_id,
        periods=choices.periods,
        default=choices.default_period,
        reset=("from", "to", "resolution"),
    )
    days = views.form(
        [
            filters.date_field("From", "from", choices.first_day, control_id=f"{prefix}-from"),
            filters.date_field("To", "to", choices.last_day, control_id=f"{prefix}-to"),
            dbc.Button("Apply", type="submit", color="secondary", outline=True),
        ],
        path,
        store_id=store_id,
        keep=without((*RANGE_WORDS, "resolution")),
        className="controls filter-days",
        **aria(label="Days"),
    )
    groups = views.form(
        [
            *_groups(view, choices, prefix),
            *_drawing(view, choices, prefix),
            *_clear(path, view, without(CHOSEN_WORDS), store_id),
        ],
        path,
        store_id=store_id,
        keep=without(GROUP_WORDS),
        className="controls",
        **aria(label="Filters"),
    )
    return html.Div([html.Div([presets, days], className="filter-range"), groups])


def _groups(view: View, choices: GroupChoices, prefix: str) -> list[Component]:
    def several(label: str, name: str, known: Sequence[str]) -> html.Div:
        chosen = views.words(view, name)
        options = [(word, word) for word in dict.fromkeys((*known, *chosen))]
        return filters.choices(label, name, options, chosen, control_id=f"{prefix}-{name}")

    return [
        several("Region", "region", choices.regions),
        several("Area", "area", choices.areas),
        several("Dwelling type", "dwelling", choices.dwelling_types),
    ]


def _clear(path: str, view: View, kept: View, store_id: str) -> list[Component]:
    """A way back to everybody, once somebody is left out."""
    if not any(views.words(view, name) for name in CHOSEN_WORDS):
        return []
    href = views.address(path, kept)
    return [views.link("Clear filters", href, store_id=store_id, className="btn btn-link")]


def _drawing(view: View, choices: GroupChoices, prefix: str) -> list[Component]:
    return [
        filters.choice(
            "Resolution",
            "resolution",
            choices.resolutions,
            choices.resolution,
            control_id=f"{prefix}-resolution",
        ),
        filters.choice(
            "Split",
            "split",
            choices.splits,
            views.word(view, "split", "none"),
            control_id=f"{prefix}-split",
        ),
        filters.choice(
            "Values",
            "per",
            choices.per,
            views.word(view, "per", "total"),
            control_id=f"{prefix}-per",
        ),
    ]
