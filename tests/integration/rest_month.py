"""An application on 20 November 2026 over a home whose first household has October's readings, a
tariff and a bill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from data_layer.accounts.model import OPERATOR
from data_layer.billing.operations import issue
from data_layer.readings.model import Action, Reading, ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import REST
from data_layer.tariffs.documents import tariff_from
from tests.integration.conftest import OWN_METER, Served, serving

MONTH = "2026-10"
TARIFF = {
    "code": "HOME",
    "name": "Home",
    "currency": "SGD",
    "versions": [
        {
            "valid_from": "2026-01-01",
            "energy": {"kind": "flat", "rate": "0.30"},
            "standing": {"per_day": "0.10"},
            "tax": {"rate": "0.09", "name": "GST"},
        }
    ],
}
READINGS = (("2026-10-01T00:00:00", 100_000), ("2026-11-01T00:00:00", 200_000),
            ("2026-11-20T00:00:00", 260_000))  # fmt: skip


@contextmanager
def serving_a_month(home: Path) -> Iterator[Served]:
    with serving(home, clock=lambda: datetime(2026, 11, 20, 4, tzinfo=UTC)) as found:
        book = found.book
        book.tariffs.enter(book.authorize(OPERATOR, Action.MANAGE_TARIFFS), [tariff_from(TARIFF)])
        account = book.accounts.get(OWN_METER)
        assert account is not None
        book.accounts.modify(replace(account, tariff_code="HOME"), actor="cli")
        rows = [Reading(OWN_METER, "S", book.zone.parse(at), wh) for at, wh in READINGS]
        scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
        submit(book.readings, scope, ReadingBatch.from_readings(rows), rules=REST)
        billing = book.authorize(OPERATOR, Action.MANAGE_BILLS, OWN_METER)
        issue(book.billing, billing, meter_id=OWN_METER, month=MONTH)
        yield found
