"""Lines say exactly what was read; the quick codec and the slow one agree on every byte."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.clock import HomeZone
from data_layer.errors import BadInput, Corrupt
from data_layer.quantities import MAXIMUM_WH
from data_layer.readings import codec
from data_layer.readings.column_reader import NotCanonical, read_lines
from data_layer.readings.line_codec import DAY, LOG, format_line, local_text, parse_line, utc_text
from data_layer.readings.line_writer import Scratch, day_lines, log_lines
from data_layer.readings.model import Flag, Kind, Reading, ReadingBatch, SeriesKey, join
from data_layer.readings.order import EARLIEST, LATEST
from data_layer.readings.tail import Run
from data_layer.readings.vocabulary import Vocabulary
from data_layer.storage.log_chain import chained

SINGAPORE, LONDON = HomeZone("Asia/Singapore"), HomeZone("Europe/London")
RECEIVED = datetime(2026, 11, 20, 10, 30, 2, 114_000, UTC)
HEADER = b"meter_id,register_id,read_at,value_kwh,kind,type,flag,revision,source\n"
NOON = SINGAPORE.day_start(date(2026, 11, 20)) + 43_200

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,31}", fullmatch=True)
WORDS = st.from_regex(r"(?:[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,31})?", fullmatch=True)
READINGS = st.builds(
    Reading,
    meter_id=IDS,
    register_id=st.one_of(st.just("S"), IDS),
    read_at=st.integers(EARLIEST + 86_400, LATEST - 86_400),
    value_wh=st.one_of(st.none(), st.integers(0, MAXIMUM_WH)),
    kind=st.sampled_from(Kind),
    type=WORDS,
    flag=st.sampled_from(Flag),
    revision=st.one_of(st.just(0), st.integers(0, 999_999_999)),
    source=WORDS,
)
ZONES = st.sampled_from(
    [HomeZone(name) for name in ("Asia/Kathmandu", "Europe/London", "America/St_Johns", "UTC")]
)


def key_of(reading: Reading) -> tuple[str, str, int, int, int]:
    return (
        reading.meter_id,
        reading.register_id,
        reading.read_at,
        reading.kind,
        reading.revision,
    )


def log_of(batch: ReadingBatch) -> list[bytes]:
    """The batch's payload lines as they stand in a log."""
    words = Vocabulary()
    rows = Run.arrived(batch, np.zeros(len(batch), np.uint8), words, check=True).rows
    if not len(rows):
        return []
    data, _ = chained(log_lines(rows, words, RECEIVED, Scratch()), 0)
    return [line[:-9] for line in bytes(data).split(b"\n")[:-1]]


DAY_READINGS = st.lists(READINGS, unique_by=key_of, max_size=60)


def many(count: int = 400) -> ReadingBatch:
    """Usual readings of ten meters, sorted by key: enough for the quick codec."""
    series = tuple(SeriesKey(f"531-000-{n:03d}") for n in range(10))
    steps = np.arange(count)
    return ReadingBatch.of(
        series,
        steps * 10 // count,
        NOON + steps * 60,
        1_000_000 + steps * 7,
        source="api:k7",
    )


def test_a_log_line_is_as_drawn() -> None:
    reading = Reading("531-123-456", "S", NOON, 1_234_500, source="api:k7", type="A")
    assert log_of(ReadingBatch.from_readings([reading])) == [
        b"531-123-456,S,2026-11-20T04:00:00Z,1234.500,,A,,,api:k7,2026-11-20T10:30:02.114Z"
    ]


def test_a_day_file_is_as_drawn() -> None:
    readings = [
        Reading("531-2", "S", NOON, 5),
        Reading("531-1", "S", NOON, 1_500, Kind.INITIAL, "customer", Flag.SUSPECT, 2, "page:u3"),
        Reading("531-1", "S", NOON, None, Kind.READ, revision=1),
    ]
    assert codec.encode_day(ReadingBatch.from_readings(readings), SINGAPORE) == HEADER + (
        b"531-1,S,2026-11-20T12:00:00+08:00,,,,,1,\n"
        b"531-1,S,2026-11-20T12:00:00+08:00,1.500,initial,customer,suspect,2,page:u3\n"
        b"531-2,S,2026-11-20T12:00:00+08:00,0.005,,,,,\n"
    )


def test_a_day_file_is_read_by_pandas_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-20.csv"
    path.write_bytes(codec.encode_day(many(), SINGAPORE))
    table = pd.read_csv(path, parse_dates=["read_at"])
    assert len(table) == 400
    assert table["value_kwh"].iloc[1] == 1000.007
    assert table["read_at"].iloc[0] == pd.Timestamp("2026-11-20T12:00:00+08:00")
    assert codec.decode_day(path).rows() == many().rows()


@given(st.lists(READINGS, max_size=60))
def test_log_lines_are_read_back(readings: list[Reading]) -> None:
    lines = log_of(ReadingBatch.from_readings(readings))
    assert codec.decode_log(lines).rows() == readings
    assert codec.decode_log(b"".join(line + b"\n" for line in lines)).rows() == readings
    for line in lines:
        again = log_of(codec.decode_log([line]))
        assert again == [line]


@given(DAY_READINGS, ZONES)
def test_day_files_are_read_back_sorted(readings: list[Reading], zone: HomeZone) -> None:
    text = codec.encode_day(ReadingBatch.from_readings(readings), zone)
    batch = codec.decode_day(text)
    assert batch.rows() == sorted(readings, key=key_of)
    assert codec.encode_day(batch, zone) == text


@given(st.lists(READINGS, min_size=1, max_size=60), ZONES)
def test_the_quick_codec_writes_and_reads_what_the_slow_one_does(
    readings: list[Reading], zone: HomeZone
) -> None:
    batch = ReadingBatch.from_readings(readings)
    received = "2026-11-20T10:30:02.114Z"
    log = [format_line(row, utc_text(row.read_at), received) for row in readings]
    day = [format_line(row, local_text(row.read_at, zone)) for row in readings]
    assert [line.decode() for line in log_of(batch)] == log
    words = Vocabulary()
    rows = Run.arrived(batch, np.zeros(len(batch), np.uint8), words).rows
    assert day_lines(rows, words, zone).decode().split("\n") == [*day, ""]
    assert read_lines(("\n".join(log) + "\n").encode(), LOG).rows() == readings
    assert read_lines(("\n".join(day) + "\n").encode(), DAY).rows() == readings
    assert [parse_line(line, LOG).reading for line in log] == readings
    assert [parse_line(line, DAY).reading for line in day] == readings


@settings(max_examples=400)
@given(
    reading=READINGS,
    place=st.floats(0, 1, exclude_max=True),
    instead=st.sampled_from([b"", *(bytes([n]) for n in b'0159+-.,:TZtz "\r\n\0eExX\xc3_ ')]),
    drop=st.integers(0, 2),
    layout=st.sampled_from([LOG, DAY]),
)
def test_the_quick_codec_refuses_exactly_what_the_slow_one_refuses(
    reading: Reading, place: float, instead: bytes, drop: int, layout: codec.Layout
) -> None:
    received = "2026-11-20T10:30:02.114Z" if layout is LOG else ""
    time = utc_text(reading.read_at) if layout is LOG else local_text(reading.read_at, LONDON)
    line = format_line(reading, time, received).encode()
    at = int(place * len(line))
    text = line[:at] + instead + line[at + drop :] + b"\n"
    try:
        slow = [parse_line(each.decode("ascii"), layout).reading for each in text.split(b"\n")[:-1]]
    except (Corrupt, UnicodeDecodeError):
        with pytest.raises(NotCanonical):
            read_lines(text, layout)
    else:
        assert read_lines(text, layout).rows() == slow


@pytest.mark.parametrize("count", [3, 300])
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"1000.014", b"1000.01", "value_kwh '1000.01'"),
        (b"1000.014", b"01000.014", "value_kwh '01000.014'"),
        (b"1000.014", b"1e3.014", "value_kwh '1e3.014'"),
        (b"1000.014", b"-1000.014", "value_kwh '-1000.014'"),
        (b"1000.014", b"1_00.014", "value_kwh '1_00.014'"),
        (b"1000.014", b"1000014.0", "value_kwh '1000014.0'"),
        (b"1000.014", b"1234567890.000", "value_kwh '1234567890.000'"),
        (b"1000.014", b"nan", "value_kwh 'nan'"),
        (b"1000.014,,", b"1000.014,start,", "kind 'start'"),
        (b"1000.014,,,", b"1000.014,,,", None),
        (b"1000.014,,,,,", b"1000.014,,,,0,", "revision '0'"),
        (b"1000.014,,,,,", b"1000.014,,,,01,", "revision '01'"),
        (b"1000.014,,,,,", b"1000.014,,,bad,,", "flag 'bad'"),
        (b"1000.014,,,,,", b"1000.014,,=1+1,,,", "type '=1+1'"),
        (b"1000.014,,,,,api:k7", b"1000.014,,,,,@k7", "source '@k7'"),
        (b"1000.014,,,,,api", b"1000.014,,,,api", "has 8 fields instead of 9"),
        (b"1000.014,,,,,api:k7", b"1000.014,,,,,api:k7\r", "source 'api:k7\\r'"),
        (b"T12:02:00", b" 12:02:00", "read_at"),
        (b"T12:02:00", b"T24:02:00", "read_at"),
        (b"T12:02:00", b"T12:60:00", "read_at"),
        (b"T12:02:00+08:00", b"T04:02:00Z", "read_at"),
        (b"T12:02:00+08:00", b"T04:02:00-00:00", "read_at"),
        (b"T12:02:00+08:00", b"T12:02:00+16:00", "read_at"),
        (b"2026-11-20T12:02:00", b"2026-02-29T12:02:00", "read_at"),
        (b"2026-11-20T12:02:00", b"0000-01-01T12:02:00", "read_at"),
        (b"2026-11-20T12:02:00", b"1960-01-01T12:02:00", "read_at"),
        (b"531-000-000,S,2026-11-20T12:02", b"\xc3\xa4,S,2026-11-20T12:02", "not ASCII"),
        (b"531-000-000,S,2026-11-20T12:02", b'"5",S,2026-11-20T12:02', "meter_id '\"5\"'"),
        (b"531-000-000,S,2026-11-20T12:02", b",S,2026-11-20T12:02", "meter_id ''"),
        (b"531-000-000,S,2026-11-20T12:02", b"531-000-000,\0,2026-11-20T12:02", "register_id"),
        (b"531-000-000,S,2026-11-20T12:02", b"\n531-000-000,S,2026-11-20T12:02", "has 1 fields"),
    ],
)
def test_a_line_that_is_not_canonical_is_named(
    tmp_path: Path, count: int, old: bytes, new: bytes, sentence: str | None
) -> None:
    batch = many(400).take(np.arange(count))
    text = codec.encode_day(batch, SINGAPORE)
    assert text.count(old) == 1
    path = tmp_path / "2026-11-20.csv"
    path.write_bytes(text.replace(old, new))
    if sentence is None:
        assert codec.decode_day(path).rows() == batch.rows()
        return
    with pytest.raises(Corrupt) as refused:
        codec.decode_day(path)
    assert f"{path} line 4 " in refused.value.sentence
    assert sentence in refused.value.sentence


@pytest.mark.parametrize("count", [3, 300])
def test_lines_out_of_order_or_doubled_are_named(count: int) -> None:
    header, *lines, end = codec.encode_day(many().take(np.arange(count)), SINGAPORE).split(b"\n")
    for wrong in ([lines[1], lines[0], *lines[2:]], [lines[0], lines[0], *lines[2:]]):
        with pytest.raises(Corrupt, match="day file line 3 does not come after"):
            codec.decode_day(b"\n".join([header, *wrong, end]))


def test_a_file_cut_short_or_without_its_header_is_corrupt() -> None:
    text = codec.encode_day(many(), SINGAPORE)
    with pytest.raises(Corrupt, match="line 401 does not end with a line feed"):
        codec.decode_day(text[:-1])
    for headless in (text[1:], b"", HEADER.replace(b",source", b"")):
        with pytest.raises(Corrupt, match="day file line 1 is not the header"):
            codec.decode_day(headless)
    assert len(codec.decode_day(HEADER)) == 0


def test_log_lines_are_named_by_their_number_in_the_log() -> None:
    lines = log_of(many())
    lines[99] = lines[99].replace(b"114Z", b"Z")
    with pytest.raises(Corrupt, match=r"log\.txt line 1101 has received_at"):
        codec.decode_log(lines, name="log.txt", first_line=1002)


@pytest.mark.parametrize(
    ("reading", "field"),
    [
        (Reading("a,b", "S", NOON, 1), "meter_id"),
        (Reading("", "S", NOON, 1), "meter_id"),
        (Reading("=1+1", "S", NOON, 1), "meter_id"),
        (Reading("m" * 33, "S", NOON, 1), "meter_id"),
        (Reading("mé", "S", NOON, 1), "meter_id"),
        (Reading("m", "", NOON, 1), "register_id"),
        (Reading("m", "S", NOON, 1, type="a\nb"), "type"),
        (Reading("m", "S", NOON, 1, source="a,b"), "source"),
        (Reading("m", "S", NOON, MAXIMUM_WH + 1), "value"),
        (Reading("m", "S", NOON, -2), "value"),
        (Reading("m", "S", EARLIEST - 1, 1), "read_at"),
        (Reading("m", "S", NOON, 1, revision=-1), "revision"),
    ],
)
@pytest.mark.parametrize("others", [0, 100])
def test_what_a_line_cannot_hold_is_not_written(reading: Reading, field: str, others: int) -> None:
    batch = join([many(), ReadingBatch.from_readings([reading])])
    batch = batch.take(np.arange(400 - others, 401))
    with pytest.raises(BadInput) as refused:
        log_of(batch)
    assert refused.value.field == field
    with pytest.raises(BadInput):
        codec.encode_day(batch, SINGAPORE)


def test_clock_change_days_carry_both_offsets() -> None:
    day = date(2026, 10, 25)
    start, end = LONDON.day_start(day), LONDON.day_start(day + timedelta(days=1))
    times = np.arange(start, end, 1800)
    assert len(times) == 50
    batch = ReadingBatch.of([SeriesKey("m")], np.zeros(50), times, np.arange(50))
    text = codec.encode_day(batch, LONDON)
    assert b"T01:30:00+01:00,0.003" in text
    assert b"T01:30:00+00:00,0.005" in text
    assert codec.decode_day(text).read_at.tolist() == times.tolist()


def test_an_offset_that_changes_off_the_quarter_hour_is_right() -> None:
    zone = HomeZone("America/St_Johns")
    change = datetime(2006, 10, 29, 2, 31, tzinfo=UTC)
    first = int(change.timestamp()) - 120
    readings = [Reading("m", "S", first + 30 * n, n) for n in range(60)]
    text = codec.encode_day(ReadingBatch.from_readings(readings), zone)
    assert {line.split(b",")[2][-6:] for line in text.split(b"\n")[1:-1]} == {b"-02:30", b"-03:30"}
    assert text.split(b"\n")[1:-1] == [
        format_line(row, local_text(row.read_at, zone)).encode() for row in readings
    ]


@given(DAY_READINGS, st.data())
def test_merging_again_changes_nothing(readings: list[Reading], data: st.DataObject) -> None:
    existing = [row for row in readings if data.draw(st.booleans())]
    new = data.draw(st.permutations(readings)) + existing
    before = codec.in_key_order(ReadingBatch.from_readings(existing))
    merged = codec.merge_day(before, ReadingBatch.from_readings(new))
    assert merged.rows() == sorted(readings, key=key_of)
    assert codec.merge_day(merged, ReadingBatch.from_readings(new)).rows() == merged.rows()
    assert codec.merge_day(None, ReadingBatch.from_readings(new)).rows() == merged.rows()


@pytest.mark.parametrize(
    "other",
    [
        Reading("m", "S", NOON, 6, source="a"),
        Reading("m", "S", NOON, None, source="a"),
        Reading("m", "S", NOON, 5, source="b"),
        Reading("m", "S", NOON, 5, source="a", type="customer"),
        Reading("m", "S", NOON, 5, source="a", flag=Flag.SUSPECT),
    ],
)
def test_two_readings_of_one_key_are_never_merged(other: Reading) -> None:
    one = ReadingBatch.from_readings([Reading("m", "S", NOON, 5, source="a")])
    with pytest.raises(Corrupt, match="meter m, register S has two readings for 2026-11-20T04"):
        codec.merge_day(one, ReadingBatch.from_readings([other]))


def test_a_revision_stands_behind_what_it_corrects() -> None:
    first, second = Reading("m", "S", NOON, 5), Reading("m", "S", NOON, 4, revision=1)
    merged = codec.merge_day(
        ReadingBatch.from_readings([first]), ReadingBatch.from_readings([second])
    )
    assert merged.rows() == [first, second]


def test_a_file_of_many_blocks_is_read_back() -> None:
    meters, slots = 1_000, 48
    series = tuple(SeriesKey(f"531-{n:06d}", word) for n in range(meters // 2) for word in "NS")
    batch = ReadingBatch.of(
        series,
        np.repeat(np.arange(meters), slots),
        np.tile(NOON + 1800 * np.arange(slots), meters),
        np.arange(meters * slots) ** 2,
        source="file:12",
    )
    text = codec.encode_day(batch, SINGAPORE)
    assert len(text) > 2 << 20
    again = codec.decode_day(text)
    assert again.series == batch.series
    assert again.series_code.tolist() == batch.series_code.tolist()
    assert again.value_wh.tolist() == batch.value_wh.tolist()
    assert again.read_at.tolist() == batch.read_at.tolist()


def test_words_that_no_row_uses_are_not_looked_at() -> None:
    batch = ReadingBatch.of([SeriesKey("m"), SeriesKey("not,written")], [0], [NOON], [5])
    assert log_of(batch)[0].startswith(b"m,S,")
