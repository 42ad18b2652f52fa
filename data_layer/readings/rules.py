"""What a source may send: the rules on form and time, and which error a broken rule is.

The rules that need the stored readings (never decreasing, one value a key) are in `judging.py`;
the sentences for people in `sentences.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from data_layer.clock import HALF_HOUR, HomeZone, epoch_of
from data_layer.errors import BadInput, Conflict, MeterbookError, NotFound, RuleBroken
from data_layer.readings.form_kernel import judge_rows
from data_layer.readings.judging import judge
from data_layer.readings.model import ReadingBatch, SeriesKey, Verdict
from data_layer.readings.room import Standing
from data_layer.readings.store import Verdicts

__all__ = [
    "ADMIN_MANUAL",
    "FUTURE_TOLERANCE_SECONDS",
    "ID_PATTERN",
    "ID_RULE",
    "INTERVAL_FILE",
    "REGISTER_CSV",
    "REST",
    "SIMULATOR",
    "UPLOAD_PAGE",
    "SourceRules",
    "error_for",
    "judge",
    "judge_form",
]

FUTURE_TOLERANCE_SECONDS = 5 * 60
ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,31}", re.ASCII)
FEW_SERIES, SERIES_TUPLES_KEPT = 16, 7
SERIES_KEPT, REGISTRIES_KEPT = 1 << 17, 3
_UNSAID = 255
ID_RULE = "1 to 32 letters, digits, spaces or . _ / -, the first a letter or digit"
WORD_PATTERN = re.compile(r"[!-+\--~][ -+\--~]{0,63}", re.ASCII)
"""Types and sources: printable ASCII without a comma, so that no file needs escaping."""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """What distinguishes one source of readings from another."""

    on_the_half_hour: bool
    """Times must be HH:00:00 or HH:30:00, local to the home."""
    registered_only: bool = True
    """Meters must be registered; flow files may speak of meters nobody has been assigned."""


UPLOAD_PAGE = SourceRules(on_the_half_hour=True)
REST = SourceRules(on_the_half_hour=True)
REGISTER_CSV = SourceRules(on_the_half_hour=True)
SIMULATOR = SourceRules(on_the_half_hour=True)
INTERVAL_FILE = SourceRules(on_the_half_hour=False)
ADMIN_MANUAL = SourceRules(on_the_half_hour=False)


def judge_form(
    batch: ReadingBatch,
    rules: SourceRules,
    *,
    standing: Callable[[str], Standing],
    zone: HomeZone,
    now: datetime,
    registry: object = None,
) -> Verdicts:
    """First verdicts: everything that can be said without looking at stored readings.

    Asks for the standing of each meter of the batch's dictionary once; not again for the same
    series while `registry`, one state of all standings, is the same object. O(rows).
    """
    verdicts = np.empty(len(batch), dtype=np.uint8)
    judge_rows(
        _judge_series(batch.series, rules, standing, registry),
        batch.series_code,
        batch.read_at,
        batch.value_wh,
        batch.kind,
        batch.revision,
        HALF_HOUR if rules.on_the_half_hour else 1,
        zone.grid_phase,
        epoch_of(now) + FUTURE_TOLERANCE_SECONDS,
        verdicts,
    )
    return verdicts


class _JudgedSeries(NamedTuple):
    """A large dictionary and what was said of its series."""

    series: tuple[SeriesKey, ...]
    verdicts: Verdicts


@dataclass(slots=True, eq=False)
class _Judged:
    """What was said of series while one registry stands."""

    registry: object
    registered_only: bool
    tuples: list[_JudgedSeries] = field(default_factory=list)
    """The last large dictionaries: a gateway's or a file's is the same object each time."""
    of_key: dict[SeriesKey, int] = field(default_factory=dict)


_judged: list[_Judged] = []


def _judge_series(
    series: tuple[SeriesKey, ...],
    rules: SourceRules,
    standing: Callable[[str], Standing],
    registry: object,
) -> Verdicts:
    """What can be said of each series, asked once while the registry is the same object."""
    if registry is None:
        names = [_judge_series_name(*key, rules, standing) for key in series]
        return np.array(names or [Verdict.ACCEPTED], dtype=np.uint8)
    said = _said_of(registry, rules)
    for known in said.tuples:
        if known.series is series:
            return known.verdicts
    of_key = said.of_key
    found = bytearray([of_key.get(key, _UNSAID) for key in series] or [Verdict.ACCEPTED])
    if _UNSAID in found:
        if len(of_key) + len(series) > SERIES_KEPT:
            of_key.clear()
        for n, key in enumerate(series):
            if found[n] == _UNSAID:
                found[n] = of_key[key] = int(_judge_series_name(*key, rules, standing))
    verdicts = np.frombuffer(found, dtype=np.uint8)
    if len(series) > FEW_SERIES:
        said.tuples[:] = [_JudgedSeries(series, verdicts), *said.tuples[:SERIES_TUPLES_KEPT]]
    return verdicts


def _said_of(registry: object, rules: SourceRules) -> _Judged:
    """What was said while this registry stood; the memory of some former ones is kept."""
    for known in _judged:
        if known.registry is registry and known.registered_only is rules.registered_only:
            return known
    said = _Judged(registry, rules.registered_only)
    _judged[:] = [said, *_judged[:REGISTRIES_KEPT]]
    return said


def _judge_series_name(
    meter_id: str, register_id: str, rules: SourceRules, standing: Callable[[str], Standing]
) -> Verdict:
    if not (ID_PATTERN.fullmatch(meter_id) and ID_PATTERN.fullmatch(register_id)):
        return Verdict.UNREADABLE
    match standing(meter_id):
        case Standing.INACTIVE:
            return Verdict.INACTIVE_METER
        case Standing.UNKNOWN if rules.registered_only:
            return Verdict.UNKNOWN_METER
    return Verdict.ACCEPTED


def require_words(batch: ReadingBatch) -> None:
    """Raise BadInput when a type or source could not stand in a file as it is."""
    for name, words in (("type", batch.types), ("source", batch.sources)):
        for word in words:
            if word and not WORD_PATTERN.fullmatch(word):
                raise BadInput(
                    f"{name} {word[:40]!r} must be at most 64 printable ASCII characters "
                    "without a comma.",
                    field=name,
                )


_ERRORS: dict[Verdict, tuple[type[MeterbookError], str]] = {
    Verdict.UNREADABLE: (BadInput, "reading"),
    Verdict.UNKNOWN_METER: (NotFound, "meter_id"),
    Verdict.INACTIVE_METER: (RuleBroken, "meter_id"),
    Verdict.OFF_THE_HALF_HOUR: (RuleBroken, "timestamp"),
    Verdict.IN_THE_FUTURE: (RuleBroken, "timestamp"),
    Verdict.CONFLICT: (Conflict, "reading"),
    Verdict.BELOW_PREVIOUS: (RuleBroken, "reading"),
    Verdict.ABOVE_NEXT: (RuleBroken, "reading"),
    Verdict.MARKED_INVALID: (RuleBroken, "reading"),
}


def error_for(verdict: Verdict, sentence: str) -> MeterbookError:
    """The error that tells a single upload of its rejection: 400, 404, 409 or 422."""
    kind, field = _ERRORS[verdict]
    return kind(sentence, field=field)
