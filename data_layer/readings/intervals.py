"""The way in for interval data: held against what is stored, submitted as readings.

What intervals come to as readings, and the rule for duplicates, is in `interval_runs.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from data_layer.clock import HALF_HOUR, HomeZone
from data_layer.quantities import format_kwh
from data_layer.readings.interval_runs import Intake, IntervalBatch, rounded_wh, to_readings
from data_layer.readings.model import (
    Ints,
    ReadingBatch,
    Receipt,
    Rejection,
    Scope,
    SeriesKey,
    Verdict,
)
from data_layer.readings.operations import preview, submit
from data_layer.readings.room import ReadingRoom, require_meter
from data_layer.readings.rules import INTERVAL_FILE
from data_layer.readings.sentences import CORRECTION_RULE, REJECTIONS_AT_MOST

__all__ = ["Coverage", "IntervalBatch", "submit_intervals"]


def submit_intervals(
    room: ReadingRoom,
    scope: Scope,
    intervals: IntervalBatch,
    *,
    source: str,
    rejections: Sequence[Rejection] = (),
    now: datetime | None = None,
    dry_run: bool = False,
) -> Receipt:
    """Store the intervals that are new, by the single way in; the receipt counts intervals.

    `rejections` are lines its parser refused already: they are counted and listed with the rest.
    With `dry_run` the same is judged and nothing is stored.
    """
    for key in intervals.series:
        require_meter(scope, key.meter_id)
    intake = to_readings(intervals, room.store.neighbors(_reach(intervals)), source=source)
    act = preview if dry_run else submit
    receipt = act(room, scope, intake.readings, rules=INTERVAL_FILE, now=now)
    refused = {rejection.line - 1: rejection for rejection in receipt.rejections}
    contradicting = np.flatnonzero(intake.verdicts == Verdict.CONFLICT).tolist()
    # An initial reading carries the position of an interval of its run: counted once. Of what
    # stands beyond a full list nothing is known but that there are no more than all intervals.
    refused_twice = len(receipt.rejections) - len(refused)
    duplicates = int((intake.verdicts == Verdict.DUPLICATE).sum()) + receipt.duplicates
    rejected = min(
        len(contradicting) + receipt.rejected - refused_twice, len(intervals) - duplicates
    )
    told = [
        *rejections,
        *(_contradiction(intervals, intake, seat, room.zone) for seat in contradicting),
        *(
            Rejection(int(intervals.line[seat]), rejection.verdict, rejection.sentence)
            for seat, rejection in refused.items()
        ),
    ]
    return Receipt(
        accepted=len(intervals) - duplicates - rejected,
        duplicates=duplicates,
        rejected=rejected + len(rejections),
        rejections=tuple(sorted(told, key=lambda refusal: refusal.line)[:REJECTIONS_AT_MOST]),
    )


def _reach(intervals: IntervalBatch) -> ReadingBatch:
    """First start and last end of each series: between them the stored readings matter."""
    codes = np.unique(intervals.series_code)
    first = [intervals.start[intervals.series_code == code].min() for code in codes]
    last = [intervals.end[intervals.series_code == code].max() for code in codes]
    both = np.concatenate((codes, codes))
    return ReadingBatch.of(
        intervals.series, both, np.array([*first, *last], dtype=np.int64), np.zeros(len(both))
    )


def _contradiction(
    intervals: IntervalBatch, intake: Intake, seat: int, zone: HomeZone
) -> Rejection:
    """What the interval runs into, and what an admin can do about it."""
    start, end = int(intervals.start[seat]), int(intervals.end[seat])
    told = (
        f"interval of {format_kwh(rounded_wh(intervals.energy[seat]))} kWh from "
        f"{zone.format(start)} to {zone.format(end)}"
    )
    if seat in intake.meeting:
        read_at, value_wh = intake.meeting[seat]
        sentence = (
            f"{told} ends where the meter's first reading stands, {format_kwh(value_wh)} kWh at "
            f"{zone.format(read_at)}: one register cannot have two values at one time, so this "
            "interval stays missing; earlier and later ones are not concerned."
        )
    elif seat in intake.known_wh:
        sentence = (
            f"{told} contradicts {format_kwh(intake.known_wh[seat])} kWh stored for that time: "
            f"{CORRECTION_RULE}"
        )
    else:
        sentence = (
            f"{told} overlaps time that is known from other readings or earlier lines of the "
            f"file: {CORRECTION_RULE}"
        )
    return Rejection(int(intervals.line[seat]), Verdict.CONFLICT, sentence)


@dataclass
class Coverage:
    """Tells what is missing between the first and the last interval of a file, chunk by chunk."""

    _spans: dict[SeriesKey, list[tuple[Ints, Ints]]] = field(default_factory=dict)

    def add(self, intervals: IntervalBatch) -> None:
        for code in np.unique(intervals.series_code).tolist():
            own = intervals.series_code == code
            spans = self._spans.setdefault(intervals.series[code], [])
            spans.append((intervals.start[own], intervals.end[own]))

    @property
    def missing_half_hours(self) -> int:
        """Half hours that no interval covers, over all series."""
        return sum(_gaps(spans) for spans in self._spans.values()) // HALF_HOUR


def _gaps(spans: Iterable[tuple[Ints, Ints]]) -> int:
    """Seconds between the first start and the last end that no span covers."""
    starts, ends = (np.concatenate(column) for column in zip(*spans, strict=True))
    order = np.argsort(starts, kind="stable")
    covered_until = np.maximum.accumulate(ends[order])[:-1]
    return int(np.maximum(starts[order][1:] - covered_until, 0).sum())
