"""The acts of the operations page: what is asked before them, and how they begin."""

from __future__ import annotations

from dash.development.base_component import Component

from components import messages
from components.ids import Operations
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError
from data_layer.journeys.end_day import END_DAY
from data_layer.readings.model import Action

QUESTIONS = {
    Operations.END_DAY: (
        "End the day now?",
        "Readings are refused for the moment it takes to merge the log into its day files and to "
        "renew the index. Then receiving resumes by itself.",
    ),
    Operations.REBUILD: (
        "Rebuild the index from nothing?",
        "The day is ended, then every day file is read again. Readings are refused meanwhile; "
        "pages stay readable. With years of readings this takes minutes.",
    ),
}


def question(act: str) -> tuple[str, str, str]:
    """The act with the title and text of the question before it."""
    known = {str(name): said for name, said in QUESTIONS.items()}
    if act not in known:
        raise BadInput(f"{act[:40]!r} is nothing that can be asked for here.")
    return (act, *known[act])


def begun(book: Book, viewer: Viewer, act: str) -> Component | str:
    """Put the work into the queue; a sentence when it cannot begin."""
    if act not in QUESTIONS:
        return messages.error("Choose first what is to be done.")
    try:
        book.authorize(viewer, Action.OPERATE)
        params = {"rebuild": Operations(act) is Operations.REBUILD}
        book.jobs.start(END_DAY, params, actor=viewer.name)
    except MeterbookError as error:
        return messages.error(error.sentence)
    return ""
