"""The register format: clean files in columns, bad lines one by one, autumn nights by order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings import parsers
from data_layer.readings.model import ReadingBatch, Rejection, SeriesKey, join
from data_layer.readings.parsers import Format, lines, register_csv

SINGAPORE = HomeZone("Asia/Singapore")
LONDON = HomeZone("Europe/London")
HEADER = "meter_id,timestamp,reading\n"


def read(path: Path, zone: HomeZone = SINGAPORE) -> tuple[ReadingBatch, list[Rejection]]:
    chunks = list(parsers.parse(path, Format.REGISTER_CSV, zone=zone, source="file:1"))
    batches = [chunk.batch for chunk in chunks if isinstance(chunk.batch, ReadingBatch)]
    assert len(batches) == len(chunks)
    return join(batches), [refusal for chunk in chunks for refusal in chunk.rejections]


def local_times(batch: ReadingBatch, zone: HomeZone) -> list[str]:
    return [zone.format(epoch) for epoch in batch.read_at.tolist()]


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_clean_file_keeps_values_times_source_and_line_numbers(write) -> None:
    path = write(HEADER + "M1,2026-11-20T10:30:00,1234.5\nM2,2026-11-20T03:00:00Z,0\n")
    batch, refused = read(path)
    assert parsers.recognize(path) is Format.REGISTER_CSV
    assert refused == []
    assert batch.value_wh.tolist() == [1_234_500, 0]
    assert local_times(batch, SINGAPORE) == [
        "2026-11-20T10:30:00+08:00",
        "2026-11-20T11:00:00+08:00",
    ]
    assert batch.line.tolist() == [2, 3]
    assert batch.sources == ("file:1",)


def test_bom_crlf_quotes_spaces_and_column_order_change_nothing(write) -> None:
    odd = (
        b'\xef\xbb\xbfReading , Timestamp,"meter_id",register_id,type\r\n'
        b'  12.5, 2026-11-20 10:30 ,"M 1",,actual\r\n'
        b'13.000,2026-11-20T11:00:00+08:00, "M 1",NT,customer'
    )
    batch, refused = read(write(odd))
    assert refused == []
    assert [(row.meter_id, row.register_id, row.value_wh, row.type) for row in batch.rows()] == [
        ("M 1", "S", 12_500, ""),
        ("M 1", "NT", 13_000, "customer"),
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"M1,2026-11-20T10:30:00", "'M1,2026-11-20T10:30:00' has 2 fields: it must have 3"),
        (b"M1,2026-11-20T10:30:00,1,2", "has 4 fields: it must have 3"),
        (b"M1,2026-11-20T10:30:00,1\0", "NUL byte as byte 25"),
        (b"M1,2026-11-20T10:30:00,\xff1", "not UTF-8"),
        (b"M1,2026-11-20T10:30:00," + b"1" * 5000, "5023 bytes is too long"),
        (b"M1,2026-11-20T10:30:00,-1", "reading '-1' is not a value in kWh"),
        (b"M1,2026-11-20T10:30:00,1_000", "not a value in kWh"),
        (b"M1,2026-11-20T10:30:00,nan", "not a value in kWh"),
        (b"M1,2026-11-20T10:30:00,1.2345", "not a value in kWh"),
        (b"M1,2026-02-30T10:30:00,1", "does not exist"),
        (b"M1,20.11.2026 10:30,1", "is not a date and time"),
        (b"M1,2026-11-20T10:30:00+25:00,1", "does not exist"),
        (b"=M1,2026-11-20T10:30:00,1", "meter_id '=M1' is not an id"),
        (b'"M1,2026-11-20T10:30:00,1', "is not CSV"),
        (b'M1,2026-11-20T10:30:00,"1"2.5', "is not CSV"),
        ("M\N{FULLWIDTH DIGIT ONE},2026-11-20T10:30:00,1".encode(), "is not an id"),
        ("M1,2026-11-20T10:30:00,\N{FULLWIDTH DIGIT ONE}".encode(), "not a value in kWh"),
    ],
)
def test_bad_line_gets_its_verdict_and_costs_no_other_line(write, line, sentence) -> None:
    content = HEADER.encode() + b"M1,2026-11-20T10:00:00,1\n" + line + b"\nM1,2026-11-20T11:00:00,2"
    batch, refused = read(write(content))
    assert batch.line.tolist() == [2, 4]
    assert [refusal.line for refusal in refused] == [3]
    assert sentence in refused[0].sentence


def test_blank_lines_are_no_rows_and_line_numbers_stay_true(write) -> None:
    batch, refused = read(write(HEADER + "\nM1,2026-11-20T10:00:00,1\n  \nx\n\n"))
    assert batch.line.tolist() == [3]
    assert [refusal.line for refusal in refused] == [5]


def test_skipped_hour_of_a_spring_night_is_refused(write) -> None:
    batch, refused = read(write(HEADER + "M1,2025-03-30T01:30:00,1\n"), LONDON)
    assert len(batch) == 0
    assert "the clock skips it" in refused[0].sentence


FORWARD = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
SHOWN = [
    "2025-10-26T00:30:00+01:00",
    "2025-10-26T01:00:00+01:00",
    "2025-10-26T01:30:00+01:00",
    "2025-10-26T01:00:00+00:00",
    "2025-10-26T01:30:00+00:00",
    "2025-10-26T02:00:00+00:00",
]


def autumn_lines(meter: str, times: list[str]) -> list[str]:
    return [f"{meter},2025-10-26T{time}:00,{n}\n" for n, time in enumerate(times)]


def test_repeated_hour_of_an_autumn_night_is_told_apart_by_file_order(write) -> None:
    batch, _ = read(write(HEADER + "".join(autumn_lines("M1", FORWARD))), LONDON)
    assert local_times(batch, LONDON) == SHOWN


def test_repeated_hour_in_a_file_that_runs_backward(write) -> None:
    content = HEADER + "".join(reversed(autumn_lines("M1", FORWARD)))
    batch, _ = read(write(content), LONDON)
    assert local_times(batch, LONDON) == SHOWN[::-1]


def test_repeated_hour_of_several_meters_read_side_by_side(write) -> None:
    pairs = zip(autumn_lines("M1", FORWARD), autumn_lines("M2", FORWARD), strict=True)
    batch, _ = read(write(HEADER + "".join(line for pair in pairs for line in pair)), LONDON)
    assert local_times(batch.take(batch.series_code == 0), LONDON) == SHOWN
    assert local_times(batch.take(batch.series_code == 1), LONDON) == SHOWN


def test_repeated_hour_that_starts_in_its_middle(write) -> None:
    """The half hour 01:00 summer time is missing; 01:30 before 01:00 is still the first."""
    times = ["00:00", "00:30", "01:30", "01:00", "01:30", "02:00"]
    batch, _ = read(write(HEADER + "".join(autumn_lines("M1", times))), LONDON)
    assert local_times(batch, LONDON)[2:5] == [SHOWN[2], SHOWN[3], SHOWN[4]]


def test_repeated_hour_with_offsets_needs_no_order(write) -> None:
    content = HEADER + "".join(f"M1,{time},{n}\n" for n, time in reversed([*enumerate(SHOWN)]))
    batch, _ = read(write(content), LONDON)
    assert local_times(batch, LONDON) == SHOWN[::-1]


def test_repeated_hour_across_a_chunk_border(write, monkeypatch) -> None:
    content = HEADER + "".join(autumn_lines("M1", FORWARD))
    monkeypatch.setattr(lines.blocks_of, "__kwdefaults__", {"chunk_bytes": 60})
    path = write(content)
    chunks = list(parsers.parse(path, Format.REGISTER_CSV, zone=LONDON, source=""))
    assert len(chunks) > 2
    joined = join([chunk.batch for chunk in chunks])
    assert local_times(joined, LONDON) == SHOWN


def test_line_longer_than_a_chunk_is_one_bad_line(write, monkeypatch) -> None:
    monkeypatch.setattr(lines.blocks_of, "__kwdefaults__", {"chunk_bytes": 5000})
    content = HEADER + "x" * 23_000 + ",2026-11-20T10:00:00,7\nM1,2026-11-20T10:00:00,1\n"
    batch, refused = read(write(content))
    assert [refusal.line for refusal in refused] == [2]
    assert batch.line.tolist() == [3]


def test_header_of_another_kind_is_refused_by_name(write) -> None:
    with pytest.raises(BadInput, match=r"'id, when, what' are of no known format"):
        parsers.recognize(write("id,when,what\n1,2,3\n"))
    with pytest.raises(BadInput, match="its first line must name the columns"):
        parsers.recognize(write(""))
    with pytest.raises(BadInput, match="color"):
        read(write("meter_id,timestamp,reading,color\n"))


GOOD = st.builds(
    lambda meter, half_hour, value: (
        f"{meter},2026-{half_hour // 1000 + 1:02d}-{half_hour % 28 + 1:02d}T{half_hour % 24:02d}"
        f":{half_hour % 2 * 30:02d}:00{['', 'Z', '+08:00', '-03:30'][half_hour % 4]},{value}"
    ),
    st.sampled_from(["M1", "531-204-118", "a b"]),
    st.integers(0, 11_999),
    st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,3})?\Z"),
)
BAD = st.one_of(
    st.text(max_size=30).map(lambda text: text.replace("\n", "")),
    st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"")),
)


@given(st.lists(st.one_of(GOOD, GOOD, GOOD, BAD), max_size=40))
@settings(deadline=None)
def test_reading_in_columns_gives_what_reading_line_by_line_gives(tmp_path_factory, rows) -> None:
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    data = [row if isinstance(row, bytes) else row.encode("utf-8", "surrogatepass") for row in rows]
    path.write_bytes(HEADER.encode() + b"\n".join(data) + b"\n")
    fast, fast_refused = read(path) if any(data) else (None, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register_csv, "_read_clean", lambda *_: None)
        slow, slow_refused = read(path) if any(data) else (None, [])
    assert fast_refused == slow_refused
    if fast is not None and slow is not None:
        assert fast.rows() == slow.rows()
        assert fast.line.tolist() == slow.line.tolist()
        assert len(fast) + len(fast_refused) == sum(1 for row in data if row.strip())


def test_one_bad_line_of_many_leaves_the_rest_in_columns(write) -> None:
    good = [f"M{n % 7},2026-01-{n % 28 + 1:02d}T10:00:00,{n}\n" for n in range(30_000)]
    batch, refused = read(write(HEADER + "".join(good[:15_000]) + "bad\n" + "".join(good[15_000:])))
    assert [refusal.line for refusal in refused] == [15_002]
    assert batch.value_wh.tolist() == [n * 1000 for n in range(30_000)]
    assert set(batch.series) == {SeriesKey(f"M{n}") for n in range(7)}


def test_a_line_of_megabytes_costs_itself_alone(write) -> None:
    good = "M1,2026-11-20T10:30:00,1.000\n"
    batch, refused = read(write(HEADER + good + "9" * 2_000_000 + ",x,1\n" + good))

    assert batch.line.tolist() == [2, 4]
    assert [(refusal.line, "too long" in refusal.sentence) for refusal in refused] == [(3, True)]
