"""A downloaded file says by its name what it is of, so that files of several meters differ."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from api.day_range import DayRange
from api.download_names import attachment, bill_name, usage_name


@pytest.mark.parametrize(
    ("meter_id", "in_name"),
    [("531-204-118", "531-204-118"), ("A 7/3", "A-7-3"), ('x"; y', "x-y")],
)
def test_names_hold_meter_and_time(meter_id: str, in_name: str) -> None:
    bill: Any = SimpleNamespace(meter_id=meter_id, month="2026-10", version=2)
    assert bill_name(bill, "pdf") == f"bill_{in_name}_2026-10_version_2.pdf"
    days = DayRange(date(2026, 10, 1), date(2026, 10, 31))
    view: Any = SimpleNamespace(meter_id=meter_id, range=days)
    assert usage_name(view) == f"usage_{in_name}_2026-10-01_2026-10-31.csv"


def test_the_header_has_the_answer_kept() -> None:
    kept = {"Content-Disposition": 'attachment; filename="a.csv"'}
    assert attachment("a.csv") == kept
