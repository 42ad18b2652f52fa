"""Whose page it is: a household switches between its meters, staff name one by its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from callbacks.usage_answers import Seen
from components import messages, usage_controls
from data_layer.accounts.model import Account, Role
from data_layer.book import Book

Words = Mapping[str, str | Sequence[str]]


def meter_choice(
    book: Book, seen: Seen, words: Words, *, path: str, store_id: str, control_id: str
) -> Component | None:
    """How to come to another meter on the page of this path."""
    meters, chosen = seen.meters, seen.meter_id
    if seen.viewer.role is not Role.HOUSEHOLD:
        return usage_controls.meter_search(
            path,
            words,
            chosen,
            store_id=store_id,
            control_id=control_id,
            whose=_whose(book, chosen),
            error=seen.unknown,
        )
    if len(meters) > 1:
        options = [(account.meter_id, _label(account)) for account in meters]
        return usage_controls.meter_switch(
            path, words, options, chosen, store_id=store_id, control_id=control_id
        )
    if meters:
        return html.P(_label(meters[0]), className="lead")
    return None


def no_meter(seen: Seen, *, question: str) -> html.Div:
    """Why nothing is shown: an unknown meter, none named yet (`question`), none connected."""
    if seen.unknown:
        return messages.empty("This meter is not known", seen.unknown, symbol="question-circle")
    if seen.viewer.role is Role.ADMIN:
        return messages.empty(
            question,
            "Name a meter above by its number, or come here from its account.",
            symbol="search",
        )
    return messages.empty(
        "No meter is connected to your sign-in",
        "Ask your electricity company to enter your e-mail address with your meter.",
        symbol="plug",
    )


def _whose(book: Book, meter_id: str) -> str:
    account = book.accounts.get(meter_id) if meter_id else None
    return f"{account.owner_name}, {account.address}" if account else ""


def _label(account: Account) -> str:
    return f"{account.address} (meter {account.meter_id})"
