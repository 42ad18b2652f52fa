"""Turns an answer about groups into what the page shows: sentences, cards and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from api.address_choices import PERIODS, RESOLUTIONS
from api.group_view import (
    DEFAULT_PERIOD,
    PER,
    SPLITS,
    GroupView,
)
from callbacks import group_charts
from callbacks.group_answers import Answer
from components import group_figures, messages, view
from components.cards import Figure, figure_cards
from components.group_filters import GroupChoices, filter_bar
from components.ids import Government
from data_layer.accounts import geography
from data_layer.book import Book
from data_layer.readings.suppression import told
from pages.government import PATH

Words = Mapping[str, str | Sequence[str]]


def drawn(
    book: Book, words: Words, asked: GroupView, answer: Answer, *, refused: str
) -> dict[str, Any]:
    """Every output of the page by its name."""
    until = "" if answer.data_until is None else _until(book, answer.data_until)
    days = _days(asked.first, asked.last)
    where = f"{days}, {book.zone.name} time{until}"
    return {
        "title": where,
        "controls": filter_bar(PATH, words, _choices(book, asked), store_id=Government.VIEW),
        "message": html.Div(_messages(answer, asked, refused), className="notices"),
        "cards": _cards(answer),
        "over_time_head": _export("over-time", words, "CSV of this chart"),
        "over_time": group_charts.over_time(asked, answer, days, f"{book.zone.name} time"),
        "areas_head": [
            _hint("Click an area to choose it."),
            *_export("areas", words, "CSV of areas"),
        ],
        "areas": group_charts.areas(asked, answer, days),
        "dwelling_types_head": [
            _hint("Click a type to choose it."),
            *_export("dwelling-types", words, "CSV of types"),
        ],
        "dwelling_types": group_charts.dwelling_types(asked, answer, days),
        "groups_head": _groups_head(words, asked, answer),
        "groups": list(answer.groups),
    }


def _days(first: date, last: date) -> str:
    if first == last:
        return f"{first:%a} {first.day} {first:%b %Y}"
    shown = f"{first.day} {first:%b}" + ("" if first.year == last.year else f" {first:%Y}")
    return f"{shown} to {last.day} {last:%b %Y}"


def _until(book: Book, epoch: int) -> str:
    moment = book.zone.local(epoch)
    return f", data until {moment.day} {moment:%b %H:%M}"


def _choices(book: Book, asked: GroupView) -> GroupChoices:
    """What may be chosen: the words of the accounts, areas only of the chosen regions."""
    paths = [path for path, count in book.readings.households().items() if count]
    regions = {path.region for path in paths}
    areas = {path.area for path in paths if not asked.regions or path.region in asked.regions}
    types = {path.dwelling_type for path in paths}
    known = {word: rank for rank, word in enumerate(geography.DWELLING_TYPES)}
    return GroupChoices(
        regions=sorted(regions - {""}),
        areas=sorted(areas - {""}),
        dwelling_types=sorted(types - {""}, key=lambda word: (known.get(word, len(known)), word)),
        periods=tuple(PERIODS.items()),
        resolutions=tuple(RESOLUTIONS.items()),
        splits=tuple(SPLITS.items()),
        per=tuple(PER.items()),
        first_day=asked.first.isoformat(),
        last_day=asked.last.isoformat(),
        resolution=asked.resolution,
        default_period=DEFAULT_PERIOD,
    )


def _messages(answer: Answer, asked: GroupView, refused: str) -> list[Component]:
    said: list[Component] = []
    if refused:
        said.append(messages.error(f"{refused} The usual view is shown instead."))
    if asked.coarsened:
        finest = RESOLUTIONS[asked.resolution].lower()
        said.append(messages.note(f"So many days are drawn in {finest}: finer ones do not fit."))
    if withheld := _withheld(answer):
        said.append(messages.note(withheld))
    return said


def _withheld(answer: Answer) -> str:
    """Plain words for what is left out so that nobody can be recognized; "" when nothing is."""
    groups, households = answer.withheld_groups, answer.withheld_households
    said = []
    if groups:
        is_one = groups == 1
        said.append(
            f"{groups:,} small {'group is' if is_one else 'groups are'} withheld from the list: "
            f"{'it has' if is_one else 'they have'} fewer than {answer.at_least} households, or "
            f"would give away {'another' if is_one else 'one'} that has."
        )
    if households:
        said.append(
            f"{_households(households, answer)} left out of these totals for the same reason."
        )
    if answer.withheld_half_hours:
        said.append(
            f"Half hours in which fewer than {answer.at_least} households of a group reported "
            "are withheld, too."
        )
    if answer.withheld_in_split > households:
        said.append(
            f"{_households(answer.withheld_in_split, answer)} in no part of the split: the parts "
            "would be too small."
        )
    return " ".join(said)


def _households(count: int, answer: Answer) -> str:
    words = told(count, answer.at_least)
    return f"{words[0].upper()}{words[1:]} households are"


def _cards(answer: Answer) -> Component:
    wh, households = answer.consumption_wh, answer.households
    unit = group_figures.unit_for(wh / 1000)
    estimated = "—" if wh <= 0 else f"{100 * answer.estimated_wh / wh:.1f}"
    has_data = answer.data_until is not None
    each = f"{wh / 1000 / households:,.1f}" if has_data and households else "—"
    total = f"{unit.of(wh / 1000):,.1f}" if has_data else "—"
    return figure_cards(
        [
            Figure("Consumption", total, unit.name),
            Figure("Per household", each),
            Figure("Households", f"{households:,}", "", note="with readings in these days"),
            Figure("Estimated", estimated, "%", note=_of_what(answer)),
            Figure("Missing", f"{answer.missing_half_hours:,}", "half hours", note="of all meters"),
        ],
        label="Key figures",
    )


def _of_what(answer: Answer) -> str:
    """What the estimated share speaks of; where small groups are withheld, not of one household."""
    if not answer.at_least:
        return "of the consumption"
    return "of the consumption, told by whole groups only"


def _export(what: str, words: Words, label: str) -> list[Component]:
    return [
        html.A(
            label,
            href=view.address(f"/exports/groups/{what}.csv", words),
            className="export-link",
            download="",
        )
    ]


def _hint(text: str) -> Component:
    return html.Span(text, className="hint chart-hint")


def _groups_head(words: Words, asked: GroupView, answer: Answer) -> list[Component]:
    count = len(answer.groups)
    why = "" if count else group_charts.blank(answer)
    return [
        html.Div(
            [
                html.H2("Groups", className="panel-title"),
                html.P(
                    f"{count:,} {'group' if count == 1 else 'groups'}. {why} Totals use today's "
                    "attributes of each household, for past days too. Households are those with "
                    "readings in these days, closed accounts among them.",
                    className="hint",
                ),
            ],
            className="panel-words",
        ),
        _search(words, asked),
        *_export("groups", words, "CSV of groups"),
    ]


def _search(words: Words, asked: GroupView) -> Component:
    return view.form(
        [
            html.Label("Find", htmlFor="government-search", className="visually-hidden"),
            dcc.Input(
                id="government-search",
                type="search",
                name="search",
                value=asked.search,
                placeholder="Find a region, area or type",
                className="form-control",
            ),
        ],
        PATH,
        store_id=Government.VIEW,
        keep={name: value for name, value in words.items() if name != "search"},
        className="find",
    )
