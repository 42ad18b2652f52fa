"""Import a staged file: recognize it, judge every row, store what is good or only show what would.

    staged file ─> parser ─> chunks ─> submit (or preview) ─> counts, sample, refused rows

The answer of a dry run and of an import alike, as the job's result:

    file, name, format, dry_run, source
    rows, accepted, duplicates, rejected
    meters, unknown_meters       registered meters the file names, and how many others
    first, last                  the time span of what could be read
    missing_half_hours           inside that span, register by register
    rejections                   the first 200: [{line, verdict, reason}]
    rejected_file                where all of them stand, "" when there are none
    sample                       the first rows: [{line, meter_id, register_id, start, end, kwh}];
                                 of a register read `start` is empty and `kwh` the register

A dry run holds each chunk (about 100,000 rows) against what is stored, not against the chunks
before it; an import holds every row against all that came before.

A large import has the log sealed now and then, so that log and tail stay small; nobody is
kept from sending readings by that. After an import the staged bytes go; what it refused stays
for download.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from heapq import merge
from operator import attrgetter

import numpy as np

from data_layer.accounts.audit import AuditTrail, Detail
from data_layer.accounts.model import OPERATOR, Role, Viewer
from data_layer.errors import BadInput, MeterbookError, NotFound, RuleBroken
from data_layer.jobs.memory import give_back_memory
from data_layer.jobs.model import Params, Result, Task
from data_layer.journeys.import_tally import Tally
from data_layer.journeys.rejections_file import RejectionsFile
from data_layer.journeys.upload_staging import StagedFile, UploadStaging
from data_layer.readings import operations
from data_layer.readings.intervals import IntervalBatch, submit_intervals
from data_layer.readings.model import Action, ReadingBatch, Receipt, Rejection, Scope
from data_layer.readings.parsers import Format, parse, recognize
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.readings.rules import REGISTER_CSV
from data_layer.readings.sentences import REJECTIONS_AT_MOST

IMPORT_READINGS = "import_readings"
FORMATS = {
    "register": frozenset({Format.REGISTER_CSV}),
    "interval": frozenset(Format) - {Format.REGISTER_CSV},
}
"""What one may say a file is; `auto` says nothing."""
SEALED_AFTER = 2_000_000
"""Readings an import leaves in the log and in memory before it has them merged."""
PART_ROWS = REJECTIONS_AT_MOST // 3
"""No receipt can overflow over so many rows: an interval becomes at most three readings."""


@dataclass(frozen=True, slots=True)
class _Order:
    """The job's parameters, read strictly."""

    file: str
    family: str
    meter_id: str
    dry_run: bool

    @classmethod
    def of(cls, params: Params) -> _Order:
        return cls(
            file=str(params["file"]),
            family=str(params.get("format") or "auto"),
            meter_id=str(params.get("meter_id") or ""),
            dry_run=bool(params.get("dry_run", False)),
        )


@dataclass(frozen=True)
class ImportFile:
    """The journey with all it needs; called as the handler of its kind of job."""

    room: ReadingRoom
    staging: UploadStaging
    audit: AuditTrail
    authorize: Callable[[Viewer, Action], Scope]

    def __call__(self, task: Task) -> Result:
        order = _Order.of(task.job.params)
        staged = self.staging.find(order.file)
        source = f"file:{task.job.id}"
        facts: dict[str, Detail] = {"source": source, "dry_run": order.dry_run}
        try:
            tally, file_format = self._take(task, order, staged, source)
        except BadInput as error:
            told = BadInput(f"{staged.name}: {error.sentence}", field=error.field)
            self._record_failure(task, told, staged, facts)
            raise told from error
        except MeterbookError as error:
            self._record_failure(task, error, staged, facts)
            raise
        self.audit.record(
            task.job.actor,
            "file checked" if order.dry_run else "file imported",
            staged.name,
            **{**facts, **tally.counts()},
        )
        if not order.dry_run:
            staged.path.unlink(missing_ok=True)
        return {
            "file": staged.id,
            "name": staged.name,
            "format": file_format.value,
            **facts,
            **tally.counts(),
            **tally.facts(),
            "rejected_file": str(staged.rejected_path) if tally.rejected else "",
        }

    def _record_failure(
        self, task: Task, error: MeterbookError, staged: StagedFile, facts: dict[str, Detail]
    ) -> None:
        self.audit.record(
            task.job.actor, "import failed", staged.name, reason=error.sentence, **facts
        )

    def _take(
        self, task: Task, order: _Order, staged: StagedFile, source: str
    ) -> tuple[Tally, Format]:
        room = self.room
        file_format = _recognized(staged, order.family)
        if order.meter_id and file_format is not Format.REGISTER_CSV:
            _require_active(room, order.meter_id)
        scope = self.authorize(_viewer(task.job.actor), Action.SUBMIT_READINGS)
        tally = Tally(room.zone, room.standing)
        chunks = parse(
            staged.path, file_format, zone=room.zone, source=source, meter_id=order.meter_id
        )
        verb = "checking rows" if order.dry_run else "storing rows"
        unsealed = 0
        with RejectionsFile(staged.rejected_path, of=staged.path) as refused:
            for chunk in chunks:
                task.pause_point()
                asked = replace(room, standing=_remembered(room.standing))
                tally.read(chunk)
                receipt = _judged(asked, scope, chunk.batch, source, dry_run=order.dry_run)
                tally.judged(receipt)
                judged = _all_refused(asked, scope, chunk.batch, source, receipt)
                in_order = merge(chunk.rejections, judged, key=attrgetter("line"))
                refused.add(tally.listed(in_order))
                task.progress(verb, chunk.bytes_read, staged.bytes)
                unsealed += 0 if order.dry_run else receipt.accepted
                if unsealed >= SEALED_AFTER:
                    _seal(room, task, chunk.bytes_read, staged.bytes)
                    unsealed = 0
        return tally, file_format


def _seal(room: ReadingRoom, task: Task, done: int, total: int) -> None:
    """Merge what is stored so far into the day files; the bar goes on counting the file."""
    room.store.seal(lambda what, _done, _of: task.progress(what, done, total))
    give_back_memory()


def _recognized(staged: StagedFile, family: str) -> Format:
    if not staged.path.exists():
        raise BadInput("the file has been imported already: send it again.", field="file")
    found = recognize(staged.path)
    if family != "auto":
        if family not in FORMATS:
            raise BadInput(f"format {family[:40]!r} must be auto, register or interval.")
        if found not in FORMATS[family]:
            raise BadInput(
                f"the file is recognized as {found.value}, which is no {family} file.",
                field="format",
            )
    return found


def _require_active(room: ReadingRoom, meter_id: str) -> None:
    """Refuse a whole file once for the meter it was said to be of, not every row of it."""
    match room.standing(meter_id):
        case Standing.UNKNOWN:
            raise NotFound(
                f"meter {meter_id[:40]!r} is not registered: give another meter for this file, or "
                "register it under Accounts first.",
                field="meter_id",
            )
        case Standing.INACTIVE:
            raise RuleBroken(
                f"meter {meter_id[:40]!r} is inactive: it takes no new readings.", field="meter_id"
            )


def _viewer(actor: str) -> Viewer:
    """Whoever the door let start the job: only admins and the operator may."""
    return OPERATOR if actor == OPERATOR.name else Viewer(Role.ADMIN, actor)


def _remembered(standing: Callable[[str], Standing]) -> Callable[[str], Standing]:
    """Each meter's standing asked once a chunk, not once a part of it."""
    known: dict[str, Standing] = {}

    def remembered(meter_id: str) -> Standing:
        found = known.get(meter_id)
        if found is None:
            found = known[meter_id] = standing(meter_id)
        return found

    return remembered


def _judged(
    room: ReadingRoom,
    scope: Scope,
    batch: ReadingBatch | IntervalBatch,
    source: str,
    *,
    dry_run: bool,
) -> Receipt:
    if isinstance(batch, IntervalBatch):
        return submit_intervals(room, scope, batch, source=source, dry_run=dry_run)
    act = operations.preview if dry_run else operations.submit
    return act(room, scope, batch, rules=REGISTER_CSV)


def _all_refused(
    room: ReadingRoom,
    scope: Scope,
    batch: ReadingBatch | IntervalBatch,
    source: str,
    receipt: Receipt,
) -> Iterator[Rejection]:
    """Every refused row, also of a chunk with more of them than a receipt lists.

    Such a chunk is judged once more in parts too small to overflow; what it stored is a
    duplicate by now, what it refused is refused again.
    """
    if receipt.rejected == len(receipt.rejections):
        yield from receipt.rejections
        return
    for low in range(0, len(batch), PART_ROWS):
        part = _part(batch, low, low + PART_ROWS)
        yield from _judged(room, scope, part, source, dry_run=True).rejections


def _part(batch: ReadingBatch | IntervalBatch, low: int, high: int) -> ReadingBatch | IntervalBatch:
    if isinstance(batch, ReadingBatch):
        return batch.take(np.arange(low, min(high, len(batch))))
    return IntervalBatch(
        batch.series,
        batch.series_code[low:high],
        batch.start[low:high],
        batch.end[low:high],
        batch.energy[low:high],
        batch.line[low:high],
    )
