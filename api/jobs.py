"""REST: long work is begun, followed and listed by admins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response

from api.answers import json_answer
from api.office_contract import JobAnswer, JobsAnswer, JobsAsked, NewJob
from api.parameters import is_true, one_of, parameters, text, whole
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import HomeZone, epoch_of
from data_layer.errors import BadInput, NotFound
from data_layer.jobs.model import Job
from data_layer.journeys.bill_month import BILL_MONTH, begin_billing
from data_layer.journeys.end_day import END_DAY
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer

CALLS = {
    "jobs.find": Call("List long work", JobsAsked, JobsAnswer),
    "jobs.show": Call("Follow long work", None, JobAnswer),
    "jobs.begin": Call("End the day, or bill a month", NewJob, JobAnswer, status=202),
}
ACTIONS = {END_DAY: Action.OPERATE, BILL_MONTH: Action.MANAGE_BILLS}
USUAL, MOST = 50, 1000
LONGEST_ID = 18


def jobs(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET and POST /api/jobs, GET /api/jobs/<job>."""
    door = Blueprint("jobs", __name__)
    policy.allow("jobs.find", {Role.ADMIN}, renews=False, takes_keys=True)
    policy.allow("jobs.show", {Role.ADMIN}, renews=False, takes_keys=True)
    policy.allow("jobs.begin", {Role.ADMIN}, takes_keys=True)

    @door.get("/api/jobs")
    def find() -> Response:
        limit = whole(parameters(*JobsAsked.model_fields), "limit", USUAL, least=1, most=MOST)
        book = book_of()
        book.authorize(current_viewer(), Action.OPERATE)
        shown = [job_facts(job, book.zone) for job in book.jobs.recent(limit)]
        return json_answer({"jobs": shown})

    @door.get("/api/jobs/<job>")
    def show(job: str) -> Response:
        parameters()
        book = book_of()
        book.authorize(current_viewer(), Action.OPERATE)
        if not job.isascii() or not job.isdecimal() or len(job) > LONGEST_ID:
            raise NotFound(f"job {job[:40]!r} is not known.", field="job")
        return json_answer(job_facts(book.jobs.get(job), book.zone))

    @door.post("/api/jobs")
    def begin() -> Response:
        given = parameters(*NewJob.model_fields)
        kind = one_of(given, "kind", ACTIONS)
        params: dict[str, object] = {}
        if kind == BILL_MONTH:
            params["month"] = text(given, "month")
        else:
            params["rebuild"] = is_true(given, "rebuild")
        for name in given.keys() - params.keys() - {"kind"}:
            raise BadInput(f"{name} does not belong to a job of kind {kind}.", field=name)
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, ACTIONS[kind])
        if kind == BILL_MONTH:
            today = book.zone.day_of(epoch_of(book.clock()))
            job_id = begin_billing(book.jobs, str(params["month"]), today=today, actor=viewer.name)
        else:
            job_id = book.jobs.start(kind, params, actor=viewer.name)
        return json_answer(job_facts(book.jobs.get(job_id), book.zone), 202)

    return door


def job_facts(job: Job, zone: HomeZone) -> dict[str, object]:
    """A job as it is now."""

    def at(moment: datetime | None) -> str | None:
        return None if moment is None else zone.format(epoch_of(moment))

    return {
        "id": job.id,
        "kind": job.kind,
        "params": job.params,
        "state": job.state.value,
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "result": job.result,
        "error": job.error,
        "actor": job.actor,
        "created_at": at(job.created_at),
        "started_at": at(job.started_at),
        "finished_at": at(job.finished_at),
    }
