"""The ways into the book: who may, what is counted, and in which words a refusal comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data_layer import errors
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import (
    Action,
    Flag,
    Kind,
    Reading,
    ReadingBatch,
    Rejection,
    Scope,
    SeriesKey,
    Verdict,
)
from data_layer.readings.operations import correct, preview, submit, submit_one, void
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.readings.rules import ADMIN_MANUAL, UPLOAD_PAGE
from data_layer.storage.home import Home

NOON = 1_795_147_200
NOW = datetime.fromtimestamp(NOON + 86_400, UTC)
UPLOADER = Scope("upload", Action.SUBMIT_READINGS, None)
ADMIN = Scope("boss", Action.CORRECT_READINGS, None)
STANDINGS = {"m-1": Standing.ACTIVE, "m-2": Standing.ACTIVE, "old": Standing.INACTIVE}
KEY = SeriesKey("m-1")


def reading(hours: int = 0, value: int | None = 1000, meter: str = "m-1") -> Reading:
    return Reading(meter, "S", NOON + hours * 3600, value, source="page:u3")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ReadingRoom]:
    home = Home.open(tmp_path)

    def standing(meter_id: str) -> Standing:
        return STANDINGS.get(meter_id, Standing.UNKNOWN)

    with LocalStore.open(home, clock=lambda: NOW, reserve_bytes=0) as store:
        yield ReadingRoom(store, home.zone, lambda: NOW, standing)


def batch(*rows: Reading) -> ReadingBatch:
    taken = ReadingBatch.from_readings(rows)
    return replace(taken, line=np.arange(1, len(rows) + 1))


def test_receipt_counts_every_row_and_lists_refusals_by_line(room: ReadingRoom) -> None:
    submit(room, UPLOADER, batch(reading()), rules=UPLOAD_PAGE)
    rows = batch(reading(), reading(2, 900), reading(1, 1100, "who"), reading(3, 1200))
    parsed = Rejection(line=9, verdict=Verdict.UNREADABLE, sentence="line 9 is no reading.")
    receipt = submit(room, UPLOADER, rows, rules=UPLOAD_PAGE, rejections=[parsed])
    assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (1, 1, 3)
    assert [(r.line, r.verdict) for r in receipt.rejections] == [
        (2, Verdict.BELOW_PREVIOUS),
        (3, Verdict.UNKNOWN_METER),
        (9, Verdict.UNREADABLE),
    ]
    assert "below the previous reading, 1.000 kWh" in receipt.rejections[0].sentence


def test_preview_explains_with_the_rows_of_its_own_batch(room: ReadingRoom) -> None:
    rows = batch(reading(0, 500), reading(1, 400))
    (refused,) = preview(room, UPLOADER, rows, rules=UPLOAD_PAGE).rejections
    assert "below the previous reading, 0.500 kWh" in refused.sentence
    assert room.store.registers("m-1") == ()


def test_empty_batch_is_an_empty_receipt(room: ReadingRoom) -> None:
    receipt = submit(room, UPLOADER, batch(), rules=UPLOAD_PAGE)
    assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (0, 0, 0)


@pytest.mark.parametrize(
    "scope",
    [
        Scope("home", Action.READ_METER, frozenset({"m-1"})),
        ADMIN,
        Scope("agent", Action.SUBMIT_READINGS, frozenset({"m-2"})),
        Scope("nobody", Action.SUBMIT_READINGS),
    ],
)
def test_scope_that_does_not_cover_the_batch_stores_nothing(
    room: ReadingRoom, scope: Scope
) -> None:
    for act in (submit, preview):
        with pytest.raises(errors.Forbidden):
            act(room, scope, batch(reading()), rules=UPLOAD_PAGE)
    assert room.store.registers("m-1") == ()


def test_scope_of_some_meters_covers_them(room: ReadingRoom) -> None:
    scope = Scope("agent", Action.SUBMIT_READINGS, frozenset({"m-1"}))
    assert submit(room, scope, batch(reading()), rules=UPLOAD_PAGE).accepted == 1


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (reading(0, 1001), errors.Conflict),
        (reading(1, 999), errors.RuleBroken),
        (reading(0, 1000, "who"), errors.NotFound),
        (reading(0, 1000, "old"), errors.RuleBroken),
        (reading(30, 1000), errors.RuleBroken),
        (reading(0, 1000, "a,b"), errors.BadInput),
    ],
)
def test_single_upload_raises_its_refusal(
    room: ReadingRoom, row: Reading, error: type[errors.MeterbookError]
) -> None:
    submit_one(room, UPLOADER, reading(), rules=UPLOAD_PAGE)
    with pytest.raises(error):
        submit_one(room, UPLOADER, row, rules=UPLOAD_PAGE)


def test_single_upload_twice_is_a_duplicate(room: ReadingRoom) -> None:
    assert submit_one(room, UPLOADER, reading(), rules=UPLOAD_PAGE).accepted == 1
    assert submit_one(room, UPLOADER, reading(), rules=UPLOAD_PAGE).duplicates == 1


def test_upload_cannot_pose_as_a_correction(room: ReadingRoom) -> None:
    with pytest.raises(ValueError, match="revision"):
        submit(room, UPLOADER, batch(replace(reading(), revision=1)), rules=UPLOAD_PAGE)


def stored(room: ReadingRoom) -> None:
    rows = (reading(0, 1000), reading(1, 2000), reading(2, 3000))
    submit(room, UPLOADER, batch(*rows), rules=ADMIN_MANUAL)


def test_correction_is_a_new_revision_and_all_stay(room: ReadingRoom) -> None:
    stored(room)
    assert correct(room, ADMIN, reading(1, 2500), reason="misread").revision == 1
    assert correct(room, ADMIN, reading(1, 2600), reason="misread").revision == 2
    revisions = room.store.revisions(KEY, NOON + 3600).rows()
    assert [(row.revision, row.value_wh) for row in revisions] == [(0, 2000), (1, 2500), (2, 2600)]


@pytest.mark.parametrize("value", [999, 3001])
def test_correction_is_held_against_both_neighbors(room: ReadingRoom, value: int) -> None:
    stored(room)
    with pytest.raises(errors.RuleBroken, match="values never decrease inside a segment"):
        correct(room, ADMIN, reading(1, value), reason="misread")


def test_correction_wants_permission_a_reason_and_a_change(room: ReadingRoom) -> None:
    stored(room)
    with pytest.raises(errors.Forbidden):
        correct(room, UPLOADER, reading(1, 2500), reason="misread")
    with pytest.raises(errors.NotFound):
        correct(room, replace(ADMIN, meter_ids=frozenset()), reading(1, 2500), reason="misread")
    with pytest.raises(errors.BadInput, match="reason"):
        correct(room, ADMIN, reading(1, 2500), reason=" ")
    with pytest.raises(errors.BadInput, match="void"):
        correct(room, ADMIN, reading(1, None), reason="misread")
    with pytest.raises(errors.Conflict, match="says so already"):
        correct(room, ADMIN, reading(1, 2000), reason="misread")
    with pytest.raises(errors.NotFound, match="no reading of meter 'm-1'"):
        correct(room, ADMIN, reading(5, 9000), reason="misread")


def test_voided_reading_leaves_the_answers_and_may_be_corrected_back(room: ReadingRoom) -> None:
    stored(room)
    void(room, ADMIN, KEY, read_at=NOON + 7200, source="page:boss", reason="wrong meter")
    assert room.store.latest([KEY]).value_wh.tolist() == [2000]
    with pytest.raises(errors.Conflict, match="says so already"):
        void(room, ADMIN, KEY, read_at=NOON + 7200, source="page:boss", reason="wrong meter")
    correct(room, ADMIN, reading(2, 3000), reason="right after all")
    assert room.store.latest([KEY]).value_wh.tolist() == [3000]


def test_initial_whose_segment_does_not_fit_cannot_be_voided(room: ReadingRoom) -> None:
    stored(room)
    exchange = replace(reading(3, 0), kind=Kind.INITIAL)
    submit(room, UPLOADER, batch(exchange, reading(4, 10)), rules=ADMIN_MANUAL)
    with pytest.raises(errors.RuleBroken, match="would leave the readings"):
        void(
            room,
            ADMIN,
            KEY,
            read_at=exchange.read_at,
            kind=Kind.INITIAL,
            source="page:boss",
            reason="no exchange",
        )


def test_suspect_reading_counts_once_it_is_accepted(room: ReadingRoom) -> None:
    stored(room)
    doubtful = replace(reading(3, 4000), flag=Flag.SUSPECT)
    submit(room, UPLOADER, batch(doubtful), rules=ADMIN_MANUAL)
    assert room.store.latest([KEY]).value_wh.tolist() == [3000]
    correct(room, ADMIN, replace(doubtful, flag=Flag.VALID), reason="seen on site")
    assert room.store.latest([KEY]).value_wh.tolist() == [4000]


def test_history_of_an_inactive_meter_can_be_corrected(
    room: ReadingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(room)
    monkeypatch.setitem(STANDINGS, "m-1", Standing.INACTIVE)
    assert correct(room, ADMIN, reading(1, 2500), reason="misread").revision == 1
