"""What registers make a meter's consumption."""

from __future__ import annotations

import pytest

from data_layer.accounts.meters import Meter, MeterRegister, RegisterRole
from data_layer.errors import BadInput
from data_layer.readings.model import SeriesKey
from data_layer.storage.database import Database

TOTAL, BAND = RegisterRole.IMPORT_TOTAL, RegisterRole.IMPORT_BAND


@pytest.mark.parametrize(
    ("registers", "counting"),
    [
        ({"T": TOTAL, "DY": BAND, "NT": BAND}, ("T",)),
        ({"NT": BAND, "DY": BAND, "EX": RegisterRole.EXPORT}, ("DY", "NT")),
        ({"EX": RegisterRole.EXPORT}, ()),
        (None, ("S",)),
    ],
)
def test_the_total_counts_or_else_the_bands(
    database: Database, registers: dict[str, RegisterRole] | None, counting: tuple[str, ...]
) -> None:
    meters = MeterRegister(database)
    meters.put(Meter("M1", registers=registers))

    assert meters.counting("M1") == tuple(SeriesKey("M1", name) for name in counting)
    assert MeterRegister(database).counting("M1") == meters.counting("M1")


def test_a_meter_nobody_described_has_the_default_register(database: Database) -> None:
    assert MeterRegister(database).counting("531-1") == (SeriesKey("531-1", "S"),)
    assert not MeterRegister(database).is_known("531-1")


def test_describing_again_replaces(database: Database) -> None:
    meters = MeterRegister(database)
    meters.put(Meter("M1", mpan="1200023305967", registers={"A": TOTAL}))
    meters.put(Meter("M1", mpan="1200023305967", serial_number="S7", registers={"B": TOTAL}))

    described = meters.get("M1")
    assert described is not None
    assert described.serial_number == "S7"
    assert meters.counting("M1") == (SeriesKey("M1", "B"),)


@pytest.mark.parametrize(
    "meter", [Meter("M1", mpan="12"), Meter("M1", serial_number="a\nb"), Meter("a,b")]
)
def test_what_breaks_a_rule_is_refused(database: Database, meter: Meter) -> None:
    with pytest.raises(BadInput):
        MeterRegister(database).put(meter)
