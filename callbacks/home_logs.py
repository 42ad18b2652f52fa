"""The ends of a home's logs and of its audit, as the operations page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dash import html
from dash.development.base_component import Component

from callbacks import act_words
from callbacks.home_words import local
from components.ids import LOGS
from components.tables import table
from data_layer.accounts.audit import Entry
from data_layer.book import Book
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.storage.log_names import LOG_NAME
from data_layer.storage.log_tail import last_lines

SHOWN_LINES, SHOWN_ACTS = 20, 15


def end_of(book: Book, name: str) -> str:
    """The last lines of one of the logs. Raises BadInput for another name."""
    if name not in LOGS:
        raise BadInput(f"log {name[:40]!r} is unknown: use {', '.join(LOGS)}.", field="log")
    lines = last_lines(book.home / "logs" / name, SHOWN_LINES)
    if lines:
        return "\n".join(lines)
    if name == LOG_NAME:
        return "The log is empty: every reading is in a day file."
    return "Nothing was written here today."


def acts(entries: Sequence[Entry], zone: HomeZone) -> Component:
    """Who did what, newest first."""
    if not entries:
        return html.P("Nobody has done anything yet.", className="hint")
    return table(
        ("When", "Who", "What", "On what", "Details"),
        [_act(entry, zone) for entry in entries],
        caption="The latest lines of the audit",
    )


def _act(entry: Entry, zone: HomeZone) -> tuple[Component | str, ...]:
    when = local(datetime.fromtimestamp(entry.at, UTC), zone)
    details = act_words.details(entry, zone)
    return (html.Span(when, className="one-line"), entry.actor, entry.action, entry.subject,
            details)  # fmt: skip
