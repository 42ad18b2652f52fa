"""The operator's office in the browsers' home: a tariff of each kind, and two months billed.

Of the accounts that have no sign-in the first half get one, a few more name none any longer, and
the others keep what the demo gave them; one of these has a mended address, so that its bill is
made again, and one account names a tariff that nobody entered.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from data_layer.accounts.model import OPERATOR
from data_layer.billing.model import month_before
from data_layer.book import Book
from data_layer.clock import HALF_HOUR, epoch_of
from data_layer.journeys.bill_month import BILL_MONTH
from data_layer.readings.model import Action
from data_layer.tariffs.documents import tariff_from
from data_layer.tariffs.model import Prices

GST = {"rate": "0.09", "name": "GST"}
BANDS = {
    "kind": "time_of_use",
    "bands": [
        {"name": "Night", "rate": "0.1875", "from": "23:00", "to": "07:00"},
        {
            "name": "Evening peak",
            "rate": "0.4210",
            "from": "18:00",
            "to": "21:00",
            "weekdays": ["mon", "tue", "wed", "thu", "fri"],
        },
    ],
    "otherwise": {"name": "Day", "rate": "0.2994"},
}
SLABS = {
    "kind": "slabs",
    "steps": [
        {"rate": "0.2100", "up_to_kwh": "100"},
        {"rate": "0.2890", "up_to_kwh": "300"},
        {"rate": "0.3470"},
    ],
}
TARIFFS = (
    ("OFFICE-FLAT", "One rate", {"kind": "flat", "rate": "0.2994"}),
    ("OFFICE-BANDS", "Night and evening", BANDS),
    ("OFFICE-SLABS", "Saver's steps", SLABS),
    ("OFFICE-PRICES", "Half-hourly market prices", {"kind": "price_series", "series": "market"}),
)


def furnish(home: Path) -> None:
    """Enter tariffs and prices, give accounts tariffs, bill the last two months."""
    with Book.open(home, scheduled=False) as book:
        today = book.zone.day_of(epoch_of(book.clock()))
        _enter(book, today)
        _assign(book)
        owner = book.accounts.all()[-1]
        book.accounts.modify(replace(owner, address="12 Mended Road"), actor="cli")
        last = month_before(today)
        for month in (month_before(date.fromisoformat(f"{last}-01")), last):
            _bill(book, month)


def _enter(book: Book, today: date) -> None:
    scope = book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
    begins = today.replace(month=1, day=1)
    entered = []
    for code, name, energy in TARIFFS:
        version = {
            "valid_from": begins.replace(year=begins.year - 1).isoformat(),
            "energy": energy,
            "standing": {"per_day": "0.35", "per_kw_month": "1.15"},
            "subsidy": {"units_kwh": "50", "share": "0.5", "every": "month"},
            "tax": GST,
        }
        later = {
            "valid_from": begins.replace(year=begins.year + 1).isoformat(),
            "energy": {"kind": "flat", "rate": "0.3100"},
            "tax": GST,
        }
        versions = [version, later] if code == "OFFICE-BANDS" else [version]
        entered.append(
            tariff_from({"code": code, "name": name, "currency": "SGD", "versions": versions})
        )
    book.tariffs.enter(scope, entered)
    start = book.zone.day_start(today - timedelta(days=100))
    starts = np.arange(start, start + 130 * 86_400, HALF_HOUR, dtype=np.int64)
    slots = [(at - start) // HALF_HOUR % 48 for at in starts.tolist()]
    prices = tuple(Decimal(_PRICES[slot]).scaleb(-4) for slot in slots)
    book.tariffs.enter_prices(scope, Prices("market", starts, prices, int(starts[-1]) + HALF_HOUR))


_PRICES = tuple(
    -120 + 35 * slot
    if slot < 8
    else 1800 + 90 * (slot - 8)
    if slot < 38
    else 4600 - 400 * (slot - 38)
    for slot in range(48)
)
"""Ten-thousandths of the currency: below zero in the small hours, dearest at seven."""


def _assign(book: Book) -> None:
    """The last accounts, so that nobody signs in as one of them."""
    codes = [code for code, *_ in TARIFFS]
    wanted = [*codes, *codes, "LOST", "", ""]
    for account, code in zip(book.accounts.all()[-len(wanted) :], wanted, strict=True):
        book.accounts.modify(replace(account, tariff_code=code), actor="cli")


def _bill(book: Book, month: str) -> None:
    job = book.jobs.start(BILL_MONTH, {"month": month}, actor=OPERATOR.name)
    while not book.jobs.get(job).finished:
        time.sleep(0.05)
