"""Meters for fields that suggest them while one types."""

from __future__ import annotations

from dash import html

from data_layer.accounts.model import Viewer
from data_layer.accounts.search import AccountFilter, search
from data_layer.book import Book
from data_layer.readings.model import Action

MOST_OPTIONS = 20


def meter_options(book: Book, viewer: Viewer, text: str) -> list[html.Option]:
    """The first meters that hold the text, with their owners."""
    book.authorize(viewer, Action.READ_ACCOUNTS)
    found = search(book.accounts.all(), AccountFilter(text=text, limit=MOST_OPTIONS))
    return [
        html.Option(value=account.meter_id, label=f"{account.owner_name}, {account.address}")
        for account in found.accounts
    ]
