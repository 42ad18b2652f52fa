"""The tariffs there are, and one of them explained version by version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from callbacks import tariff_pictures
from callbacks import tariff_words as words
from components import dialogs, messages, view
from components.attributes import aria
from components.cards import panel
from components.ids import Tariffs
from components.tables import spoken, table
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings.model import Action
from data_layer.tariffs.documents import version_document
from data_layer.tariffs.model import (
    FlatRate,
    PriceSeries,
    Slabs,
    Tariff,
    TariffVersion,
    TimeOfUse,
)
from pages.tariffs import PATH

Words = Mapping[str, str | Sequence[str]]
DOCUMENT = "tariffs-document"


def shown(book: Book, viewer: Viewer, asked: Words) -> dict[str, Any]:
    """The list, the chosen tariff, the price series, and what is amiss."""
    book.authorize(viewer, Action.MANAGE_TARIFFS)
    every = book.tariffs.catalog.all()
    accounts = Counter(account.tariff_code for account in book.accounts.all())
    return {
        "count": _count(every, accounts),
        "message": _amiss(every, accounts, book.tariffs.warnings(every)),
        "list": _list(book, every, accounts, asked),
        "details": _details(book, every, asked),
        "series": _series(book),
    }


def _count(every: Sequence[Tariff], accounts: Counter[str]) -> str:
    tariffs = f"{len(every):,} {'tariff' if len(every) == 1 else 'tariffs'}"
    known = {tariff.code for tariff in every}
    without = sum(count for code, count in accounts.items() if code not in known)
    told = f"{without:,} of {accounts.total():,} accounts have none of them"
    return f"{tariffs}. {told if without else 'Every account has one'}."


def _amiss(
    every: Sequence[Tariff], accounts: Counter[str], warnings: Sequence[str]
) -> list[Component]:
    """Codes that accounts name and nobody entered, and series that tariffs name."""
    told: list[Component] = [messages.warning(said) for said in warnings]
    known = {tariff.code for tariff in every}
    lost = {code: count for code, count in accounts.items() if code and code not in known}
    if not lost:
        return told
    codes = ", ".join(f"{code} ({_accounts(count)})" for code, count in sorted(lost.items())[:10])
    said = f"Accounts name tariffs that are not in the catalog and are not billed: {codes}."
    return [messages.warning(said), *told]


def _accounts(count: int) -> str:
    return " ".join(_counted(count, "account"))


def _counted(count: int, word: str) -> tuple[str, str]:
    return f"{count:,}", word if count == 1 else f"{word}s"


def _list(book: Book, every: Sequence[Tariff], accounts: Counter[str], asked: Words) -> Component:
    if not every:
        return messages.empty(
            "No tariffs yet",
            "Accounts are billed by the tariff they name. Enter the first from a file below: the "
            "examples there show how one is written.",
            symbol="cash-coin",
        )
    chosen = view.word(asked, "tariff")
    return table(
        ("Code", "Name", "Currency", "Energy price now", "Versions", "Applies", "Accounts"),
        [_row(book, tariff, accounts[tariff.code], chosen) for tariff in every],
        caption="Tariffs",
        numbers=(4, 6),
    )


def _row(book: Book, tariff: Tariff, accounts: int, chosen: str) -> tuple[Component | str, ...]:
    place = words.in_force(tariff, book.zone.day_of(epoch_of(book.clock())))
    now = tariff.versions[place or 0]
    link = view.link(
        tariff.code,
        view.address(PATH, {}, tariff=tariff.code),
        store_id=Tariffs.VIEW,
        current=tariff.code == chosen,
        className="one-line",
    )
    applies = words.validity(tariff, place or 0)
    return (
        link,
        tariff.name,
        tariff.currency,
        words.kind(now.energy, tariff.currency),
        spoken(*_counted(len(tariff.versions), "version")),
        html.Span(applies if place is not None else f"only {applies}", className="one-line"),
        spoken(*_counted(accounts, "account")),
    )


def _details(book: Book, every: Sequence[Tariff], asked: Words) -> list[Component]:
    """The tariff that the address names, in words, as a picture and as its document."""
    code = view.word(asked, "tariff")
    if not code:
        return []
    tariff = next((one for one in every if one.code == code), None)
    if tariff is None:
        return [messages.error(f"Tariff {code[:40]!r} is not in the catalog.")]
    place = _place(book, tariff, view.word(asked, "version"))
    if place is None:
        number = view.word(asked, "version")[:40]
        return [messages.error(f"Tariff {code} has no version {number!r} that applies.")]
    version = tariff.versions[place]
    return [
        panel(
            [
                _versions(book, tariff, place),
                html.Dl(_facts(book, tariff, version), className="tariff-facts"),
                _document(tariff, version),
            ],
            title=f"{tariff.code}, {tariff.name}",
        )
    ]


def _place(book: Book, tariff: Tariff, number: str) -> int | None:
    """Place of the version asked for; without one that of today, else the first."""
    if not number:
        return words.in_force(tariff, book.zone.day_of(epoch_of(book.clock()))) or 0
    numbers = [str(version.number) for version in tariff.versions]
    return numbers.index(number) if number in numbers else None


def _versions(book: Book, tariff: Tariff, chosen: int) -> html.Nav:
    today = words.in_force(tariff, book.zone.day_of(epoch_of(book.clock())))
    return html.Nav(
        [
            view.link(
                [
                    html.Span(f"Version {version.number}"),
                    html.Span(words.validity(tariff, place), className="version-days"),
                    html.Span("now" if place == today else "", className="version-now"),
                ],
                view.address(PATH, {}, tariff=tariff.code, version=str(version.number)),
                store_id=Tariffs.VIEW,
                current=place == chosen,
                className="preset preset-bordered version-link",
            )
            for place, version in enumerate(tariff.versions)
        ],
        className="segmented versions",
        **aria(label="Versions"),
    )


def _facts(book: Book, tariff: Tariff, version: TariffVersion) -> list[Component]:
    currency = tariff.currency
    facts: list[tuple[str, Any]] = [
        ("Energy", _energy(book, version, currency)),
        ("Standing charge", words.standing(version.standing, currency)),
        ("Subsidy", words.subsidy(version.subsidy)),
        ("Tax", words.tax(version.tax)),
    ]
    return [html.Div([html.Dt(name), html.Dd(said)]) for name, said in facts]


def _energy(book: Book, version: TariffVersion, currency: str) -> Any:
    match version.energy:
        case FlatRate(amount):
            return f"{words.per_kwh(amount, currency)}, at all times"
        case TimeOfUse():
            return tariff_pictures.bands(version.energy, currency)
        case Slabs():
            rows = words.slabs(version.energy, currency)
            return [
                table(("Energy of a month", "Rate"), rows, caption="Slabs"),
                html.P(
                    "Where a month is cut by a move or a new version, the limits are shortened in "
                    "proportion to its days.",
                    className="hint",
                ),
            ]
        case PriceSeries(name):
            told = html.P(f"Each half hour at its price in the series {name}.")
            return [told, *tariff_pictures.series(book, name, currency)]


def _document(tariff: Tariff, version: TariffVersion) -> html.Details:
    """The version as a file that can be entered again, say with another rate."""
    document = {
        "code": tariff.code,
        "name": tariff.name,
        "currency": tariff.currency,
        "versions": [version_document(version)],
    }
    return html.Details(
        [
            html.Summary("As JSON"),
            html.P(
                "As a file it can be entered again: with another first day as the next version, "
                "with the same one to correct it.",
                className="hint",
            ),
            html.Pre(
                json.dumps(document, indent=2, ensure_ascii=False),
                id=DOCUMENT,
                className="log-tail document",
                tabIndex="0",
                role="region",
                **aria(label="The version as JSON"),
            ),
            dialogs.copy_button("Copy the JSON", source=DOCUMENT),
        ],
        className="disclosure",
    )


def _series(book: Book) -> Component:
    """The price series that are stored."""
    stored = book.tariffs.price_book.stored()
    if not stored:
        return html.P(
            "None is stored. A tariff may name a series of half-hourly prices; they come as a CSV "
            "file of their own.",
            className="hint",
        )
    rows = [(one.name, tariff_pictures.reach(book, one), f"{one.prices:,}") for one in stored]
    return table(("Series", "Known", "Prices"), rows, caption="Stored price series", numbers=(2,))
