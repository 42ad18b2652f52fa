"""Rows found by halving are those that reading the whole day finds."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
import pytest

from data_layer.clock import HomeZone
from data_layer.readings.codec import HEADER, encode_day
from data_layer.readings.model import Kind, Reading, ReadingBatch
from data_layer.readings.row_search import find_lines

ALPHABET = "09AZaz_./- "
"""Some stand below the comma, some above it."""


def some_day(chance: random.Random, zone: HomeZone, start: int) -> list[Reading]:
    """Readings of a day: ids that begin alike, several registers, two kinds of one instant."""
    ids = {"5" + "".join(chance.choices(ALPHABET, k=chance.randint(0, 3))) + "1" for _ in range(30)}
    found = []
    for meter_id in ids:
        for register_id in chance.sample(["S", "S1", "T", "T-1"], chance.randint(1, 3)):
            for at in sorted(chance.sample(range(start, start + 23 * 3600), chance.randint(1, 50))):
                value = chance.choice([0, 7, 1_000, chance.randrange(10**12)])
                for kind in chance.choice([[Kind.READ], [Kind.INITIAL], [Kind.READ, Kind.INITIAL]]):
                    source = chance.choice(["api:k7", "file:1", ""])
                    found.append(
                        Reading(meter_id, register_id, at, value, kind=kind, source=source)
                    )
    return found


def looked_for(text: bytes, rows: list[Reading], near: list[int]) -> list[bytes | None]:
    """What stands from its kind on in each row's line, as `find_lines` finds it."""
    words, asked = b"", []
    for row, place in zip(rows, near, strict=True):
        asked.append((len(words), row.read_at, row.value_wh, int(row.kind), place))
        words += f"{row.meter_id},{row.register_id},".encode()
    places = np.empty((len(rows), 2), dtype=np.int64)
    find_lines(
        np.frombuffer(text, np.uint8),
        len(HEADER),
        np.frombuffer(words, np.uint8),
        np.array(asked, dtype=np.int64),
        places,
    )
    return [None if begin < 0 else text[begin:end] for begin, end in places.tolist()]


@pytest.mark.parametrize("seed", range(12))
def test_each_row_is_found_wherever_it_is_looked_for(seed: int) -> None:
    chance = random.Random(seed)
    # In London clocks go back on this day: an hour of its stamps comes twice.
    zone = HomeZone(chance.choice(["Asia/Singapore", "Europe/London"]))
    start = zone.day_start(date(2026, 10, 25))
    rows = some_day(chance, zone, start)
    absent = [rows.pop(chance.randrange(len(rows))) for _ in range(40)]
    text = encode_day(ReadingBatch.from_readings(rows), zone)
    chance.shuffle(rows)
    near = [chance.randrange(-100, len(text) + 100) for _ in rows]
    found = looked_for(text, rows, near)
    told = {Kind.READ: "", Kind.INITIAL: "initial"}
    assert found == [f"{told[row.kind]},,,,{row.source}".encode() for row in rows]
    assert looked_for(text, absent, near[:40]) == [None] * 40
    others = [
        Reading(row.meter_id, row.register_id, row.read_at, (row.value_wh or 0) + 1, kind=row.kind)
        for row in rows
    ]
    assert looked_for(text, others, near) == [None] * len(rows)


def test_an_empty_day_has_no_row() -> None:
    row = Reading("531-1", "S", 1_793_000_000, 5)
    assert looked_for(HEADER, [row], [0]) == [None]
    assert looked_for(b"", [row], [0]) == [None]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_bytes_a_file_holds_the_search_ends_inside_it(seed: int) -> None:
    chance = random.Random(seed)
    zone = HomeZone("Asia/Singapore")
    rows = some_day(chance, zone, zone.day_start(date(2026, 10, 25)))
    text = bytearray(encode_day(ReadingBatch.from_readings(rows), zone))
    for _ in range(chance.choice([1, 30, 3_000])):
        text[chance.randrange(len(text))] = chance.choice(b"\n,:.0T\xff")
    del text[chance.randrange(len(text)) :]
    some = chance.sample(rows, 60)
    near = [chance.randrange(-100, len(text) + 100) for _ in some]
    for rest in looked_for(bytes(text), some, near):
        assert rest is None or b"\n" not in rest
