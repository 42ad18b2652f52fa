"""What the check of a file of tariffs or prices found, drawn: what it would do, or its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from callbacks import tariff_words as words
from components import filters, messages, view
from components.cards import Figure, figure_cards, panel
from components.ids import Tariffs
from components.tables import spoken, table
from data_layer.book import Book
from data_layer.tariffs.catalog import Becomes, Planned
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import Prices, Tariff
from data_layer.tariffs.price_book import PricesEntered
from data_layer.tariffs.tariff_files import TariffFile
from pages.tariffs import PATH

MOST_FAULTS = 50
Asked = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was read and held against what is stored; nothing was written."""

    name: str
    read: TariffFile
    series: str
    plan: Mapping[str, Sequence[Planned]]
    added: PricesEntered | None
    faults: Sequence[Fault]


def drawn(book: Book, found: Checked, asked: Asked) -> Component:
    """The panel of a checked file."""
    title = f"Check of {found.name}"
    series = [_series_form(found, asked)] if found.read.is_prices else []
    if found.faults:
        return panel([*series, *_faults(found.faults)], title=title)
    if found.read.prices is not None and found.added is not None:
        said = _prices(book, found.read.prices, found.added)
        return panel([*series, *said], title=title)
    return panel(_tariffs(book, found), title=title)


def _faults(faults: Sequence[Fault]) -> list[Component]:
    count = "One thing in this file is" if len(faults) == 1 else f"{len(faults):,} things are"
    rows = [
        (
            "" if fault.line is None else spoken(f"{fault.line:,}", "line", first=True),
            fault.tariff,
            fault.field,
            _said(fault),
        )
        for fault in faults[:MOST_FAULTS]
    ]
    more = f", the first {MOST_FAULTS} of {len(faults):,}" if len(faults) > MOST_FAULTS else ""
    return [
        messages.error(f"{count} wrong: nothing of it can be entered."),
        table(
            ("Line", "Tariff", "Field", "What is wrong"),
            rows,
            caption=f"What is wrong{more}",
            numbers=(0,),
        ),
        *([html.P(f"Shown are the first {MOST_FAULTS}.", className="hint")] if more else []),
        _acts(""),
    ]


def _said(fault: Fault) -> str:
    """The sentence; a field at its beginning stays as it is written in the file."""
    begins = bool(fault.field) and fault.sentence.startswith(fault.field)
    return fault.sentence if begins else fault.sentence[:1].upper() + fault.sentence[1:]


def _tariffs(book: Book, found: Checked) -> list[Component]:
    rows = [
        _planned_row(tariff, place, planned)
        for tariff in found.read.tariffs
        for place, planned in enumerate(found.plan[tariff.code])
    ]
    new = sum(one.becomes is not Becomes.KNOWN for plan in found.plan.values() for one in plan)
    renamed = _renamed(book, found.read.tariffs)
    label = f"Enter {new:,} version{'' if new == 1 else 's'}" if new else ""
    if renamed and not new:
        label = "Change the name"
    intro = (
        "Nothing is stored yet. This is what entering the file would do."
        if label
        else "Everything in this file is in the catalog already."
    )
    return [
        html.P(intro),
        *renamed,
        *(messages.warning(said) for said in book.tariffs.warnings(found.read.tariffs)),
        table(
            ("Tariff", "What becomes of it", "Applies", "Energy price", "Tax"),
            rows,
            caption="Versions in the file",
        ),
        _acts(label),
    ]


def _planned_row(tariff: Tariff, place: int, planned: Planned) -> tuple[Component | str, ...]:
    version = planned.version
    becomes = {
        Becomes.NEW: f"New: version {version.number}",
        Becomes.KNOWN: f"Known: version {version.number} stays",
        Becomes.REPLACES: f"Version {version.number} takes the place of version "
        f"{planned.replaces}; bills made from that one get a new version when their month is "
        "billed again",
    }[planned.becomes]
    state = "ended" if planned.becomes is Becomes.KNOWN else "done"
    return (
        html.Span([html.Span(tariff.code, className="one-line"), html.Br(), tariff.name]),
        html.Span(becomes, className=f"state state-long state-{state}"),
        html.Span(words.validity(tariff, place), className="one-line"),
        words.kind(version.energy, tariff.currency),
        words.percent(version.tax.rate) if version.tax.rate else "none",
    )


def _renamed(book: Book, tariffs: Sequence[Tariff]) -> list[Component]:
    stored = {one.code: one.name for one in book.tariffs.catalog.all()}
    return [
        messages.note(f"{one.code} is called {stored[one.code]} now; it becomes {one.name}.")
        for one in tariffs
        if stored.get(one.code, one.name) != one.name
    ]


def _prices(book: Book, prices: Prices, added: PricesEntered) -> list[Component]:
    first, last = (book.zone.local(at) for at in (int(prices.starts[0]), prices.end))
    label = f"Enter {added.added:,} price{'' if added.added == 1 else 's'}" if added.added else ""
    intro = (
        "Nothing is stored yet. Prices are published once: what is entered is not changed."
        if label
        else "Every price of this file is stored already."
    )
    return [
        html.P(intro),
        figure_cards(
            [
                Figure("Would be added", f"{added.added:,}", "prices"),
                Figure("Stored already", f"{added.known:,}", "prices"),
                Figure(
                    "In the file",
                    f"{len(prices.price):,}",
                    "prices",
                    note=f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}",
                ),
                Figure(
                    "Per kWh",
                    f"{min(prices.price):f} to {max(prices.price):f}",
                    "",
                    note="In the currency of the tariff that names the series.",
                ),
            ],
            label="Prices of the file",
        ),
        _acts(label),
    ]


def _series_form(found: Checked, asked: Asked) -> Component:
    """Which series the prices are for; the file's name is the first guess."""
    control_id = "tariffs-series-name"
    name = dbc.Input(
        id=control_id, name="series", value=found.series, maxlength=32, autocomplete="off"
    )
    kept: dict[str, Any] = {word: said for word, said in asked.items() if word != "series"}
    return view.form(
        [
            filters.field("Series that these prices are for", name, control_id=control_id),
            dbc.Button("Check again", type="submit", outline=True, color="secondary"),
        ],
        PATH,
        store_id=Tariffs.VIEW,
        keep=kept,
        className="controls series-form",
    )


def _acts(label: str) -> html.Div:
    """Enter it, where there is something to enter, or forget it."""
    enter = [dbc.Button(label, id=Tariffs.ENTER)] if label else []
    forget = "Do not enter" if label else "Forget the file"
    discard = dbc.Button(forget, id=Tariffs.DISCARD, color="secondary", outline=True)
    return html.Div([*enter, discard], className="panel-actions report-acts")
