"""The bills page: what is asked before a month is billed, what came of it, and the bills found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callbacks import bill_rows, bill_run
from callbacks.bill_rows import BillRow
from components.dash_json import encoded
from data_layer.accounts.model import Role, Viewer
from data_layer.journeys.bill_month import BILL_MONTH
from data_layer.readings.model import Action, Reading, ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import ADMIN_MANUAL
from tests.integration.conftest import EMAILS, OTHER_METER, OWN_METER, Served
from tests.integration.rest_month import MONTH, serving_a_month

ADMIN = Viewer(Role.ADMIN, EMAILS[Role.ADMIN])
BLOCK = {"startRow": 0, "endRow": 100, "sortModel": None}


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Served]:
    with serving_a_month(tmp_path / "home") as found:
        yield found


def text(part: object) -> str:
    return encoded(part).decode()


def billed(served: Served, month: str) -> str:
    """The page's outcome once the month is billed."""
    assert bill_run.begun(served.book, ADMIN, month) == ""
    deadline = time.monotonic() + 30
    while (job := served.book.jobs.latest(BILL_MONTH)) is None or not job.finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return text(bill_run.followed(served.book, ADMIN)[0])


def send_late(served: Served) -> None:
    book = served.book
    rows = [Reading(OWN_METER, "S", book.zone.parse("2026-10-20T00:00:00"), 199_000)]
    scope = book.authorize(ADMIN, Action.SUBMIT_READINGS)
    assert submit(book.readings, scope, ReadingBatch.from_readings(rows), rules=ADMIN_MANUAL)


def test_the_question_says_what_is_there_and_what_would_become_of_it(month: Served) -> None:
    asked = bill_run.question(month.book, ADMIN, MONTH)
    assert (asked["is_open"], asked["title"]) == (True, "Bill October 2026?")
    assert "1 of 2 postpaid accounts have a tariff" in text(asked["text"])
    assert "1 bill of this month is made already" in text(asked["text"])
    assert "made already" not in text(bill_run.question(month.book, ADMIN, "2026-09")["text"])
    assert bill_run.usual_month(month.book) == "2026-10"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "Month is missing."),
        ("2026-13", "Month '2026-13' is not a month such as 2026-10."),
        ("2026-11", "Month 2026-11 is not over: its bill can be made from 2026-12-01 on."),
    ],
)
def test_a_month_that_cannot_be_billed_is_refused_beside_its_field(
    month: Served, given: str, sentence: str
) -> None:
    asked = bill_run.question(month.book, ADMIN, given)
    assert (asked["is_open"], asked["error"]) == (False, sentence)
    assert bill_run.begun(month.book, ADMIN, given) == sentence
    assert month.book.jobs.latest(BILL_MONTH) is None
    assert bill_run.followed(month.book, ADMIN) == ([], None)


def test_the_outcome_counts_and_names_who_was_not_billed(month: Served) -> None:
    said = billed(month, MONTH)
    assert "October 2026, billed 2026-11-20 12:00 by boss@example.org" in said
    assert f'"/accounts?search={OTHER_METER}"' in said
    assert f"Owner of {OTHER_METER}" in said
    assert "Its account names no tariff: give it one." in said
    nothing = billed(month, "2026-08")
    assert "nothing is known of its consumption" in nothing


def test_work_that_failed_says_so(month: Served) -> None:
    month.book.jobs.start(BILL_MONTH, {"month": "never"}, actor="cli")
    deadline = time.monotonic() + 30
    while not (job := month.book.jobs.get("1")).finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    said, latest = bill_run.followed(month.book, ADMIN)
    assert latest == job
    assert "never could not be billed: month 'never' is not a month" in text(said)


def test_late_readings_make_a_new_version_and_both_are_shown(month: Served) -> None:
    row: BillRow = {"meter_id": OWN_METER, "month": MONTH}
    said, changed = bill_rows.made_again(month.book, ADMIN, row)
    assert "stays as it is, version 1" in text(said)
    assert changed == ""
    send_late(month)
    said, changed = bill_rows.made_again(month.book, ADMIN, row)
    assert f"Version 2 of the bill of {OWN_METER} for October 2026 is made" in text(said)
    assert "late or corrected readings" in text(said)
    assert changed == f"{OWN_METER} {MONTH} 2"
    chosen = bill_rows.chosen_bill(month.book, ADMIN, [row])
    assert chosen["pdf"] == f"/exports/bills/{MONTH}.pdf?meter_id={OWN_METER}&version=2"
    assert "Version 1 of 20 Nov 2026: first bill of the month" in text(chosen["text"])
    assert f"meter_id={OWN_METER}&version=1" in text(chosen["text"])
    shown, count, empty = bill_rows.block(month.book, ADMIN, BLOCK, {})  # type: ignore[arg-type]
    assert [one["version"] for one in shown["rowData"]] == [2]
    assert (count, empty) == ("1 bill, the newest version of each", None)


def test_a_bill_that_cannot_be_made_says_why(month: Served) -> None:
    said, _ = bill_rows.made_again(month.book, ADMIN, {"meter_id": OTHER_METER, "month": MONTH})
    assert "nothing is known of its consumption" in text(said)
    said, _ = bill_rows.made_again(month.book, ADMIN, {"meter_id": "?", "month": MONTH})
    assert "is not known" in text(said)


def test_nothing_found_says_why_and_what_to_do(served: Served) -> None:
    shown, count, empty = bill_rows.block(served.book, ADMIN, BLOCK, {})  # type: ignore[arg-type]
    assert (shown["rowCount"], count) == (0, "No bills")
    assert "No bills yet" in text(empty)
    words = {"month": "2026-10"}
    _, _, empty = bill_rows.block(served.book, ADMIN, BLOCK, words)  # type: ignore[arg-type]
    assert "No bill fits this filter" in text(empty)
    words = {"month": "2026-13"}
    _, count, empty = bill_rows.block(served.book, ADMIN, BLOCK, words)  # type: ignore[arg-type]
    assert "is not a month" in count
    assert empty is None
    assert bill_rows.chosen_bill(served.book, ADMIN, None)["no_actions"] is True
