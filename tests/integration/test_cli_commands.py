"""Operators' commands in a home of their own: what they answer, refuse and leave behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_layer.accounts.model import OPERATOR
from data_layer.accounts.passwords import matches
from data_layer.book import Book
from data_layer.readings.model import Action, Reading
from data_layer.readings.operations import submit_one
from data_layer.readings.rules import UPLOAD_PAGE
from tests.integration.operator_commands import answered, flask

METER = "531-204-118"
PASSWORD = "a quiet river at dawn"
DAY = "meter_id,timestamp,reading\n" + "".join(
    f"{METER},2026-05-01T{n // 2:02d}:{n % 2 * 30:02d}:00,{100 + n * 0.25:.3f}\n" for n in range(48)
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    return home


def add_account(*more: str, stdin: str = "") -> dict[str, Any]:
    return answered(
        *("account", "add", "--meter", METER, "--owner", "Tan Wei Ling"),
        *("--address", "12 Bedok North Rd", *more),
        stdin=stdin,
    )


def day_file(tmp_path: Path, text: str = DAY, name: str = "day.csv") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_an_account_is_added_listed_modified_and_deactivated(home: Path) -> None:
    added = add_account("--region", "East", "--area", "Bedok", "--email", "Tan@Example.org")
    modified = answered(
        "account", "modify", METER, "--area", "Tampines", "--moved-in", "2026-03-01"
    )
    listed = answered("account", "list", "bedok")["accounts"]
    closed = answered("account", "deactivate", METER)

    assert (added["meter_id"], added["email"], added["status"]) == (
        METER,
        "tan@example.org",
        "active",
    )
    assert (modified["area"], modified["region"]) == ("Tampines", "East")
    assert [row["moved_in"] for row in listed] == ["2026-03-01"]
    assert answered("account", "list", "nowhere") == {"accounts": []}
    assert closed["status"] == "inactive"


def test_a_sanctioned_load_is_said_with_an_account_and_later(home: Path) -> None:
    assert add_account("--sanctioned-kw", "7.5")["sanctioned_kw"] == "7.5"
    assert answered("account", "modify", METER, "--area", "Bedok")["sanctioned_kw"] == "7.5"
    refused = flask("account", "modify", METER, "--sanctioned-kw", "20000")
    assert refused.exit_code == 1
    assert "sanctioned_kw '20000' must be above 0 and up to 10,000 kW" in refused.stderr
    assert answered("account", "modify", METER, "--sanctioned-kw", "")["sanctioned_kw"] == ""


def test_a_tariff_that_nobody_entered_is_warned_of(home: Path) -> None:
    warning = (
        "tariff HOME-2062 is not in the catalog, and nothing is billed by it until it is entered. "
        "No tariff is stored yet."
    )
    assert add_account("--tariff-code", "HOME-2062")["warnings"] == [warning]
    said = flask("account", "modify", METER, "--area", "Bedok")
    assert (said.exit_code, said.stderr) == (0, f"Warning: {warning}\n")
    assert answered("account", "modify", METER, "--tariff-code", "")["warnings"] == []


def test_what_is_refused_is_one_line_and_exit_code_1(home: Path) -> None:
    add_account()
    again = flask(
        "account", "add", "--meter", METER, "--owner", "Somebody", "--address", "Else", "--json"
    )

    assert again.exit_code == 1
    assert json.loads(again.stdout)["error"] == {
        "type": "conflict",
        "status": 409,
        "field": "meter_id",
        "sentence": f"meter {METER} is registered already.",
    }
    assert again.stderr.splitlines() == [f"Error: meter {METER} is registered already."]
    unknown = flask("account", "modify", "nobody", "--area", "Bedok")
    assert (unknown.exit_code, unknown.stdout) == (1, "")


def test_wrong_usage_is_exit_code_2(home: Path) -> None:
    assert flask("account", "add", "--meter", METER).exit_code == 2
    assert flask("readings", "show", METER).exit_code == 2
    assert flask("readings", "import").exit_code == 2
    assert flask("staff", "add", "ada@example.org", "--role", "household").exit_code == 2


def test_a_password_comes_from_stdin_and_is_kept_hashed(home: Path) -> None:
    added = add_account("--email", "tan@example.org", "--password-stdin", stdin=f"{PASSWORD}\n")

    assert added["has_password"] is True
    text = (home / "users.csv").read_text()
    assert PASSWORD not in text
    with Book.open(home, writable=False) as book:
        (account,) = book.accounts.by_email("tan@example.org")
    assert matches(account.password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "12 to 128 characters"),
        ("password123", "12 to 128 characters"),
        ("", "no password came on stdin"),
    ],
)
def test_a_weak_password_registers_nobody(home: Path, password: str, sentence: str) -> None:
    result = flask(
        *("account", "add", "--meter", METER, "--owner", "Tan", "--address", "12 Bedok"),
        *("--email", "tan@example.org", "--password-stdin"),
        stdin=f"{password}\n",
    )
    staff = flask(
        "staff", "add", "a@example.org", "--role", "admin", "--password-stdin", stdin="x\n"
    )

    assert result.exit_code == 1
    assert sentence in result.stderr
    assert staff.exit_code == 1
    assert not home.exists()


def test_staff_without_a_password_get_a_link_that_works_once(home: Path) -> None:
    added = answered("staff", "add", "Ada@Example.org", "--role", "government", "--name", "Ada Lim")

    assert (added["email"], added["role"]) == ("ada@example.org", "government")
    with Book.open(home, writable=False) as book:
        token = str(added["set_up_link"]).removeprefix("http://127.0.0.1:8050/set-up/")
        assert book.sign_in.set_password(token, password=PASSWORD, address="127.0.0.1")
        member = book.staff.get("ada@example.org")
        assert member is not None
        assert matches(member.password_hash, PASSWORD)


def test_staff_with_a_password_can_sign_in_at_once(home: Path) -> None:
    added = answered(
        *("staff", "add", "ada@example.org", "--role", "admin", "--password-stdin"),
        stdin=f"{PASSWORD}\n",
    )

    assert added["set_up_link"] is None
    with Book.open(home, writable=False) as book:
        assert book.sign_in.enter(email="ada@example.org", password=PASSWORD, address="127.0.0.1")


def test_a_file_is_checked_imported_and_known_again(home: Path, tmp_path: Path) -> None:
    add_account()
    file = day_file(tmp_path)
    checked = answered("readings", "import", file, "--dry-run")
    imported = answered("readings", "import", file)
    again = answered("readings", "import", file, "--format", "register")

    assert [(said["accepted"], said["duplicates"]) for said in (checked, imported, again)] == [
        (48, 0),
        (48, 0),
        (0, 48),
    ]
    assert checked["dry_run"] is True
    assert imported["files"][0]["name"] == "day.csv"
    assert "rejected_file" in imported["files"][0]


def test_rejected_rows_make_exit_code_1_and_are_told(home: Path, tmp_path: Path) -> None:
    add_account()
    bad = day_file(tmp_path, DAY + f"{METER},2026-05-01T12:10:00,200\n", "bad.csv")

    result = flask("readings", "import", day_file(tmp_path), bad, "--json")

    said = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [said[name] for name in ("rows", "accepted", "duplicates", "rejected")] == [
        97,
        48,
        48,
        1,
    ]
    assert (
        "bad.csv line 50: timestamp 2026-05-01T12:10:00+08:00 is not on the half" in result.stderr
    )
    assert Path(said["files"][1]["rejected_file"]).read_text().startswith("line,verdict,reason")


def test_an_interval_file_without_a_meter_says_so(home: Path, tmp_path: Path) -> None:
    add_account()
    rows = "2026-05-01T00:00:00,0.396\n2026-05-01T00:30:00,0.172\n"
    file = day_file(tmp_path, "start,kwh\n" + rows, "smart.csv")

    refused = answered("readings", "import", file, code=1)
    taken = answered("readings", "import", file, "--meter", METER, "--format", "interval")

    assert refused["error"]["type"] == "job-failed"
    assert "meter" in refused["error"]["sentence"]
    assert taken["accepted"] == 2


def test_consumption_is_shown_exactly(home: Path, tmp_path: Path) -> None:
    add_account()
    answered("readings", "import", day_file(tmp_path))
    words = ("readings", "show", METER, "--from", "2026-05-01", "--to", "2026-05-02")
    raw = flask(*words, "--resolution", "hour", "--json").stdout
    shown = json.loads(raw)

    assert '"consumption": 11.750,' in raw
    assert {name: shown[name] for name in shown if name != "series"} == {
        "meter_id": METER,
        "period": "",
        "start_reading": 100.0,
        "end_reading": 111.75,
        "consumption": 11.75,
        "start_time": "2026-05-01T00:00:00+08:00",
        "end_time": "2026-05-01T23:30:00+08:00",
        "data_until": "2026-05-01T23:30:00+08:00",
        "estimated_kwh": 0.0,
        "missing_half_hours": 1,
        "segments": 1,
    }
    assert len(shown["series"]) == 24
    assert sum(row["consumption"] for row in shown["series"]) == shown["consumption"]
    assert shown["series"][-1]["missing_half_hours"] == 1


def test_a_register_that_starts_anew_is_told(home: Path, tmp_path: Path) -> None:
    add_account()
    file = tmp_path / "gap.csv"
    file.write_text(
        "start,kwh\n2026-05-01T00:00:00,0.5\n2026-05-01T00:30:00,0.5\n2026-05-01T02:00:00,0.25\n"
    )
    answered("readings", "import", str(file), "--meter", METER)
    words = ("readings", "show", METER, "--from", "2026-05-01", "--to", "2026-05-02")

    assert answered(*words)["segments"] == 2
    assert "sum of its 2 segments" in flask(*words).stderr


def test_nothing_known_is_null_and_no_failure(home: Path) -> None:
    add_account()

    shown = answered("readings", "show", METER, "--period", "last_month")

    assert shown["period"] == "last_month"
    assert [shown[name] for name in ("start_reading", "end_reading", "consumption")] == [None] * 3
    assert "nothing is known" in flask("readings", "show", METER, "--period", "today").stdout


def test_an_unknown_meter_is_not_found(home: Path) -> None:
    add_account()
    assert answered("readings", "show", "nobody", "--period", "today", code=1)["error"] == {
        "type": "not-found",
        "status": 404,
        "field": "meter_id",
        "sentence": "meter 'nobody' is not known.",
    }


def test_the_batch_ends_the_day_and_repeats_harmlessly(home: Path, tmp_path: Path) -> None:
    add_account()
    answered("readings", "import", day_file(tmp_path))
    first = answered("batch", "run")
    day = (home / "daily" / "2026-05-01.csv").read_bytes()
    second = answered("batch", "run", "--rebuild")

    assert (first["days_written"], first["readings_merged"]) == (1, 48)
    assert (second["days_written"], second["rebuild"]) == (0, True)
    assert (home / "daily" / "2026-05-01.csv").read_bytes() == day
    assert flask("batch", "run").stdout.splitlines()[0] == "rebuild: False"


def test_the_batch_does_itself_what_midnights_missed(home: Path) -> None:
    add_account()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with Book.open(home, clock=lambda: yesterday, scheduled=False) as book:
        scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
        reading = Reading(METER, "S", book.zone.parse("2026-05-01T00:00:00"), 100_000)
        submit_one(book.readings, scope, reading, rules=UPLOAD_PAGE)

    assert answered("batch", "run")["readings_merged"] == 1


def test_status_tells_what_the_home_holds(home: Path, tmp_path: Path) -> None:
    add_account()
    answered("readings", "import", day_file(tmp_path))

    status = answered("home", "status")

    assert (status["log_lines"], status["day_files"], status["accounts"]) == (48, 0, 1)
    assert (status["owner_process"], status["receiving"]) == (None, False)
    assert status["problems"] == []
    assert flask("home", "status").stdout.splitlines()[0].split() == ["home", str(home)]


@pytest.mark.sqlite
def test_no_command_writes_a_secret_into_jobs_or_audit(home: Path, tmp_path: Path) -> None:
    add_account("--email", "tan@example.org", "--password-stdin", stdin=f"{PASSWORD}\n")
    answered("readings", "import", day_file(tmp_path))

    database = (home / ".meterbook" / "meterbook.sqlite3").read_bytes()
    assert PASSWORD.encode() not in database
    assert b"$argon2" not in database
