"""Every reading a filter matches, as lines like those of a day file."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

from api import reading_export
from data_layer.clock import HomeZone
from data_layer.readings.model import (
    Action,
    Flag,
    Kind,
    Reading,
    ReadingBatch,
    RowFilter,
    RowPage,
    Scope,
)

ZONE = HomeZone("Asia/Singapore")
SCOPE = Scope("admin@example.com", Action.READ_READINGS, meter_ids=None)


class RowsOf:
    """A store that pages through a fixed list."""

    def __init__(self, readings):
        self.readings = readings

    def rows(self, wanted):
        page = self.readings[wanted.offset : wanted.offset + wanted.limit]
        return RowPage(ReadingBatch.from_readings(page), len(self.readings))


def exported(readings):
    room = SimpleNamespace(store=RowsOf(readings), zone=ZONE)
    return "".join(reading_export.export(room, SCOPE, RowFilter()))


def test_a_usual_reading_has_empty_usual_fields():
    text = exported([Reading("531-1", "S", 1_763_607_600, 1_234_500, source="page:u3")])

    assert text.splitlines() == [
        "meter_id,register_id,read_at,value_kwh,kind,type,flag,revision,source,state",
        "531-1,S,2025-11-20T11:00:00+08:00,1234.500,,,,,page:u3,",
    ]


def test_an_unusual_reading_says_what_it_is():
    unusual = Reading(
        "531-1", "DY", 1_763_607_600, None, Kind.INITIAL, "estimated", Flag.SUSPECT, 2, "=api"
    )

    assert exported([unusual]).splitlines()[1] == (
        "531-1,DY,2025-11-20T11:00:00+08:00,,initial,estimated,suspect,2,'=api,withdrawn"
    )


def test_every_row_comes_once_and_in_order_over_all_pages(monkeypatch):
    monkeypatch.setattr(reading_export, "FIRST_ROWS", 2)
    monkeypatch.setattr(reading_export, "MORE_ROWS", 3)
    readings = [Reading("531-1", "S", 1800 * n, n) for n in range(9)]

    rows = list(csv.DictReader(io.StringIO(exported(readings))))

    assert [row["value_kwh"] for row in rows] == [f"0.00{n}" for n in range(9)]


def test_no_match_is_a_header_alone():
    assert exported([]) == reading_export.HEADER
