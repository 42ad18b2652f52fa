"""The scanner looks at what differs from the lines before: it must miss nothing by that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.errors import Corrupt
from data_layer.readings import column_reader
from data_layer.readings.column_reader import NotCanonical, Scanned, read_lines, scan_lines
from data_layer.readings.line_codec import DAY, LOG, Layout, parse_line
from data_layer.readings.model import Kind

DAY_LINES = (
    b"531-000-001,S,2026-11-20T18:00:00+08:00,1234.500,,,,,api:k7\n",
    b"531-000-001,S,2026-11-20T18:30:00+08:00,1234.750,,,,,api:k7\n",
    b"531-000-001,S,2026-11-20T18:30:00+08:00,0.000,initial,,,,api:k7\n",
    b"531-000-002,S,2026-11-20T18:30:00+08:00,99999999.999,,,,,api:k7\n",
    b"531-000-002,T,2026-11-20T18:30:07+08:00,,,E,suspect,12,a file\n",
)
LOG_LINES = (
    b"531-000-001,S,2026-11-20T10:00:00Z,1234.500,,,,,api:k7,2026-11-20T10:30:02.114Z\n",
    b"531-000-001,S,2026-11-20T10:30:00Z,1234.750,,,,,api:k7,2026-11-20T10:30:02.114Z\n",
    b"531-000-002,S,2026-11-20T10:30:00Z,999999999.999,,,,,k,2026-11-20T10:30:02.115Z\n",
    b"531-000-002,T,2026-11-20T10:30:07Z,,,E,suspect,12,a file,2026-11-20T10:30:02.115Z\n",
)


def scanned(text: bytes, layout: Layout = DAY, rows: int | None = None) -> Scanned:
    return scan_lines(np.frombuffer(text, dtype=np.uint8), 0, layout, rows=rows)


@settings(max_examples=600, deadline=None)
@given(st.data(), st.sampled_from([(DAY, DAY_LINES), (LOG, LOG_LINES)]))
def test_a_changed_byte_is_judged_alike_whatever_lines_stand_before_and_behind(
    data: st.DataObject, kind: tuple[Layout, tuple[bytes, ...]]
) -> None:
    layout, known = kind
    lines = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=6))
    text = bytearray(b"".join(lines))
    at = data.draw(st.integers(0, len(text) - 2))
    text[at] = data.draw(st.sampled_from(b'0123456789+-.,:TZtz "\r\n\0eE\xc3_/@S'))
    try:
        slow = [
            parse_line(line.decode("ascii"), layout).reading
            for line in bytes(text).split(b"\n")[:-1]
        ]
    except (Corrupt, UnicodeDecodeError):
        with pytest.raises(NotCanonical):
            read_lines(bytes(text), layout)
    else:
        assert read_lines(bytes(text), layout).rows() == slow


def test_room_for_rows_and_words_grows_with_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_reader, "_FEW_WORDS", 8)
    text = b"".join(
        b"m%05d,S,2026-11-20T18:%02d:00+08:00,%d.000,,,,,s%d\n" % (n // 2, n % 2, n, n % 100)
        for n in range(3000)
    )
    found = scanned(text, rows=10)
    assert len(found) == 3000
    assert len(found.series) == 1500
    assert len(found.rests) == 100
    assert found.values.tolist() == [n * 1000 for n in range(3000)]
    assert found.batch().rows() == [
        parse_line(line, DAY).reading for line in text.decode().split("\n")[:-1]
    ]


def test_times_within_one_minute_are_told_apart() -> None:
    lines = [b"m,S,2026-11-20T18:30:%02d+08:00,1.000,,,,,\n" % second for second in (1, 2, 3, 59)]
    times = scanned(b"".join(lines)).times
    assert np.diff(times).tolist() == [1, 1, 56]
    hours = b"m,S,2026-11-20T18:30:00+08:00,1.000,,,,,\nm,S,2026-11-20T18:30:00+07:00,1.000,,,,,\n"
    assert np.diff(scanned(hours).times).tolist() == [3600]


@pytest.mark.parametrize(
    ("one", "other", "in_order"),
    [
        ("A,S", "A b,S", True),
        ("A b,S", "A,S", False),
        ("A,S", "A,S1", True),
        ("A,T", "A,S", False),
        ("A,S", "A-1,S", True),
        ("B,S", "A,T", False),
    ],
)
def test_order_is_that_of_meter_then_register(one: str, other: str, *, in_order: bool) -> None:
    behind = ",2026-11-20T18:30:00+08:00,1.000,,,,,\n"
    assert scanned((one + behind + other + behind).encode()).in_order is in_order
    assert in_order == (tuple(one.split(",")) < tuple(other.split(",")))


def test_two_rows_of_one_instant_are_left_to_the_slow_order() -> None:
    found = scanned(DAY_LINES[1] + DAY_LINES[2])
    assert not found.in_order
    assert found.kinds.tolist() == [Kind.READ, Kind.INITIAL]
