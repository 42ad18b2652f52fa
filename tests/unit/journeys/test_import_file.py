"""Importing a file: counted row by row, every refusal listed, a dry run stores nothing."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_layer.accounts.model import OPERATOR, Account
from data_layer.book import Book
from data_layer.errors import NotFound
from data_layer.jobs.model import Job, JobState
from data_layer.journeys import import_file
from data_layer.journeys.import_file import IMPORT_READINGS
from data_layer.readings import queries
from data_layer.readings.model import Action
from data_layer.readings.sentences import REJECTIONS_AT_MOST

METER = "531-204-118"
REGISTER_HEADER = "meter_id,timestamp,reading\n"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path / "home") as book:
        book.accounts.register(Account(METER, "Tan Wei Ling", "12 Bedok Rd"), actor="cli")
        yield book


def run(book: Book, text: str, **params: object) -> Job:
    staged = book.staging.stage("readings.csv", [text.encode()])
    return again(book, staged.id, **params)


def again(book: Book, staged_id: str, **params: object) -> Job:
    job_id = book.jobs.start(IMPORT_READINGS, {"file": staged_id, **params}, actor="cli")
    deadline = time.monotonic() + 120
    while not (job := book.jobs.get(job_id)).finished:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job


def counts(job: Job) -> tuple[object, ...]:
    assert job.state is JobState.DONE, job.error
    return tuple(job.result[name] for name in ("rows", "accepted", "duplicates", "rejected"))


def used(book: Book, start: str, end: str) -> int | None:
    scope = book.authorize(OPERATOR, Action.READ_METER, METER)
    span = {"start": book.zone.parse(start), "end": book.zone.parse(end)}
    return queries.consumption(book.readings, scope, meter_id=METER, **span).consumption_wh


def reads(*rows: tuple[str, str], meter_id: str = METER) -> str:
    return REGISTER_HEADER + "".join(f"{meter_id},{time},{kwh}\n" for time, kwh in rows)


DAY = reads(
    ("2026-05-01T00:00:00", "100.000"),
    ("2026-05-01T00:30:00", "100.250"),
    ("2026-05-01T01:30:00", "101.000"),
)


def test_good_rows_are_in_the_book_when_the_job_is_done(book: Book) -> None:
    job = run(book, DAY)

    assert counts(job) == (3, 3, 0, 0)
    assert job.result["format"] == "register_csv"
    assert job.result["source"] == f"file:{job.id}"
    assert job.result["meters"] == 1
    assert job.result["first"] == "2026-05-01T00:00:00+08:00"
    assert job.result["last"] == "2026-05-01T01:30:00+08:00"
    assert job.result["missing_half_hours"] == 1
    assert used(book, "2026-05-01T00:00:00", "2026-05-01T01:30:00") == 1000


def test_the_first_rows_are_shown_as_understood(book: Book) -> None:
    assert run(book, DAY, dry_run=True).result["sample"][0] == {  # type: ignore[index]
        "line": 2,
        "meter_id": METER,
        "register_id": "S",
        "start": "",
        "end": "2026-05-01T00:00:00+08:00",
        "kwh": "100.000",
    }


def test_a_dry_run_counts_the_same_and_stores_nothing(book: Book) -> None:
    checked = run(book, DAY, dry_run=True)
    nothing = used(book, "2026-05-01T00:00:00", "2026-05-01T01:30:00")
    imported = again(book, str(checked.result["file"]))

    assert counts(checked) == counts(imported) == (3, 3, 0, 0)
    assert nothing is None
    assert book.audit.recent(2)[1].action == "file checked"
    assert book.audit.recent(2)[0].action == "file imported"


def test_the_same_file_again_is_all_duplicates(book: Book) -> None:
    run(book, DAY)

    assert counts(run(book, DAY)) == (3, 0, 3, 0)


def test_an_imported_upload_is_not_kept_and_not_imported_twice(book: Book) -> None:
    job = run(book, DAY)
    staged = book.staging.find(str(job.result["file"]))

    second = again(book, staged.id)

    assert not staged.path.exists()
    assert second.state is JobState.FAILED
    assert "imported already" in second.error


def test_bad_rows_are_listed_in_order_with_line_and_reason(book: Book) -> None:
    text = reads(
        ("2026-05-01T00:00:00", "100.000"),
        ("2026-05-01T00:10:00", "100.100"),
        ("soon", "1"),
        ("2026-05-01T01:00:00", "99.000"),
        ("2026-05-01T00:00:00", "100.500"),
    )
    job = run(book, text + "nobody,2026-05-01T00:00:00,1\n")

    assert counts(job) == (6, 1, 0, 5)
    listed = job.result["rejections"]
    assert isinstance(listed, list)
    assert [(row["line"], row["verdict"]) for row in listed] == [
        (3, "OFF_THE_HALF_HOUR"),
        (4, "UNREADABLE"),
        (5, "BELOW_PREVIOUS"),
        (6, "CONFLICT"),
        (7, "UNKNOWN_METER"),
    ]
    with Path(str(job.result["rejected_file"])).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["3", "4", "5", "6", "7"]
    assert "soon" in rows[1]["reason"]
    assert rows[1]["text"] == f"{METER},soon,1"
    assert (job.result["meters"], job.result["unknown_meters"]) == (1, 1)


@pytest.mark.parametrize("dry_run", [True, False])
def test_every_refused_row_is_listed_however_many(book: Book, dry_run: bool) -> None:
    many = REJECTIONS_AT_MOST + 2500
    rows = "".join(f"nobody-{n % 7},2026-05-01T00:00:00,{n}.000\n" for n in range(many))

    job = run(book, DAY + rows, dry_run=dry_run)

    assert counts(job) == (many + 3, 3, 0, many)
    assert len(job.result["rejections"]) == 200  # type: ignore[arg-type]
    with Path(str(job.result["rejected_file"])).open(newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == list(range(5, many + 5))


def test_interval_files_become_registers(book: Book) -> None:
    text = "start,kwh\n2026-05-01T00:00:00,0.396\n2026-05-01T00:30:00,0.172\n"

    job = run(book, text, meter_id=METER)

    assert counts(job) == (2, 2, 0, 0)
    assert job.result["format"] == "interval_csv"
    assert used(book, "2026-05-01T00:00:00", "2026-05-01T01:00:00") == 568
    (first, _) = job.result["sample"]  # type: ignore[misc]
    assert (first["start"][11:16], first["end"][11:16], first["kwh"]) == ("00:00", "00:30", "0.396")


def test_intervals_may_come_after_a_later_reading(book: Book) -> None:
    run(book, reads(("2026-07-01T00:00:00", "12345.678")))
    text = "start,kwh\n2023-05-01T00:00:00,0.396\n2023-05-01T00:30:00,0.172\n"

    first, second = (run(book, text, meter_id=METER) for _ in range(2))

    assert (counts(first), counts(second)) == ((2, 2, 0, 0), (2, 0, 2, 0))
    assert used(book, "2023-01-01T00:00:00", "2026-07-02T00:00:00") == 568
    assert used(book, "2026-06-30T00:00:00", "2026-07-02T00:00:00") == 0


def test_an_interval_that_ends_at_the_first_reading_is_told_of_it(book: Book) -> None:
    run(book, reads(("2026-07-01T00:30:00", "12345.678")))

    job = run(
        book, "start,kwh\n2026-07-01T00:00:00,0.396\n2026-07-01T00:30:00,0.1\n", meter_id=METER
    )

    assert counts(job) == (2, 1, 0, 1)
    (refused,) = job.result["rejections"]  # type: ignore[misc]
    assert "first reading stands, 12345.678 kWh at 2026-07-01T00:30:00+08:00" in refused["reason"]


def test_every_refused_interval_is_listed_however_many(book: Book) -> None:
    many = REJECTIONS_AT_MOST + 500
    start = book.zone.parse("2024-05-01T00:00:00")
    rows = "".join(f"{book.zone.format(start + n * 1800)[:19]},0.100\n" for n in range(many))

    run(book, reads(("2024-05-01T00:00:00", "1.000"), ("2026-05-01T00:00:00", "1.000")))
    job = run(book, "start,kwh\n" + rows, meter_id=METER)

    assert counts(job) == (many, 0, 0, many)
    with Path(str(job.result["rejected_file"])).open(newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == list(range(2, many + 2))


def test_a_file_for_a_meter_nobody_knows_is_refused_once_and_stays(book: Book) -> None:
    refused = run(book, "start,kwh\n2026-05-01T00:00:00,0.4\n", meter_id="nobody")

    assert refused.state is JobState.FAILED
    assert "meter 'nobody' is not registered" in refused.error
    assert counts(again(book, str(refused.params["file"]), meter_id=METER)) == (1, 1, 0, 0)


def test_a_file_that_cannot_be_read_is_named(book: Book) -> None:
    assert run(book, "PK\0").error.startswith("readings.csv: the file is not text")
    assert "readings.csv: this file names no meter" in run(book, "start,kwh\n").error


def test_a_large_import_is_merged_on_the_way(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "SEALED_AFTER", 3)

    checked = run(book, DAY, dry_run=True)
    untouched = book.state().day_files
    imported = again(book, str(checked.result["file"]))

    assert untouched == 0
    assert counts(imported) == (3, 3, 0, 0)
    assert (book.state().log_lines, book.state().day_file_readings) == (0, 3)
    assert used(book, "2026-05-01T00:00:00", "2026-05-01T01:30:00") == 1000


def test_a_file_that_is_not_what_it_was_said_to_be_is_refused(book: Book) -> None:
    job = run(book, DAY, format="interval")

    assert job.state is JobState.FAILED
    assert "recognized as register_csv, which is no interval file" in job.error
    assert book.audit.recent(1)[0].action == "import failed"


def test_an_unknown_header_fails_with_its_sentence(book: Book) -> None:
    job = run(book, "colour,taste\nred,sweet\n")

    assert job.state is JobState.FAILED
    assert "of no known format" in job.error


def test_an_unknown_upload_fails_with_its_sentence(book: Book) -> None:
    with pytest.raises(NotFound):
        book.staging.find("0" * 32)

    assert "is not known" in again(book, "0" * 32).error
