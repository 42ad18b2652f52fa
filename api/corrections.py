"""REST: a stored reading is corrected or withdrawn by an admin, as a new revision with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response

from api.answers import json_answer
from api.correction_contract import ReadingToCorrect, ReadingToWithdraw
from api.meter_readings import source_of
from api.office_contract import StoredReading
from api.parameters import Given, instant, meter_id, optional, parameters, reading_wh, text
from api.reference import Call
from api.stored_readings import reading_facts
from data_layer.accounts.model import Role, Viewer
from data_layer.book import Book
from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.journeys.revise_reading import correct, withdraw
from data_layer.readings import queries
from data_layer.readings.model import (
    ACTUAL,
    DEFAULT_REGISTER,
    KIND_TEXT,
    Action,
    Kind,
    Reading,
    ReadingBatch,
    SeriesKey,
)
from data_layer.readings.rules import ID_PATTERN, ID_RULE
from security import policy
from security.viewer import current_viewer

CALLS = {
    "corrections.correct_one": Call("Correct a stored reading", ReadingToCorrect, StoredReading),
    "corrections.withdraw_one": Call("Withdraw a stored reading", ReadingToWithdraw, StoredReading),
}
KINDS = {word: kind for kind, word in KIND_TEXT.items()}


def corrections(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: POST /api/correct_meter_reading, POST /api/withdraw_meter_reading."""
    door = Blueprint("corrections", __name__)
    for name in CALLS:
        policy.allow(name, {Role.ADMIN}, takes_keys=True)

    @door.post("/api/correct_meter_reading")
    def correct_one() -> Response:
        given = parameters(*ReadingToCorrect.model_fields)
        book, viewer = book_of(), current_viewer()
        asked, value_wh, reason = _asked(given, book.zone), reading_wh(given), text(given, "reason")
        scope = book.authorize(viewer, Action.CORRECT_READINGS, asked.key.meter_id)
        reading = Reading(
            meter_id=asked.key.meter_id,
            register_id=asked.key.register_id,
            read_at=asked.read_at,
            value_wh=value_wh,
            kind=asked.kind,
            type=_type_now(book, viewer, asked),
            source=source_of(viewer),
        )
        return _told(correct(book.readings, book.audit, scope, reading, reason=reason), book.zone)

    @door.post("/api/withdraw_meter_reading")
    def withdraw_one() -> Response:
        given = parameters(*ReadingToWithdraw.model_fields)
        book, viewer = book_of(), current_viewer()
        asked, reason = _asked(given, book.zone), text(given, "reason")
        scope = book.authorize(viewer, Action.CORRECT_READINGS, asked.key.meter_id)
        revision = withdraw(
            book.readings,
            book.audit,
            scope,
            asked.key,
            read_at=asked.read_at,
            kind=asked.kind,
            source=source_of(viewer),
            reason=reason,
        )
        return _told(revision, book.zone)

    return door


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which stored reading is meant."""

    key: SeriesKey
    read_at: int
    kind: Kind


def _asked(given: Given, zone: HomeZone) -> _Asked:
    register = optional(given, "register_id") or DEFAULT_REGISTER
    if not ID_PATTERN.fullmatch(register):
        raise BadInput(f"register_id {register[:40]!r} is not {ID_RULE}.", field="register_id")
    kind = optional(given, "kind")
    if kind not in KINDS:
        raise BadInput(f"kind {kind[:40]!r} is unknown: leave it out or say initial.", field="kind")
    return _Asked(
        SeriesKey(meter_id(given), register), instant(given, "timestamp", zone), KINDS[kind]
    )


def _type_now(book: Book, viewer: Viewer, asked: _Asked) -> str:
    """How the reading came about, which a corrected value does not change."""
    scope = book.authorize(viewer, Action.READ_READINGS)
    stored = queries.revisions(book.readings, scope, key=asked.key, read_at=asked.read_at).rows()
    own = [row for row in stored if row.kind is asked.kind]
    return max(own, key=lambda row: row.revision).type if own else ACTUAL


def _told(revision: Reading, zone: HomeZone) -> Response:
    batch = ReadingBatch.from_readings([revision])
    return json_answer(reading_facts(batch, 0, zone, replaced=False))
