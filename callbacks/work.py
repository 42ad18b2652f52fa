"""The acts of the operations page: what is asked before them, and how they begin."""

from __future__ import annotations

from collections.abc import Callable

from dash.development.base_component import Component

from components import messages
from components.ids import Operations
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.maintenance import begin_restore
from data_layer.readings.model import Action

QUESTIONS = {
    Operations.END_DAY: (
        "End the day now?",
        "Readings are refused for the moment it takes to merge the log into its day files and to "
        "renew the index. Then receiving is as it was before.",
    ),
    Operations.BACK_UP: (
        "Back up the home?",
        "Readings, accounts and everything else are copied into a new folder, which the list of "
        "work will name, and the copy is checked. Readings go on being taken meanwhile; only an "
        "end of the day waits. The oldest backups go then, where the server is set to keep so "
        "many and no more.",
    ),
    Operations.RESTORE: (
        "Read all files of readings again?",
        "For when the index is in doubt; it brings back no backup (that is `flask restore`, into "
        "an empty folder). The day is ended, then every day file is read again, held against its "
        "checksum and indexed from nothing. Readings are refused meanwhile; pages stay readable. "
        "With years of readings this takes minutes.",
    ),
    Operations.STOP: (
        "Stop receiving readings?",
        "Every door refuses readings until you resume, after a restart too. Whoever sends them is "
        "told to try again later; charts and bills keep working.",
    ),
    Operations.RESUME: (
        "Receive readings again?",
        "Every door takes readings from now on.",
    ),
}
ACTS: dict[Operations, Callable[[Book, str], object]] = {
    Operations.END_DAY: lambda book, actor: book.jobs.start(END_DAY, {}, actor=actor),
    Operations.BACK_UP: lambda book, actor: book.jobs.start(BACK_UP, {}, actor=actor),
    Operations.RESTORE: lambda book, actor: begin_restore(book.jobs, actor=actor),
    Operations.STOP: lambda book, actor: book.receiving_switch.stop(actor=actor),
    Operations.RESUME: lambda book, actor: book.receiving_switch.resume(actor=actor),
}


def question(act: str) -> tuple[str, str, str]:
    """The act with the title and text of the question before it."""
    known = {str(name): said for name, said in QUESTIONS.items()}
    if act not in known:
        raise BadInput(f"{act[:40]!r} is nothing that can be asked for here.")
    return (act, *known[act])


def begun(book: Book, viewer: Viewer, act: str) -> Component | str:
    """Do the act, or put its work into the queue; a sentence when it cannot begin."""
    if act not in QUESTIONS:
        return messages.error("Choose first what is to be done.")
    try:
        book.authorize(viewer, Action.OPERATE)
        ACTS[Operations(act)](book, viewer.name)
    except MeterbookError as error:
        return messages.error(error.sentence)
    return ""
