"""`flask home`: what state the home is in, and mending its logs."""

from __future__ import annotations

from flask.cli import AppGroup

from cli.console import OperatorCommand, aligned, answer
from cli.home_access import beside_the_server, owning_the_files
from data_layer.book import Book
from data_layer.storage.log_names import QUARANTINE
from data_layer.storage.log_repair import repair_home

home = AppGroup("home", help="Look after the home folder.")


@home.command("status", cls=OperatorCommand, with_appcontext=False)
def status() -> None:
    """Say who owns the home, what it holds, and what is wrong with it."""
    with beside_the_server() as book:
        facts = _facts(book)
    lines = aligned([(name.replace("_", " "), _text(value)) for name, value in facts.items()])
    answer(facts, lines)


@home.command("repair", cls=OperatorCommand, with_appcontext=False)
def repair() -> None:
    """Make damaged logs whole again from every line that holds; the server is stopped first."""
    with owning_the_files() as files:
        done = repair_home(files)
    kept, lost = (0, 0) if done is None else (done.kept, done.lost)
    copies = [] if done is None else [str(path) for path in done.set_aside]
    said = f"The logs of {files.folder} are well; nothing to repair."
    if done is not None:
        said = (
            f"Lines kept: {kept}; set aside: {lost}. The logs as they were are in "
            f"{files.logs / QUARANTINE}."
        )
    facts = {
        "home": str(files.folder),
        "repaired": done is not None,
        "lines_kept": kept,
        "lines_set_aside": lost,
        "copies": copies,
    }
    answer(facts, [said])


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
