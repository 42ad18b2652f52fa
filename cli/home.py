"""`flask home`: what state the home is in."""

from __future__ import annotations

from flask.cli import AppGroup

from cli.console import OperatorCommand, aligned, answer
from cli.home_access import beside_the_server
from data_layer.book import Book

home = AppGroup("home", help="Look after the home folder.")


@home.command("status", cls=OperatorCommand, with_appcontext=False)
def status() -> None:
    """Say who owns the home, what it holds, and what is wrong with it."""
    with beside_the_server() as book:
        facts = _facts(book)
    lines = aligned([(name.replace("_", " "), _text(value)) for name, value in facts.items()])
    answer(facts, lines)


def _facts(book: Book) -> dict[str, object]:
    """The state as it can be seen from here: whether a server takes readings only it can tell."""
    state = book.state()
    facts = state.as_json()
    del facts["memory_bytes"], facts["poisoned"]
    if state.owner_process is None:
        return {**facts, "receiving": False, "reason": "no server runs."}
    return {**facts, "receiving": None, "reason": ""}


def _text(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(str(part) for part in value) or "-"
    return "-" if value is None or value == "" else str(value)
