"""REST: maintenance, receiving stopped and resumed, readings restored: an operator's machine."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Blueprint, Response

from api.answers import json_answer
from api.maintenance_contract import (
    MaintenanceAsked,
    MaintenanceBegun,
    MaintenanceStatus,
    Restored,
    Switched,
)
from api.parameters import one_of, parameters
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import Unavailable
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.maintenance import (
    MaintenanceType,
    begin_maintenance,
    begin_restore,
    under_way,
)
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer

CALLS = {
    "maintenance.start": Call("End the day, the month, or both", MaintenanceAsked,
                              MaintenanceBegun),
    "maintenance.status": Call("Whether maintenance runs and readings are taken", None,
                               MaintenanceStatus),
    "maintenance.shutdown": Call("Stop receiving readings", None, Switched),
    "maintenance.resume": Call("Receive readings again", None, Switched),
    "maintenance.restore": Call("Read every file of readings again", None, Restored),
}  # fmt: skip
TYPES = {kind.value: kind for kind in MaintenanceType}
DONE = "every file was read and is as it was written"
GOES_ON = "the restore goes on; its job tells when it is done"
PATIENCE_SECONDS, LOOK_SECONDS = 20.0, 0.1
"""How long a restore is waited for before it is answered as under way."""


def maintenance(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: POST /api/maintenance/start, GET /api/maintenance/status, POST /api/shutdown,
    /api/resume, /api/restore_data."""
    door = Blueprint("maintenance", __name__)
    for endpoint in CALLS:
        policy.allow(endpoint, {Role.ADMIN}, takes_keys=True, renews=False)

    def operated() -> tuple[Book, str]:
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.OPERATE)
        return book, viewer.name

    @door.post("/api/maintenance/start")
    def start() -> Response:
        given = parameters(*MaintenanceAsked.model_fields)
        wanted = TYPES[one_of(given, "maintenance_type", TYPES)]
        book, actor = operated()
        today = book.zone.day_of(epoch_of(book.clock()))
        begun = begin_maintenance(book.jobs, wanted, today=today, actor=actor)
        return json_answer(
            {
                "success": True,
                "message": f"{wanted.value} maintenance is begun",
                "timestamp": _now(book),
                "maintenance_type": wanted.value,
                "jobs": begun,
            }
        )

    @door.get("/api/maintenance/status")
    def status() -> Response:
        parameters()
        book, _ = operated()
        state = book.state()
        return json_answer(
            {
                "is_maintenance_mode": under_way(book.jobs) is not None,
                "is_receiving_data": state.receiving,
                "timestamp": _now(book),
                "reason": state.reason,
            }
        )

    @door.post("/api/shutdown")
    def shutdown() -> Response:
        parameters()
        book, actor = operated()
        book.receiving_switch.stop(actor=actor)
        return _switched(book, "no readings are taken until receiving is resumed")

    @door.post("/api/resume")
    def resume() -> Response:
        parameters()
        book, actor = operated()
        book.receiving_switch.resume(actor=actor)
        return _switched(book, "readings are taken again")

    @door.post("/api/restore_data")
    def restore() -> Response:
        parameters()
        book, actor = operated()
        job = _ended(book, begin_restore(book.jobs, actor=actor))
        if job.state is JobState.FAILED:
            raise Unavailable(job.error)
        is_done = job.state is JobState.DONE
        return json_answer(
            {
                "success": True,
                "message": DONE if is_done else GOES_ON,
                "timestamp": _now(book),
                "restored_meters_count": job.result.get("restored_meters"),
                "restored_readings_count": job.result.get("restored_readings"),
                "job": job.id,
            }
        )

    return door


def _ended(book: Book, job_id: str) -> Job:
    """The job when it has ended, or as it is when patience has."""
    until = time.monotonic() + PATIENCE_SECONDS
    job = book.jobs.get(job_id)
    while not job.finished and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        job = book.jobs.get(job_id)
    return job


def _switched(book: Book, message: str) -> Response:
    return json_answer(
        {
            "success": True,
            "message": message,
            "timestamp": _now(book),
            "is_receiving_data": book.receiving,
        }
    )


def _now(book: Book) -> str:
    return book.zone.format(epoch_of(book.clock()))
