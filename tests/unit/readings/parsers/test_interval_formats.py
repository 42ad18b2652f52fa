"""The three interval formats: whose meter, which half hour, exactly how much."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.readings import parsers
from data_layer.readings.interval_runs import IntervalBatch
from data_layer.readings.model import Rejection, SeriesKey, Verdict
from data_layer.readings.parsers import Format
from data_layer.readings.parsers.interval_rows import parse_energy

LONDON = HomeZone("Europe/London")
HELSINKI = HomeZone("Europe/Helsinki")


def read(
    path: Path, content: str, zone: HomeZone, meter_id: str = ""
) -> tuple[Format, IntervalBatch, tuple[Rejection, ...]]:
    path = path / "file.csv"
    path.write_bytes(content.encode())
    found = parsers.recognize(path)
    (chunk,) = parsers.parse(path, found, zone=zone, source="file:1", meter_id=meter_id)
    assert isinstance(chunk.batch, IntervalBatch)
    return found, chunk.batch, chunk.rejections


def spans(batch: IntervalBatch, zone: HomeZone) -> list[tuple[str, str]]:
    pairs = zip(batch.start.tolist(), batch.end.tolist(), strict=True)
    return [(zone.format(start), zone.format(end)) for start, end in pairs]


def test_portal_export_with_crlf_spaces_and_twenty_decimals(tmp_path: Path) -> None:
    content = (
        "Consumption (kWh), Start, End\r\n"
        "0.39600000000000000001, 2023-03-26T00:30:00+00:00, 2023-03-26T02:00:00+01:00\r\n"
        "oops, 2023-03-26T02:00:00+01:00, 2023-03-26T02:30:00+01:00\r\n"
        "0.1, 2023-03-26T03:00:00+01:00, 2023-03-26T02:30:00+01:00\r\n"
    )
    found, batch, refused = read(tmp_path, content, LONDON, "M1")
    assert found is Format.PORTAL_INTERVAL
    assert batch.series == (SeriesKey("M1"),)
    assert batch.energy == (39_600_000_000_000_000_001,)
    assert spans(batch, LONDON) == [("2023-03-26T00:30:00+00:00", "2023-03-26T02:00:00+01:00")]
    assert [(refusal.line, refusal.verdict) for refusal in refused] == [
        (3, Verdict.UNREADABLE),
        (4, Verdict.UNREADABLE),
    ]


def test_portal_export_without_offsets_on_an_autumn_night(tmp_path: Path) -> None:
    times = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    rows = [
        f"0.{n},2025-10-26T{start}:00,2025-10-26T{end}:00\n"
        for n, (start, end) in enumerate(pairwise(times))
    ]
    _, batch, refused = read(
        tmp_path, "Consumption (kWh),Start,End\n" + "".join(rows), LONDON, "M1"
    )
    assert refused == ()
    assert (batch.end - batch.start).tolist() == [1800] * 5
    assert batch.start[1:].tolist() == batch.end[:-1].tolist()


def test_file_that_names_no_meter_needs_one_from_the_caller(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="names no meter"):
        read(tmp_path, "Consumption (kWh), Start, End\n", LONDON)


def test_low_carbon_london_stamps_are_gmt_and_end_their_half_hour(tmp_path: Path) -> None:
    content = (
        ",mac,datetime,kwhh\n"
        "1,MAC000584,2012-07-01 00:30:00,3.0090001\n"
        "2,MAC000584,2012-07-01 01:00:00.0000000,0.0\n"
        "3,MAC000584,2012-07-01 01:30:00,Null\n"
    )
    found, batch, refused = read(tmp_path, content, LONDON)
    assert found is Format.LCL_INTERVAL
    assert batch.series == (SeriesKey("MAC000584"),)
    assert spans(batch, LONDON)[0] == ("2012-07-01T01:00:00+01:00", "2012-07-01T01:30:00+01:00")
    assert batch.energy == (300_900_010_000_000_000_000, 0)
    assert [refusal.line for refusal in refused] == [4]


def test_low_carbon_london_file_of_two_meters_is_not_put_under_one_name(tmp_path: Path) -> None:
    content = ",mac,datetime,kwhh\n1,A,2012-07-01 00:30:00,1\n2,B,2012-07-01 00:30:00,1\n"
    _, batch, refused = read(tmp_path, content, LONDON, "531-000-001")
    assert batch.series == (SeriesKey("531-000-001"),)
    assert "second meter" in refused[0].sentence
    _, both, refused = read(tmp_path, content, LONDON)
    assert both.series == (SeriesKey("A"), SeriesKey("B"))
    assert refused == ()


def test_hourly_file_is_recognized_and_rows_not_valid_are_refused(tmp_path: Path) -> None:
    content = (
        '"timestamp","electricity (kWh)","electricity_status"\n'
        '"2023-10-29T02:00:00+03:00","1.96","valid"\n'
        '"2023-10-29T03:00:00+03:00","6e-05","valid"\n'
        '"2023-10-29T03:00:00+02:00","0.0","invalid"\n'
        '"2023-10-29T04:00:00+02:00","1.5","valid"\n'
    )
    found, batch, refused = read(tmp_path, content, HELSINKI, "M1")
    assert found is Format.INTERVAL_CSV
    assert (batch.end - batch.start).tolist() == [3600] * 3
    assert batch.energy[1] == 6 * 10**15
    assert [(r.line, r.verdict) for r in refused] == [(4, Verdict.MARKED_INVALID)]
    assert "'invalid'" in refused[0].sentence


def test_half_hourly_naive_file_of_an_autumn_day_has_fifty_half_hours(tmp_path: Path) -> None:
    clock = [f"{n // 2:02d}:{n % 2 * 30:02d}" for n in range(48)]
    times = [*clock[:4], *clock[2:]]  # 01:00 and 01:30 twice
    content = "start,kwh\n" + "".join(f"2025-10-26 {time},0.1\n" for time in times)
    _, batch, refused = read(tmp_path, content, LONDON, "M1")
    assert refused == ()
    assert len(batch) == 50
    assert (batch.start[1:] == batch.end[:-1]).all()
    assert batch.end[-1] - batch.start[0] == 25 * 3600


def test_a_single_row_is_half_an_hour(tmp_path: Path) -> None:
    _, batch, refused = read(tmp_path, "start,kwh\n2025-01-01 00:00,0.5\n", LONDON, "M1")
    assert refused == ()
    assert (batch.end - batch.start).tolist() == [1800]


def test_binary_file_is_told_not_to_be_text(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not text: its line 1 holds a NUL byte"):
        read(tmp_path, "PK\x03\x04\0\0", LONDON)


def test_other_steps_than_hours_and_half_hours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="600 seconds apart"):
        read(tmp_path, "start,kwh\n2025-01-01 00:00,1\n2025-01-01 00:10,1\n", LONDON, "M1")


@pytest.mark.parametrize("text", ["", "-1", "1e5", "NaN", "1,5", "0." + "1" * 21, "1" * 7, "1e-25"])
def test_energy_not_in_plain_digits_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not an energy in kWh"):
        parse_energy(text, field="kwh")
