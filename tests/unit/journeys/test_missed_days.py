"""A start tells whether a midnight was missed from the log alone."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from data_layer.clock import HomeZone
from data_layer.errors import Corrupt
from data_layer.journeys.missed_days import open_since, was_missed

SINGAPORE = HomeZone("Asia/Singapore")
HEADER = "#METERBOOK-LOG,1,gen=42,prev=9f31c2aa,5b0c77d1\n"


def log_of(tmp_path: Path, *received: str) -> Path:
    path = tmp_path / "log.txt"
    lines = [
        f"531-123-456,S,2020-01-01T10:30:00Z,1234.500,,,,,api:k7,{moment},4c1d09ee\n"
        for moment in received
    ]
    path.write_text(HEADER + "".join(lines))
    return path


@pytest.mark.parametrize(
    ("received", "now", "missed"),
    [
        ("2026-11-20T15:59:59.999Z", "2026-11-20T15:59:59+00:00", False),
        ("2026-11-20T15:59:59.999Z", "2026-11-20T16:00:00+00:00", True),
        ("2026-11-20T16:00:00.000Z", "2026-11-21T15:00:00+00:00", False),
        ("2026-11-10T03:00:00.000Z", "2026-11-20T15:00:00+00:00", True),
    ],
)
def test_a_day_counts_by_when_readings_were_received(
    tmp_path: Path, received: str, now: str, missed: bool
) -> None:
    log = log_of(tmp_path, received, "2026-11-21T03:00:00.000Z")

    assert was_missed(log, SINGAPORE, datetime.fromisoformat(now)) is missed


def test_an_empty_or_absent_log_misses_nothing(tmp_path: Path) -> None:
    assert open_since(tmp_path / "log.txt", SINGAPORE) is None
    assert open_since(log_of(tmp_path), SINGAPORE) is None


def test_the_day_is_local_to_the_home(tmp_path: Path) -> None:
    log = log_of(tmp_path, "2026-11-20T17:00:00.000Z")

    assert open_since(log, SINGAPORE) == date(2026, 11, 21)
    assert open_since(log, HomeZone("UTC")) == date(2026, 11, 20)


def test_a_log_that_says_no_time_is_not_guessed_about(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(HEADER + "nonsense\n")

    with pytest.raises(Corrupt, match="line 2"):
        open_since(path, SINGAPORE)
