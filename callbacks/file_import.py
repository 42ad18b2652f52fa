"""A file of readings: sent, checked as a dry run, imported when told so, followed all the way.

The job's id stands in the address, so that a reload or a shared link finds it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from callbacks.import_drawing import drawn
from components import messages, view
from components.ids import Upload
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.errors import MeterbookError, NotFound
from data_layer.jobs.model import Job
from data_layer.journeys.import_file import IMPORT_READINGS
from data_layer.readings.model import Action
from security.viewer import current_viewer

Words = dict[str, str]
Outcome = dict[str, Any]
Asked = dict[str, str | list[str]]
"""The words of the address; one may stand there several times."""


class Staged(TypedDict):
    """What the upload's answer says of a file that has arrived."""

    file: str


def register(app: Dash, book: Book) -> None:
    """Each act writes the next words of the address; the address says which job is shown."""
    outcome = {
        "next_words": Output(Upload.NEXT, "data", allow_duplicate=True),
        "refused": Output(Upload.REFUSED, "children", allow_duplicate=True),
        "all_well": Output(Upload.REFUSED, "hidden", allow_duplicate=True),
    }

    @app.callback(output=outcome, inputs=[Input(Upload.STAGED, "data")], prevent_initial_call=True)
    def check(staged: Staged | None) -> Outcome:
        file = _given(staged)["file"]
        return _outcome(lambda: checked(book, current_viewer(), file=file, meter_id=""))

    @app.callback(
        output=outcome,
        inputs=[Input(Upload.CHECK_AGAIN, "n_clicks")],
        state=[State(Upload.FILE_METER, "value"), State(Upload.VIEW, "data")],
        prevent_initial_call=True,
    )
    def check_again(clicks: int | None, meter_id: str | None, words: Asked | None) -> Outcome:
        asked, meter = _given(clicks and words), (meter_id or "").strip()
        return _outcome(lambda: checked_again(book, current_viewer(), asked, meter_id=meter))

    @app.callback(
        output=outcome,
        inputs=[Input(Upload.IMPORT, "n_clicks")],
        state=[State(Upload.VIEW, "data")],
        prevent_initial_call=True,
    )
    def import_good_rows(clicks: int | None, words: Asked | None) -> Outcome:
        asked = _given(clicks and words)
        return _outcome(lambda: imported(book, current_viewer(), asked))

    @app.callback(
        output=outcome,
        inputs=[Input(Upload.DISCARD, "n_clicks")],
        state=[State(Upload.VIEW, "data")],
        prevent_initial_call=True,
    )
    def discard(clicks: int | None, words: Asked | None) -> Outcome:
        asked = _given(clicks and words)
        return _outcome(lambda: discarded(book, current_viewer(), asked))

    @app.callback(
        Output(Upload.PROGRESS, "children"),
        Output(Upload.POLL, "disabled"),
        Output(Upload.SENDING, "hidden"),
        Input(Upload.POLL, "n_intervals"),
        Input(Upload.VIEW, "data"),
    )
    def follow(_: int | None, words: Asked | None) -> tuple[list[Component], bool, Any]:
        return followed(book, current_viewer(), words or {})

    app.clientside_callback(
        ClientsideFunction("meterbook", "setWords"),
        Input(Upload.NEXT, "data"),
        State(Upload.VIEW, "id"),
        prevent_initial_call=True,
    )


def _given(value: Any) -> Any:
    """The input of a real act; a button that has just appeared was not pressed."""
    if not value:
        raise PreventUpdate
    return value


def _outcome(act: Callable[[], Words]) -> Outcome:
    """The act's words for the address, or the sentence of what refused it."""
    try:
        return {"next_words": act(), "refused": "", "all_well": True}
    except MeterbookError as error:
        return {"next_words": no_update, "refused": error.sentence, "all_well": False}


def checked(book: Book, viewer: Viewer, *, file: str, meter_id: str) -> Words:
    """Begin a dry run of a staged file."""
    return _started(book, viewer, file=file, meter_id=meter_id, dry_run=True)


def checked_again(book: Book, viewer: Viewer, words: Asked, *, meter_id: str) -> Words:
    """Begin another dry run of the file that the address names, for one meter."""
    return checked(book, viewer, file=_file(_job(book, viewer, words)), meter_id=meter_id)


def imported(book: Book, viewer: Viewer, words: Asked) -> Words:
    """Begin the import of the file whose dry run the address names."""
    job = _job(book, viewer, words)
    meter_id = str(job.params.get("meter_id", ""))
    return _started(book, viewer, file=_file(job), meter_id=meter_id, dry_run=False)


def discarded(book: Book, viewer: Viewer, words: Asked) -> Words:
    """Forget the staged file and leave its job."""
    book.staging.discard(_file(_job(book, viewer, words)))
    return {"job": ""}


def followed(book: Book, viewer: Viewer, words: Asked) -> tuple[list[Component], bool, Any]:
    """How far the job of the address is; whether to stop asking; the sending part goes away."""
    if not view.word(words, "job"):
        return [], True, no_update
    try:
        job = _job(book, viewer, words)
    except MeterbookError as error:
        return [messages.error(error.sentence)], True, True
    return drawn(job), job.finished, True


def _started(book: Book, viewer: Viewer, *, file: str, meter_id: str, dry_run: bool) -> Words:
    book.authorize(viewer, Action.SUBMIT_READINGS)
    staged = book.staging.find(file)
    params = {
        "file": staged.id,
        "name": staged.name,
        "format": "auto",
        "meter_id": meter_id,
        "dry_run": dry_run,
    }
    return {"job": book.jobs.start(IMPORT_READINGS, params, actor=viewer.name)}


def _job(book: Book, viewer: Viewer, words: Asked) -> Job:
    """The import that the address names. Raises NotFound."""
    book.authorize(viewer, Action.SUBMIT_READINGS)
    job = book.jobs.get(view.word(words, "job"))
    if job.kind != IMPORT_READINGS:
        raise NotFound(f"job {job.id} is not the import of a file.", field="job")
    return job


def _file(job: Job) -> str:
    return str(job.params["file"])
