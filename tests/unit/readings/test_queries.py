"""Questions about single meters: whose they are, where they are cut, and what they add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Forbidden, NotFound
from data_layer.quantities import VOID_WH
from data_layer.readings import queries
from data_layer.readings.model import Action, Kind, Reading, RowFilter, Scope, SeriesKey
from data_layer.readings.room import ReadingRoom, Standing
from tests.unit.readings.slow_store import SlowStore

ZONE = HomeZone("Asia/Singapore")
NOW = datetime(2026, 3, 10, 10, 17, tzinfo=UTC)  # 18:17 in Singapore
ADMIN = Scope("admin", Action.READ_READINGS, meter_ids=None)
HOUSEHOLD = Scope("tan@example.com", Action.READ_METER, frozenset({"M1", "EMPTY"}))


def at(text: str) -> int:
    return ZONE.parse(text)


def reading(text: str, kwh: float, *, register: str = "S", kind: Kind = Kind.READ) -> Reading:
    return Reading("M1", register, at(text), round(kwh * 1000), kind=kind)


def room_of(*readings: Reading, counting: tuple[str, ...] = ("S",)) -> ReadingRoom:
    registered = {"M1", "M2", "EMPTY"}

    def counting_registers(meter_id: str) -> tuple[SeriesKey, ...]:
        return tuple(SeriesKey(meter_id, register) for register in counting)

    return ReadingRoom(
        store=SlowStore(ZONE.grid_phase, counting_registers, list(readings)),
        zone=ZONE,
        clock=lambda: NOW,
        standing=lambda name: Standing.ACTIVE if name in registered else Standing.UNKNOWN,
        counting=counting_registers,
    )


MARCH = room_of(
    reading("2026-02-27T00:00:00", 100),
    reading("2026-03-09T00:00:00", 130),
    reading("2026-03-10T00:00:00", 140),
    reading("2026-03-10T17:30:00", 146),
    reading("2026-03-10T18:00:00", 147),
)


@pytest.mark.parametrize(
    ("period", "start", "end", "first", "last", "used"),
    [
        ("last_30min", "2026-03-10T17:30:00", "2026-03-10T18:00:00", 146_000, 147_000, 1_000),
        ("today", "2026-03-10T00:00:00", "2026-03-10T18:00:00", 140_000, 147_000, 7_000),
        ("this_week", "2026-03-09T00:00:00", "2026-03-10T18:00:00", 130_000, 147_000, 17_000),
        ("this_month", "2026-03-01T00:00:00", "2026-03-10T18:00:00", 106_000, 147_000, 41_000),
        ("last_month", "2026-02-27T00:00:00", "2026-03-01T00:00:00", 100_000, 106_000, 6_000),
    ],
)
def test_named_periods_are_cut_to_what_is_known(period, start, end, first, last, used) -> None:
    found = queries.consumption(MARCH, HOUSEHOLD, meter_id="M1", period=period)
    assert (found.start_reading_wh, found.end_reading_wh) == (first, last)
    assert found.consumption_wh == used
    assert found.start_time is not None
    assert found.start_time.isoformat() == f"{start}+08:00"
    assert found.end_time is not None
    assert found.end_time.isoformat() == f"{end}+08:00"
    assert found.data_until is not None
    assert found.data_until.isoformat() == "2026-03-10T18:00:00+08:00"


def test_interpolated_energy_is_told_as_estimated() -> None:
    found = queries.consumption(MARCH, HOUSEHOLD, meter_id="M1", period="today")
    assert found.estimated_wh == 6_000
    assert found.missing_half_hours == 0


def test_last_30min_leaves_a_reading_ahead_of_the_clock_aside() -> None:
    early = room_of(
        reading("2026-03-10T17:30:00", 1),
        reading("2026-03-10T18:00:00", 3),
        reading("2026-03-10T18:30:00", 9),
    )
    found = queries.consumption(early, HOUSEHOLD, meter_id="M1", period="last_30min")
    assert found.consumption_wh == 2_000


def test_known_meter_without_data_in_the_period_has_no_numbers() -> None:
    january = at("2026-01-01T00:00:00")
    for meter, bounds in (("EMPTY", (january, january + 86_400)), ("M1", (january, january + 1))):
        start, end = bounds
        found = queries.consumption(MARCH, HOUSEHOLD, meter_id=meter, start=start, end=end)
        assert found.consumption_wh is None
        assert found.start_reading_wh is None
        assert found.end_reading_wh is None
        assert (found.start_time, found.end_time) == (None, None)


def test_period_that_ends_where_data_begins_has_no_data() -> None:
    first = at("2026-02-27T00:00:00")
    found = queries.consumption(MARCH, HOUSEHOLD, meter_id="M1", start=first - 86_400, end=first)
    assert found.consumption_wh is None
    assert found.data_until is not None


def test_single_reading_in_a_period_is_shown_and_its_use_is_unknown() -> None:
    alone = room_of(reading("2026-03-10T12:00:00", 5))
    found = queries.consumption(alone, HOUSEHOLD, meter_id="M1", period="today")
    assert (found.start_reading_wh, found.end_reading_wh) == (5_000, 5_000)
    assert found.consumption_wh is None
    assert found.start_time == found.end_time


def test_gap_between_segments_is_missing_and_never_guessed() -> None:
    exchanged = room_of(
        reading("2026-03-10T00:00:00", 900),
        reading("2026-03-10T01:00:00", 901),
        reading("2026-03-10T03:00:00", 0, kind=Kind.INITIAL),
        reading("2026-03-10T04:00:00", 2),
    )
    found = queries.consumption(exchanged, HOUSEHOLD, meter_id="M1", period="today")
    assert found.consumption_wh == 3_000
    assert found.missing_between == 4
    assert found.missing_half_hours == 4 + 28  # nothing is known from 04:00 to now
    assert (found.start_reading_wh, found.end_reading_wh) == (900_000, 2_000)


def test_bands_of_a_meter_are_added_up_and_missing_where_any_is() -> None:
    bands = room_of(
        reading("2026-03-10T00:00:00", 10, register="DY"),
        reading("2026-03-10T02:00:00", 12, register="DY"),
        reading("2026-03-10T01:00:00", 50, register="NT"),
        reading("2026-03-10T02:00:00", 55, register="NT"),
        counting=("DY", "NT"),
    )
    found = queries.consumption(bands, HOUSEHOLD, meter_id="M1", period="today")
    assert found.consumption_wh == 7_000
    assert found.missing_between == 2
    assert (found.start_reading_wh, found.end_reading_wh) == (None, 67_000)
    midnight = at("2026-03-10T00:00:00")
    table = queries.series(
        bands, HOUSEHOLD, meter_id="M1", start=midnight, end=midnight + 7200, resolution="hour"
    )
    assert table.known.tolist() == [False, True]
    assert table.missing_half_hours.tolist() == [2, 0]


def test_meter_without_counting_registers_has_no_consumption() -> None:
    export_only = room_of(reading("2026-03-10T00:00:00", 10, register="X"), counting=())
    found = queries.consumption(export_only, HOUSEHOLD, meter_id="M1", period="today")
    assert found.consumption_wh is None
    start = at("2026-03-10T00:00:00")
    table = queries.series(
        export_only, HOUSEHOLD, meter_id="M1", start=start, end=start + 3600, resolution="hour"
    )
    assert not table.known.any()


def test_half_hours_add_up_to_the_day_and_days_to_the_month() -> None:
    start, end = at("2026-03-01T00:00:00"), at("2026-04-01T00:00:00")
    whole = queries.consumption(MARCH, HOUSEHOLD, meter_id="M1", start=start, end=end)
    for resolution in ("half_hour", "hour", "day", "week", "month", "year"):
        table = queries.series(
            MARCH, HOUSEHOLD, meter_id="M1", start=start, end=end, resolution=resolution
        )
        assert table.consumption_wh.sum() == whole.consumption_wh
        assert table.estimated_wh.sum() == whole.estimated_wh
        assert (table.edges[0], table.edges[-1]) == (start, end)


def test_half_hours_that_have_not_ended_are_still_to_come() -> None:
    start = at("2026-03-10T00:00:00")
    table = queries.series(
        MARCH, HOUSEHOLD, meter_id="M1", start=start, end=start + 86_400, resolution="half_hour"
    )
    assert table.known.tolist() == [True] * 36 + [False] * 12
    assert table.missing_half_hours.tolist() == [0] * 48
    assert table.to_come.tolist() == [0] * 36 + [1] * 12


LATE = room_of(
    reading("2026-03-03T00:10:00", 1),
    reading("2026-03-09T11:00:00", 40),
    reading("2026-03-09T14:00:00", 0, kind=Kind.INITIAL),
    reading("2026-03-10T18:05:00", 12),
)
BANDS = room_of(
    reading("2026-03-04T00:00:00", 10, register="DY"),
    reading("2026-03-10T18:20:00", 12, register="DY"),
    reading("2026-03-05T01:00:00", 50, register="NT"),
    reading("2026-03-10T13:00:00", 55, register="NT"),
    counting=("DY", "NT"),
)


@pytest.mark.parametrize("moved_in", [None, "2026-03-09T00:00:00", "2026-03-12T00:00:00"])
@pytest.mark.parametrize("resolution", ["half_hour", "hour", "day", "week", "month"])
@pytest.mark.parametrize("room", [MARCH, LATE, BANDS, room_of()])
def test_missing_is_what_has_ended_however_it_is_asked(room, resolution, moved_in) -> None:
    """Of a period as of its buckets: by one scan over the half hours that have ended."""
    scope = replace(HOUSEHOLD, since={"M1": at(moved_in)} if moved_in else {})
    start, end = at("2026-03-01T00:00:00"), at("2026-04-01T00:00:00")
    period = {"meter_id": "M1", "start": start, "end": end}
    fine = queries.series(room, scope, **period, resolution="half_hour")
    known = [
        queries.consumption(room, scope, meter_id="M1", start=start, end=start + 1800)
        for start in fine.edges[:-1].tolist()
    ]
    whole = [
        found.start_time is not None
        and found.end_time is not None
        and (found.end_time - found.start_time).total_seconds() == 1800
        and not found.missing_between
        for found in known
    ]
    has_ended = fine.edges[1:] <= NOW.timestamp()
    expected = has_ended & ~np.array(whole)
    assert fine.missing_half_hours.tolist() == expected.tolist()
    assert (fine.missing_half_hours + fine.to_come).tolist() == [not known for known in whole]

    table = queries.series(room, scope, **period, resolution=resolution)
    assert table.missing_half_hours.sum() == expected.sum()
    assert table.to_come.sum() == fine.to_come.sum()
    assert queries.consumption(room, scope, **period).missing_half_hours == expected.sum()


def test_nothing_from_before_the_household_moved_in_is_shown() -> None:
    moved_in = at("2026-03-09T12:00:00")
    scope = replace(HOUSEHOLD, since={"M1": moved_in})
    found = queries.consumption(MARCH, scope, meter_id="M1", period="this_month")
    assert found.start_reading_wh == 135_000
    assert found.consumption_wh == 12_000
    before = queries.consumption(MARCH, scope, meter_id="M1", period="last_month")
    assert before.consumption_wh is None
    assert before.start_reading_wh is None

    table = queries.series(
        MARCH,
        scope,
        meter_id="M1",
        start=at("2026-03-08T00:00:00"),
        end=at("2026-03-11T00:00:00"),
        resolution="day",
    )
    assert table.consumption_wh.tolist() == [0, 5_000, 7_000]
    assert table.missing_half_hours.tolist() == [48, 24, 0]
    assert table.to_come.tolist() == [0, 0, 12]
    assert table.complete.tolist() == [False, False, False]
    assert table.known.tolist() == [False, True, True]

    times = np.array([moved_in - 1, moved_in])
    shown = queries.registers_at(MARCH, scope, meter_id="M1", times=times)
    assert shown.tolist() == [VOID_WH, 135_000]
    later = replace(HOUSEHOLD, since={"M1": at("2026-03-10T18:00:01")})
    assert queries.latest(MARCH, later, meter_id="M1") is None
    table = queries.series(
        MARCH, later, meter_id="M1", start=moved_in, end=moved_in + 3600, resolution="hour"
    )
    assert not table.known.any()


def test_latest_reading_of_the_meter() -> None:
    found = queries.latest(MARCH, HOUSEHOLD, meter_id="M1")
    assert found is not None
    assert (found.read_at, found.value_wh) == (at("2026-03-10T18:00:00"), 147_000)
    assert queries.latest(MARCH, HOUSEHOLD, meter_id="EMPTY") is None


def test_anothers_meter_is_answered_like_one_that_does_not_exist() -> None:
    sentences = set()
    for meter in ("M2", "M9"):
        with pytest.raises(NotFound) as refused:
            queries.consumption(MARCH, HOUSEHOLD, meter_id=meter, period="today")
        sentences.add(refused.value.sentence.replace(meter, "?"))
    with pytest.raises(NotFound) as refused:
        queries.consumption(MARCH, ADMIN, meter_id="M9", period="today")
    sentences.add(refused.value.sentence.replace("M9", "?"))
    assert len(sentences) == 1


def test_scope_for_groups_shows_no_single_meter() -> None:
    analyst = Scope("gov", Action.READ_GROUPS, meter_ids=None, at_least=5)
    for ask in (
        lambda: queries.consumption(MARCH, analyst, meter_id="M1", period="today"),
        lambda: queries.series(MARCH, analyst, meter_id="M1", start=0, end=1, resolution="day"),
        lambda: queries.registers_at(MARCH, analyst, meter_id="M1", times=np.array([0])),
        lambda: queries.latest(MARCH, analyst, meter_id="M1"),
    ):
        with pytest.raises(Forbidden):
            ask()


def test_grids_of_readings_and_meters_are_the_admins() -> None:
    for scope in (HOUSEHOLD, replace(ADMIN, action=Action.READ_GROUPS)):
        with pytest.raises(Forbidden):
            queries.rows(MARCH, scope, RowFilter())
        with pytest.raises(Forbidden):
            queries.top(MARCH, scope, start=0, end=1)
        with pytest.raises(Forbidden):
            queries.revisions(MARCH, scope, key=SeriesKey("M1"), read_at=0)
    assert queries.rows(MARCH, ADMIN, RowFilter(limit=2)).total == 5
    whole = {"start": at("2026-03-01T00:00:00"), "end": at("2026-04-01T00:00:00")}
    assert queries.top(MARCH, ADMIN, **whole) == [("M1", 41_000)]
    midnight = at("2026-03-10T00:00:00")
    assert len(queries.revisions(MARCH, ADMIN, key=SeriesKey("M1"), read_at=midnight)) == 1


@pytest.mark.parametrize(
    "asked", [{}, {"start": 5}, {"end": 5}, {"start": 5, "end": 5}, {"period": "someday"}]
)
def test_period_that_is_none_is_refused(asked) -> None:
    with pytest.raises(BadInput):
        queries.consumption(MARCH, HOUSEHOLD, meter_id="M1", **asked)
