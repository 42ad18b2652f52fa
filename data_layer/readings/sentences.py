"""One sentence for each verdict: field, value and the rule it broke; the same at every door.

Times are local with their offset, values kWh. Where a neighbor decided, it is named.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data_layer.clock import HomeZone, epoch_of
from data_layer.quantities import MAXIMUM_WH, VOID_WH, format_kwh
from data_layer.readings.model import Kind, Reading, ReadingBatch, Rejection, Verdict
from data_layer.readings.order import EARLIEST, LATEST, effective, packed
from data_layer.readings.room import unknown_meter
from data_layer.readings.rules import FUTURE_TOLERANCE_SECONDS, ID_PATTERN, ID_RULE
from data_layer.readings.store import Verdicts

REJECTIONS_AT_MOST = 10_000
CORRECTION_RULE = (
    "what is stored stays; an admin corrects it with a reason, under Readings or over REST."
)


@dataclass(frozen=True, slots=True)
class Neighborhood:
    """The effective readings that decided about a row: None where there is none."""

    previous: Reading | None = None
    stored: Reading | None = None
    following: Reading | None = None


NOBODY = Neighborhood()


def sentence(
    verdict: Verdict,
    row: Reading,
    *,
    zone: HomeZone,
    now: datetime,
    around: Neighborhood = NOBODY,
) -> str:
    """Why the row got its verdict. Without neighbors the sentence names the rule alone."""
    told = _told(row, zone)
    match verdict:
        case Verdict.UNREADABLE:
            return _unreadable(row)
        case Verdict.CONFLICT:
            return _conflict(told, around.stored)
        case Verdict.BELOW_PREVIOUS | Verdict.ABOVE_NEXT:
            return _out_of_order(verdict, told, row, around, zone)
    return {
        Verdict.ACCEPTED: f"{told} is accepted.",
        Verdict.DUPLICATE: f"{told} is stored already.",
        Verdict.UNKNOWN_METER: unknown_meter(row.meter_id).sentence,
        Verdict.INACTIVE_METER: f"meter {row.meter_id!r} is inactive: it takes no new readings.",
        Verdict.OFF_THE_HALF_HOUR: (
            f"timestamp {zone.format(row.read_at)} is not on the half hour: minutes must be 00 "
            "or 30, and seconds 00."
        ),
        Verdict.IN_THE_FUTURE: (
            f"timestamp {zone.format(row.read_at)} is in the future: at most "
            f"{FUTURE_TOLERANCE_SECONDS // 60} minutes ahead of now, "
            f"{zone.format(epoch_of(now))}, are allowed."
        ),
        Verdict.MARKED_INVALID: f"{told} is marked invalid by its source.",
    }[verdict]


def explain(
    batch: ReadingBatch,
    verdicts: Verdicts,
    around: ReadingBatch,
    *,
    zone: HomeZone,
    now: datetime,
) -> Iterator[Rejection]:
    """A sentence for every rejected row, in order, at most REJECTIONS_AT_MOST of them.

    `around` holds the stored readings near the rejected rows, any order.
    """
    rejected = np.flatnonzero(verdicts >= Verdict.UNREADABLE)[:REJECTIONS_AT_MOST]
    refused = batch.take(rejected)
    neighbors = _Neighbors(refused, around)
    for seat, row in enumerate(refused.rows()):
        verdict = Verdict(int(verdicts[rejected[seat]]))
        near = neighbors.of(seat) if verdict >= Verdict.CONFLICT else NOBODY
        yield Rejection(
            line=int(refused.line[seat]),
            verdict=verdict,
            sentence=sentence(verdict, row, zone=zone, now=now, around=near),
        )


class _Neighbors:
    """Finds for a refused row the effective readings at, before and after its key."""

    def __init__(self, refused: ReadingBatch, around: ReadingBatch) -> None:
        self._stored = effective(around)
        code_of = {key: n for n, key in enumerate(around.series)}
        codes = np.array([code_of.get(key, -1) for key in refused.series] or [-1])
        self._keys: list[int] = packed(
            self._stored.series_code, self._stored.read_at, self._stored.kind
        ).tolist()
        self._asked: list[int] = packed(
            codes[refused.series_code], np.clip(refused.read_at, EARLIEST, LATEST), refused.kind
        ).tolist()

    def of(self, seat: int) -> Neighborhood:
        key = self._asked[seat]
        at = bisect_left(self._keys, key)
        stored = self._row(at, key) if at < len(self._keys) and self._keys[at] == key else None
        return Neighborhood(
            previous=self._row(at - 1, key),
            stored=stored,
            following=self._row(at + (stored is not None), key),
        )

    def _row(self, seat: int, key: int) -> Reading | None:
        if not 0 <= seat < len(self._keys) or (self._keys[seat] ^ key) >> 33:
            return None
        return self._stored.take([seat]).rows()[0]


def _kwh(value_wh: int | None) -> str:
    return "no value" if value_wh is None else f"{format_kwh(value_wh)} kWh"


def _told(row: Reading, zone: HomeZone) -> str:
    """The reading as people know it: value, register if it is not the usual one, time."""
    kind = "initial reading" if row.kind is Kind.INITIAL else "reading"
    value = VOID_WH if row.value_wh is None else row.value_wh
    return f"{kind} {_kwh(None if value == VOID_WH else value)} at {zone.format(row.read_at)}"


def _unreadable(row: Reading) -> str:
    for field, text in (("meter_id", row.meter_id), ("register_id", row.register_id)):
        if not ID_PATTERN.fullmatch(text):
            return f"{field} {text[:40]!r} is not an id: {ID_RULE}."
    if row.value_wh is None or not 0 <= row.value_wh <= MAXIMUM_WH:
        return (
            f"reading {_kwh(row.value_wh)} is out of range: 0.000 to {format_kwh(MAXIMUM_WH)} kWh."
        )
    return f"timestamp {row.read_at} is not an instant that can be stored."


def _conflict(told: str, stored: Reading | None) -> str:
    if stored is None:
        return (
            f"{told} contradicts what is stored for that time, which is withdrawn or suspect and "
            f"does not count: {CORRECTION_RULE}"
        )
    return f"{told} contradicts {_kwh(stored.value_wh)} stored for that time: {CORRECTION_RULE}"


def _out_of_order(
    verdict: Verdict, told: str, row: Reading, around: Neighborhood, zone: HomeZone
) -> str:
    below = verdict is Verdict.BELOW_PREVIOUS
    neighbor = around.previous if below else around.following
    if row.value_wh is None:
        return f"{told} would leave the readings before and after it decreasing."
    relation = "below the previous" if below else "above the next"
    if neighbor is None:
        return f"{told} is {relation} reading: values never decrease inside a segment."
    return (
        f"{told} is {relation} reading, {_kwh(neighbor.value_wh)} at "
        f"{zone.format(neighbor.read_at)}: values never decrease inside a segment."
    )
