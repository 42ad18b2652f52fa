"""Nothing to show has a reason, and page and file name the true one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api import group_exports
from api.group_view import read_view
from callbacks import group_answers, group_charts
from data_layer.accounts.model import Account, Role, Viewer
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings import operations
from data_layer.readings.model import Action, ReadingBatch, SeriesKey
from data_layer.readings.rules import SIMULATOR

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
"""Midnight in Singapore."""
ANALYST = Viewer(Role.GOVERNMENT, "someone@example.org")
ADMIN = Viewer(Role.ADMIN, "boss@example.org")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path, clock=lambda: NOW, scheduled=False) as opened:
        yield opened


def register(book: Book, homes: int) -> None:
    for n in range(homes):
        book.accounts.register(
            Account(f"531-{n}", "Owner", "1 Street", region="East", area="Bedok"), actor="cli"
        )


def read(book: Book, homes: int) -> None:
    """Yesterday's two midnights of the first homes."""
    end = epoch_of(NOW)
    batch = ReadingBatch.of(
        [SeriesKey(f"531-{n}") for n in range(homes)],
        [code for code in range(homes) for _ in (0, 1)],
        [end - 86_400, end] * homes,
        [0, 48_000] * homes,
        source="simulator",
    )
    scope = book.authorize(ADMIN, Action.SUBMIT_READINGS)
    assert operations.submit(book.readings, scope, batch, rules=SIMULATOR).rejected == 0


def shown(book: Book, viewer: Viewer = ANALYST, **words: list[str]) -> tuple[str, str]:
    """Why the page's charts are empty, and the head of the file of areas."""
    scope = book.authorize(viewer, Action.READ_GROUPS)
    asked = read_view({"period": ["yesterday"], **words}, book.zone, now=epoch_of(NOW))
    why = group_charts.blank(group_answers.answer(book, scope, asked))
    return why, "".join(group_exports.export(book, scope, asked, "areas"))


def test_an_empty_home_is_not_blamed_on_filters(book: Book) -> None:
    assert shown(book, ADMIN)[0] == group_charts.NOBODY_YET
    assert shown(book)[0] == group_charts.NOBODY_YET


def test_filters_that_leave_nobody_are_named(book: Book) -> None:
    register(book, 5)

    assert shown(book, area=["Changi"])[0] == group_charts.NO_HOUSEHOLDS


def test_days_without_readings_are_not_called_withheld(book: Book) -> None:
    register(book, 5)
    why, file = shown(book)

    assert why == group_charts.NOTHING_YET
    assert "# withheld half hours: none" in file


def test_too_few_households_are_withheld_without_telling_how_many(book: Book) -> None:
    register(book, 3)
    read(book, 3)
    why, file = shown(book)

    assert why.startswith("Withheld: these groups have fewer than 5 households")
    assert "# withheld households: fewer than 5" in file
    assert "# why groups are withheld: they have fewer than 5 households" in file
    assert shown(book, ADMIN)[0] == ""


def test_too_few_that_report_are_withheld_without_telling_how_many(book: Book) -> None:
    register(book, 5)
    read(book, 1)
    why, file = shown(book)

    assert why == "Withheld: fewer than 5 households reported in these days."
    assert "# why half hours are withheld: fewer than 5 households" in file
    assert file.splitlines()[-1] == "Bedok,0,,,,240"


def test_a_closed_account_stays_in_the_operators_average(book: Book) -> None:
    register(book, 2)
    read(book, 2)
    book.accounts.deactivate("531-1", actor="cli")

    assert shown(book, ADMIN)[1].splitlines()[-1] == "Bedok,2,96.000,48.000,100.0,0"
