"""A stored reading corrected or withdrawn: its revision in the log, the reason in the audit.

Between the two the database may fail. Whoever asks again then finds the revision stored, and its
reason is written down; only when both are there is there nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable

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
    return _revised(
        lambda: operations.correct(readings, scope, reading, reason=said),
        audit, scope, CORRECTED, said,
    )  # fmt: skip


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
    return _revised(
        lambda: operations.void(
            readings, scope, key, read_at=read_at, kind=kind, source=source, reason=said
        ),
        audit, scope, WITHDRAWN, said,
    )  # fmt: skip


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


def _revised(
    revise: Callable[[], Reading], audit: AuditTrail, scope: Scope, action: str, reason: str
) -> Reading:
    try:
        revision = revise()
    except operations.AlreadySo as error:
        revision = error.standing
        if revision.revision == 0 or _is_told(audit, revision):
            raise
    audit.record(scope.actor, action, revision.meter_id, **_about(revision), reason=reason)
    return revision


def _is_told(audit: AuditTrail, revision: Reading) -> bool:
    about = _about(revision).items()
    told = audit.about(revision.meter_id, CORRECTED, WITHDRAWN)
    return any(about <= line.details.items() for line in told)


def _about(revision: Reading) -> dict[str, str | int]:
    """What names a revision in the audit, beside its meter."""
    return {
        "register": revision.register_id,
        "read_at": revision.read_at,
        "revision": revision.revision,
    }
