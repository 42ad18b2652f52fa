"""A stored reading corrected or withdrawn: its revision in the log, the reason in the audit."""

from __future__ import annotations

from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.rules import LONGEST_TEXT
from data_layer.errors import BadInput
from data_layer.readings import operations
from data_layer.readings.model import Kind, Reading, Scope, SeriesKey
from data_layer.readings.room import ReadingRoom

CORRECTED, WITHDRAWN = "reading corrected", "reading withdrawn"


def correct(
    readings: ReadingRoom, audit: AuditTrail, scope: Scope, reading: Reading, *, reason: str
) -> Reading:
    """Store a new revision of a reading and write down why. Returns it as stored.

    Raises BadInput for a reason that says nothing, else as `operations.correct` does.
    """
    said = checked_reason(reason)
    revision = operations.correct(readings, scope, reading, reason=said)
    _record(audit, scope, CORRECTED, revision, said)
    return revision


def withdraw(
    readings: ReadingRoom,
    audit: AuditTrail,
    scope: Scope,
    key: SeriesKey,
    *,
    read_at: int,
    kind: Kind,
    source: str,
    reason: str,
) -> Reading:
    """Store a revision without a value and write down why. Returns it; raises as `correct` does."""
    said = checked_reason(reason)
    revision = operations.void(
        readings, scope, key, read_at=read_at, kind=kind, source=source, reason=said
    )
    _record(audit, scope, WITHDRAWN, revision, said)
    return revision


def checked_reason(text: str) -> str:
    """A reason in one line. Raises BadInput where it says nothing or cannot be kept.

    >>> checked_reason(" misread,\\n by one digit ")
    'misread, by one digit'
    """
    said = " ".join(text.split())
    if not said:
        raise BadInput("reason is missing: say why, it is kept in the audit.", field="reason")
    if len(said) > LONGEST_TEXT or not said.isprintable():
        raise BadInput(f"reason must be up to {LONGEST_TEXT} printable characters.", field="reason")
    return said


def _record(audit: AuditTrail, scope: Scope, action: str, revision: Reading, reason: str) -> None:
    audit.record(
        scope.actor,
        action,
        revision.meter_id,
        register=revision.register_id,
        read_at=revision.read_at,
        revision=revision.revision,
        reason=reason,
    )
