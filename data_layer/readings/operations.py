"""Every way to change the book of readings: submit, preview, correct, void. There is no other.

    parse (a door)  ->  submit  ->  form and time  ->  store: held against what is stored,
                                                       made durable, published
                            <-  Receipt(accepted, duplicates, rejected with reasons)

When a receipt is given, the accepted rows are on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Conflict, Forbidden, NotFound
from data_layer.readings.judging import judge
from data_layer.readings.model import (
    Action,
    Kind,
    Reading,
    ReadingBatch,
    Receipt,
    Rejection,
    Scope,
    SeriesKey,
    Verdict,
    join,
)
from data_layer.readings.room import ReadingRoom, Standing, require_meter
from data_layer.readings.rules import (
    ADMIN_MANUAL,
    SourceRules,
    error_for,
    judge_form,
    require_words,
)
from data_layer.readings.sentences import REJECTIONS_AT_MOST, explain
from data_layer.readings.store import Verdicts


class AlreadySo(Conflict):
    """A correction says what the reading says; `standing` is its revision."""

    def __init__(self, sentence: str, *, standing: Reading) -> None:
        super().__init__(sentence)
        self.standing = standing


def submit(
    room: ReadingRoom,
    scope: Scope,
    batch: ReadingBatch,
    *,
    rules: SourceRules,
    rejections: Sequence[Rejection] = (),
    now: datetime | None = None,
) -> Receipt:
    """Store what the rules allow and say what became of every row.

    `rejections` are rows its parser refused already: they are counted and listed with the rest.
    Raises Forbidden when the scope does not cover the batch, Unavailable when not receiving;
    then nothing was stored.
    """
    moment = now or room.clock()
    verdicts = _first_verdicts(room, scope, batch, rules, moment)
    final = room.store.append(batch, verdicts, judge)
    return _receipt(room, batch, final, rejections, moment)


def preview(
    room: ReadingRoom,
    scope: Scope,
    batch: ReadingBatch,
    *,
    rules: SourceRules,
    rejections: Sequence[Rejection] = (),
    now: datetime | None = None,
) -> Receipt:
    """The receipt `submit` would give now; nothing is stored."""
    moment = now or room.clock()
    verdicts = _first_verdicts(room, scope, batch, rules, moment)
    final = room.store.preview(batch, verdicts, judge)
    return _receipt(room, batch, final, rejections, moment)


def submit_one(
    room: ReadingRoom,
    scope: Scope,
    reading: Reading,
    *,
    rules: SourceRules,
    now: datetime | None = None,
) -> Receipt:
    """Submit a single reading; a refusal is raised as its error: 400, 404, 409 or 422."""
    batch = ReadingBatch.from_readings([reading])
    receipt = submit(room, scope, batch, rules=rules, now=now)
    for rejection in receipt.rejections:
        raise error_for(rejection.verdict, rejection.sentence)
    return receipt


def correct(
    room: ReadingRoom,
    scope: Scope,
    reading: Reading,
    *,
    reason: str,
    now: datetime | None = None,
) -> Reading:
    """Store a new revision of a reading: its value, type and flag from now on.

    Held against both neighbors like any reading. A suspect reading is accepted by correcting it
    to a valid one of the same value. Returns the revision as stored; the caller writes the reason
    to the audit. Raises AlreadySo, NotFound, Conflict, RuleBroken, BadInput, Forbidden,
    Unavailable.
    """
    if reading.value_wh is None:
        raise BadInput("reading must have a value: to withdraw it, void it.", field="reading")
    return _revise(room, scope, reading, reason, now or room.clock())


def void(
    room: ReadingRoom,
    scope: Scope,
    key: SeriesKey,
    *,
    read_at: int,
    kind: Kind = Kind.READ,
    source: str,
    reason: str,
    now: datetime | None = None,
) -> Reading:
    """Withdraw a reading: a new revision without value, its type kept. Raises as `correct` does."""
    withdrawn = Reading(key.meter_id, key.register_id, read_at, None, kind=kind, source=source)
    return _revise(room, scope, withdrawn, reason, now or room.clock())


def _first_verdicts(
    room: ReadingRoom, scope: Scope, batch: ReadingBatch, rules: SourceRules, now: datetime
) -> Verdicts:
    if scope.action is not Action.SUBMIT_READINGS:
        raise Forbidden(f"permission to {scope.action} does not allow submitting readings.")
    _require_meters(scope, batch)
    if np.count_nonzero(batch.revision):
        raise ValueError("only a correction carries a revision")
    require_words(batch)
    registry = room.registry()
    return judge_form(
        batch, rules, standing=room.standing, zone=room.zone, now=now, registry=registry
    )


def _require_meters(scope: Scope, batch: ReadingBatch) -> None:
    if scope.meter_ids is None:
        return
    if all(key.meter_id in scope.meter_ids for key in batch.series):
        return
    used = np.unique(batch.series_code).tolist()
    others = {batch.series[code].meter_id for code in used} - scope.meter_ids
    if others:
        raise Forbidden(f"{scope.actor} may not submit readings of meter {min(others)[:40]!r}.")


def _receipt(
    room: ReadingRoom,
    batch: ReadingBatch,
    verdicts: Verdicts,
    rejections: Sequence[Rejection],
    now: datetime,
) -> Receipt:
    said = verdicts.tobytes()
    accepted, duplicates = said.count(Verdict.ACCEPTED), said.count(Verdict.DUPLICATE)
    refused = len(batch) - accepted - duplicates
    told = list(rejections[:REJECTIONS_AT_MOST])
    if refused:
        told += _explained(room, batch, verdicts, now)
        told.sort(key=lambda rejection: rejection.line)
    return Receipt(
        accepted=accepted,
        duplicates=duplicates,
        rejected=refused + len(rejections),
        rejections=tuple(told[:REJECTIONS_AT_MOST]),
        verdicts=verdicts,
    )


def _explained(
    room: ReadingRoom, batch: ReadingBatch, verdicts: Verdicts, now: datetime
) -> list[Rejection]:
    disputed = batch.take(np.flatnonzero(verdicts >= Verdict.CONFLICT)[:REJECTIONS_AT_MOST])
    around = room.store.neighbors(disputed)
    if len(disputed):
        # In a preview the rows accepted with them are stored nowhere else.
        around = join([around, batch.take(verdicts == Verdict.ACCEPTED)])
    return list(explain(batch, verdicts, around, zone=room.zone, now=now))


def _revise(
    room: ReadingRoom, scope: Scope, reading: Reading, reason: str, now: datetime
) -> Reading:
    if scope.action is not Action.CORRECT_READINGS:
        raise Forbidden(f"permission to {scope.action} does not allow correcting readings.")
    require_meter(scope, reading.meter_id)
    if not reason.strip():
        raise BadInput("reason must be given: a correction is kept with why it was made.")
    current = _current(room, reading)
    if reading.value_wh is None:
        reading = replace(reading, type=current.type)  # so that it can be told again
    if (current.value_wh, current.flag, current.type) == (
        reading.value_wh,
        reading.flag,
        reading.type,
    ):
        said = f"the reading at {room.zone.format(reading.read_at)} says so already."
        raise AlreadySo(said, standing=current)
    revised = replace(reading, revision=current.revision + 1)
    batch = ReadingBatch.from_readings([revised])
    require_words(batch)
    verdicts = judge_form(batch, ADMIN_MANUAL, standing=_any_meter, zone=room.zone, now=now)
    final = room.store.append(batch, verdicts, judge)
    verdict = Verdict(int(final[0]))
    if verdict is Verdict.ACCEPTED:
        return revised
    if verdict in (Verdict.CONFLICT, Verdict.DUPLICATE):
        raise Conflict("the reading was corrected by somebody else in the meantime: look again.")
    raise error_for(verdict, _explained(room, batch, final, now)[0].sentence)


def _any_meter(_: str) -> Standing:
    """History is corrected whatever has become of its meter."""
    return Standing.ACTIVE


def _current(room: ReadingRoom, reading: Reading) -> Reading:
    """The highest revision stored under the reading's key. Raises NotFound."""
    key = SeriesKey(reading.meter_id, reading.register_id)
    stored = [
        row for row in room.store.revisions(key, reading.read_at).rows() if row.kind == reading.kind
    ]
    if not stored:
        raise NotFound(_nothing_stored(room.zone, reading), field="timestamp")
    return max(stored, key=lambda row: row.revision)


def _nothing_stored(zone: HomeZone, reading: Reading) -> str:
    kind = "initial reading" if reading.kind is Kind.INITIAL else "reading"
    return (
        f"no {kind} of meter {reading.meter_id[:40]!r}, register {reading.register_id[:40]!r}, "
        f"is stored at {zone.format(reading.read_at)}."
    )
