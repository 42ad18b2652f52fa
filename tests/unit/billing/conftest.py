"""An opened home in Europe/London with one household on a flat tariff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL

from data_layer.accounts.model import OPERATOR, Account
from data_layer.book import Book
from data_layer.readings.model import Action
from data_layer.tariffs.documents import tariff_from

METER = "531-204-118"


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: str) -> None:
        self.now = datetime.fromisoformat(now).astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, now: str) -> None:
        self.now = datetime.fromisoformat(now).astimezone(UTC)


def enter(book: Book, *versions: dict[str, object], code: str = "HOME") -> None:
    document = {"code": code, "name": "Home", "currency": "GBP", "versions": list(versions)}
    book.tariffs.enter(book.authorize(OPERATOR, Action.MANAGE_TARIFFS), [tariff_from(document)])


def flat(rate: str, valid_from: str = "2020-01-01") -> dict[str, object]:
    return {"valid_from": valid_from, "energy": {"kind": "flat", "rate": rate}}


@pytest.fixture
def clock() -> HandClock:
    return HandClock("2026-11-20T12:00:00+00:00")


@pytest.fixture
def book(tmp_path: Path, clock: HandClock, database_address: URL) -> Iterator[Book]:
    address = database_address.render_as_string(hide_password=False)
    with Book.open(
        tmp_path / "home", timezone="Europe/London", clock=clock, database_url=address
    ) as opened:
        opened.accounts.register(
            Account(METER, "Ada Lovelace", "12 St James's Square", tariff_code="HOME"),
            actor="cli",
        )
        enter(opened, flat("0.25"))
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much was held against the exact bill, of those homes that passed."""
    counts = Counter[str]()
    for report in terminalreporter.stats.get("passed", []):
        counts.update({what: n for what, n in report.user_properties if isinstance(n, int)})
    if counts:
        told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        terminalreporter.write_line(f"Held against the exact bill, without a difference: {told}.")
