"""Form and time: what is refused before any stored reading is looked at, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from data_layer import errors
from data_layer.clock import HomeZone, epoch_of
from data_layer.quantities import MAXIMUM_WH
from data_layer.readings.model import Reading, ReadingBatch, SeriesKey, Verdict
from data_layer.readings.room import Standing, unknown_meter
from data_layer.readings.rules import (
    ADMIN_MANUAL,
    UPLOAD_PAGE,
    SourceRules,
    error_for,
    judge_form,
    require_words,
)
from data_layer.readings.sentences import explain

ZONE = HomeZone("Asia/Singapore")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
NOON = epoch_of(datetime(2026, 11, 20, 4, 0, tzinfo=UTC))
STANDINGS = {"m-1": Standing.ACTIVE, "old": Standing.INACTIVE}


def standing(meter_id: str) -> Standing:
    return STANDINGS.get(meter_id, Standing.UNKNOWN)


def one(meter: str = "m-1", at: int = NOON, value: int | None = 1000) -> ReadingBatch:
    return ReadingBatch.from_readings([Reading(meter, "S", at, value)])


def verdict_of(batch: ReadingBatch, rules: SourceRules = UPLOAD_PAGE) -> Verdict:
    return Verdict(int(judge_form(batch, rules, standing=standing, zone=ZONE, now=NOW)[0]))


def told(batch: ReadingBatch, around: ReadingBatch | None = None, *, verdict: Verdict) -> str:
    near = around or ReadingBatch.from_readings([])
    verdicts = np.full(len(batch), verdict, dtype=np.uint8)
    return next(explain(batch, verdicts, near, zone=ZONE, now=NOW)).sentence


def test_usual_reading_passes() -> None:
    assert verdict_of(one()) is Verdict.ACCEPTED


@pytest.mark.parametrize("meter", ["-1", "", "a,b", "é", "x" * 33, " a", "a\n"])
def test_id_outside_the_allowlist_is_unreadable(meter: str) -> None:
    assert verdict_of(one(meter)) is Verdict.UNREADABLE


@pytest.mark.parametrize("value", [-1, -5, MAXIMUM_WH + 1, None])
def test_value_out_of_range_is_unreadable(value: int | None) -> None:
    assert verdict_of(one(value=value)) is Verdict.UNREADABLE


def test_time_that_cannot_be_stored_is_unreadable() -> None:
    assert verdict_of(one(at=0), ADMIN_MANUAL) is Verdict.UNREADABLE


def test_unknown_and_inactive_meters_are_refused() -> None:
    assert verdict_of(one("who")) is Verdict.UNKNOWN_METER
    assert verdict_of(one("old")) is Verdict.INACTIVE_METER


def test_flow_files_may_speak_of_unregistered_meters() -> None:
    flow = SourceRules(on_the_half_hour=False, registered_only=False)
    assert verdict_of(one("who"), flow) is Verdict.ACCEPTED
    assert verdict_of(one("old"), flow) is Verdict.INACTIVE_METER


@pytest.mark.parametrize("seconds", [1, 60, 15 * 60, 1799])
def test_upload_off_the_half_hour_is_refused_but_a_manual_read_is_not(seconds: int) -> None:
    assert verdict_of(one(at=NOON + seconds)) is Verdict.OFF_THE_HALF_HOUR
    assert verdict_of(one(at=NOON + seconds), ADMIN_MANUAL) is Verdict.ACCEPTED


def test_half_hours_are_those_of_the_homes_clock() -> None:
    kathmandu = HomeZone("Asia/Kathmandu")

    def verdict(at: int) -> int:
        batch = one(at=at)
        found = judge_form(batch, UPLOAD_PAGE, standing=standing, zone=kathmandu, now=NOW)
        return int(found[0])

    local_noon = epoch_of(datetime(2026, 11, 20, 12, 0, tzinfo=kathmandu.zone))
    assert verdict(local_noon) == Verdict.ACCEPTED
    assert verdict(NOON) == Verdict.OFF_THE_HALF_HOUR


def test_five_minutes_ahead_are_allowed_and_a_second_more_is_not() -> None:
    ahead = epoch_of(NOW) + 300
    assert verdict_of(one(at=ahead), ADMIN_MANUAL) is Verdict.ACCEPTED
    assert verdict_of(one(at=ahead + 1), ADMIN_MANUAL) is Verdict.IN_THE_FUTURE


def test_each_row_gets_its_own_verdict() -> None:
    batch = ReadingBatch.of(
        [SeriesKey("m-1"), SeriesKey("who")], [0, 1, 0], [NOON, NOON, NOON + 7], [1, 2, 3]
    )
    found = judge_form(batch, UPLOAD_PAGE, standing=standing, zone=ZONE, now=NOW)
    assert found.tolist() == [
        Verdict.ACCEPTED,
        Verdict.UNKNOWN_METER,
        Verdict.OFF_THE_HALF_HOUR,
    ]


@pytest.mark.parametrize("word", ["a,b", "é", "a\nb", " a", "x" * 65])
def test_words_that_would_need_escaping_are_refused(word: str) -> None:
    with pytest.raises(errors.BadInput, match="source"):
        require_words(ReadingBatch.of([], [], [], [], source=word))


def test_every_rejection_is_an_error_with_its_status() -> None:
    statuses = {v: error_for(v, "why").status for v in Verdict if v >= Verdict.UNREADABLE}
    assert statuses == {
        Verdict.UNREADABLE: 400,
        Verdict.UNKNOWN_METER: 404,
        Verdict.INACTIVE_METER: 422,
        Verdict.OFF_THE_HALF_HOUR: 422,
        Verdict.IN_THE_FUTURE: 422,
        Verdict.CONFLICT: 409,
        Verdict.BELOW_PREVIOUS: 422,
        Verdict.ABOVE_NEXT: 422,
        Verdict.MARKED_INVALID: 422,
    }


def test_sentences_name_field_value_and_rule() -> None:
    neighbors = ReadingBatch.from_readings(
        [
            Reading("m-1", "S", NOON - 1800, 13_000),
            Reading("m-1", "S", NOON, 1_500),
            Reading("m-1", "S", NOON + 1800, 900),
            Reading("m-2", "S", NOON - 60, 1),
        ]
    )
    told_by = {
        verdict: told(one(), neighbors, verdict=verdict)
        for verdict in Verdict
        if verdict >= Verdict.UNKNOWN_METER
    }
    at = "2026-11-20T12:00:00+08:00"
    assert told_by == {
        Verdict.UNKNOWN_METER: unknown_meter("m-1").sentence,
        Verdict.INACTIVE_METER: "meter 'm-1' is inactive: it takes no new readings.",
        Verdict.OFF_THE_HALF_HOUR: (
            f"timestamp {at} is not on the half hour: minutes must be 00 or 30, and seconds 00."
        ),
        Verdict.IN_THE_FUTURE: (
            f"timestamp {at} is in the future: at most 5 minutes ahead of now, "
            "2026-11-20T18:00:00+08:00, are allowed."
        ),
        Verdict.CONFLICT: (
            f"reading 1.000 kWh at {at} contradicts 1.500 kWh stored for that time: what is "
            "stored stays; an admin corrects it with a reason, under Readings or over REST."
        ),
        Verdict.BELOW_PREVIOUS: (
            f"reading 1.000 kWh at {at} is below the previous reading, 13.000 kWh at "
            "2026-11-20T11:30:00+08:00: values never decrease inside a segment."
        ),
        Verdict.ABOVE_NEXT: (
            f"reading 1.000 kWh at {at} is above the next reading, 0.900 kWh at "
            "2026-11-20T12:30:00+08:00: values never decrease inside a segment."
        ),
        Verdict.MARKED_INVALID: f"reading 1.000 kWh at {at} is marked invalid by its source.",
    }


def test_unreadable_rows_say_what_cannot_be_read() -> None:
    assert "meter_id 'a,b' is not an id" in told(one("a,b"), verdict=Verdict.UNREADABLE)
    out_of_range = told(one(value=MAXIMUM_WH + 1), verdict=Verdict.UNREADABLE)
    assert out_of_range.startswith("reading 1000000000.000 kWh is out of range")
    assert "timestamp 7 is not an instant" in told(one(at=7), verdict=Verdict.UNREADABLE)


def test_sentence_without_a_neighbor_still_names_the_rule() -> None:
    below = told(one(), verdict=Verdict.BELOW_PREVIOUS)
    assert below.endswith("is below the previous reading: values never decrease inside a segment.")
    assert "withdrawn or suspect and does not count" in told(one(), verdict=Verdict.CONFLICT)


def test_a_standing_is_asked_once_while_the_registry_is_the_same_object() -> None:
    asked: list[str] = []
    standings = dict(STANDINGS)

    def standing(meter_id: str) -> Standing:
        asked.append(meter_id)
        return standings.get(meter_id, Standing.UNKNOWN)

    def verdicts(registry: object, rules: SourceRules = UPLOAD_PAGE) -> list[int]:
        readings = [Reading(meter, "S", NOON, 1) for meter in ("old", "m-1", "new", "?", "m-1")]
        batch = ReadingBatch.from_readings(readings)
        found = judge_form(batch, rules, standing=standing, zone=ZONE, now=NOW, registry=registry)
        return found.tolist()

    first, second = object(), object()
    expected = [
        Verdict.INACTIVE_METER,
        Verdict.ACCEPTED,
        Verdict.UNKNOWN_METER,
        Verdict.UNREADABLE,
        Verdict.ACCEPTED,
    ]
    assert verdicts(first) == verdicts(first) == expected
    assert asked == ["old", "m-1", "new"]
    standings["old"] = Standing.ACTIVE
    assert verdicts(second) == [Verdict.ACCEPTED, *expected[1:]]
    unregistered = SourceRules(on_the_half_hour=True, registered_only=False)
    assert verdicts(second, unregistered)[2] == Verdict.ACCEPTED
