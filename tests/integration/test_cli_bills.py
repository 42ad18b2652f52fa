"""Tariffs and bills by command: entered whole or not at all, billed again only when changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from data_layer.accounts.model import OPERATOR
from data_layer.book import Book
from data_layer.readings.model import Action, Reading, ReadingBatch
from data_layer.readings.operations import submit
from data_layer.readings.rules import REST
from tests.integration.operator_commands import answered, flask
from tests.integration.rest_month import TARIFF

METER = "531-204-118"
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    monkeypatch.setenv("METERBOOK_TIMEZONE", "Asia/Singapore")
    who = ("--meter", METER, "--owner", "Tan", "--address", "12 Bedok Rd", "--tariff-code", "HOME")
    answered("account", "add", *who)
    return home


@pytest.fixture
def tariff(tmp_path: Path) -> str:
    file = tmp_path / "home.json"
    file.write_text(json.dumps(TARIFF))
    return str(file)


def test_tariffs_of_several_files_are_entered_all_or_none(
    home: Path, tariff: str, tmp_path: Path
) -> None:
    table = tmp_path / "more.csv"
    table.write_text("code,currency,valid_from,unit_rate\nA,SGD,2026-01-01,0.2\nB,,2026-01-01,1\n")
    refused = answered("tariff", "import", tariff, str(table), code=1)["error"]
    assert "more.csv: tariff 'B'" in refused["sentence"]
    assert answered("tariff", "list") == {"tariffs": [], "warnings": []}

    table.write_text("code,currency,valid_from,unit_rate\nA,SGD,2026-01-01,0.2\n")
    entered = answered("tariff", "import", tariff, str(table))["tariffs"]
    assert [(one["code"], one["new"]) for one in entered] == [("HOME", [1]), ("A", [1])]
    assert answered("tariff", "import", tariff)["tariffs"][0]["known"] == 1
    assert "HOME  Home  SGD" in flask("tariff", "list").stdout


def test_a_tariff_that_is_renamed_is_told_with_both_names(
    home: Path, tariff: str, tmp_path: Path
) -> None:
    assert answered("tariff", "import", tariff)["tariffs"][0]["renamed_from"] is None
    Path(tariff).write_text(json.dumps(TARIFF | {"name": "Household"}))
    told = flask("tariff", "import", tariff).stdout
    assert told == (
        "Tariff HOME: 0 new, 1 known. It is called Household now; it was called Home.\n"
    )
    Path(tariff).write_text(json.dumps(TARIFF))
    assert answered("tariff", "import", tariff)["tariffs"] == [
        {"code": "HOME", "new": [], "known": 1, "renamed_from": "Household"}
    ]


def test_everything_wrong_in_files_of_tariffs_is_told(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "more.csv"
    table.write_text(
        "code,currency,valid_from,unit_rate\nA,SGD,2026-01-01,much\nB,S,2026-01-01,1\n"
    )
    document = tmp_path / "third.json"
    document.write_text('{"code": "no code", "name": "C", "currency": "SGD", "versions": []}')
    refused = flask("tariff", "import", str(table), str(document))
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "more.csv: tariff 'B', line 3: currency 'S' is not three capital letters such as SGD.",
        "third.json: code 'no code' is not a code: a letter or digit, then up to 31 letters, "
        "digits, dots, dashes or underscores.",
        "third.json: versions is empty: it needs at least one entry.",
        "Error: more.csv: tariff 'A', line 2: unit_rate 'much' is not a number.",
    ]


def test_prices_that_nobody_entered_are_warned_of_until_they_are(
    home: Path, tmp_path: Path
) -> None:
    energy = {"kind": "price_series", "series": "agile"}
    file = tmp_path / "spot.json"
    versions = [{"valid_from": "2026-01-01", "energy": energy}]
    file.write_text(
        json.dumps({"code": "SPOT", "name": "Spot", "currency": "SGD", "versions": versions})
    )
    told = "SPOT takes the prices of series agile, of which none is stored"
    entered = flask("tariff", "import", str(file))
    assert entered.exit_code == 0
    assert f"Warning: {told}" in entered.stderr
    assert answered("tariff", "import", str(file))["warnings"][0].startswith(told)
    assert f"Warning: {told}" in flask("tariff", "list").stderr
    prices = tmp_path / "prices.csv"
    prices.write_text("valid_from,valid_to,price\n2026-11-01T00:00,2026-11-01T00:30,0.2\n")
    answered("tariff", "prices", "agile", str(prices))
    assert answered("tariff", "list")["warnings"] == []


def test_prices_are_entered_once(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("valid_from,valid_to,price\n2026-11-01T00:00,2026-11-01T00:30,0.2\n")
    assert answered("tariff", "prices", "agile", str(file))["added"] == 1
    assert answered("tariff", "prices", "agile", str(file))["known"] == 1
    file.write_bytes(b"\xff")
    assert "not UTF-8" in answered("tariff", "prices", "x", str(file), code=1)["error"]["sentence"]


def test_a_month_is_billed_and_shown(home: Path, tariff: str) -> None:
    with time_machine.travel(NOW):
        flask("tariff", "import", tariff)
        with Book.open(home, scheduled=False) as book:
            rows = [
                Reading(METER, "S", book.zone.parse(f"2026-{day}T00:00:00"), wh)
                for day, wh in (("10-01", 100_000), ("11-01", 200_000))
            ]
            scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
            submit(book.readings, scope, ReadingBatch.from_readings(rows), rules=REST)

        assert answered("bill", "show", METER, code=1)["error"]["status"] == 404
        assert answered("bill", "run", "2026-10")["made"] == 1
        assert answered("bill", "run", "2026-10")["unchanged"] == 1
        shown = answered("bill", "show", METER)
        assert (shown["period"], shown["consumption"], shown["gross"]) == ("2026-10", 100, "36.08")
        told = flask("bill", "show", METER, "2026-10", "--version", "1").stdout
        assert told.splitlines()[-1].split() == ["gross", "36.08"]
        assert "October" in answered("bill", "run", "October", code=1)["error"]["sentence"]


def test_a_bill_that_fails_is_told_and_the_run_ends_with_1(home: Path, tariff: str) -> None:
    lost = ("--meter", "531-204-119", "--owner", "Lee", "--address", "13 Bedok Rd")
    answered("account", "add", *lost, "--tariff-code", "GONE")
    with time_machine.travel(NOW):
        flask("tariff", "import", tariff)
        with Book.open(home, scheduled=False) as book:
            rows = [
                Reading(meter, "S", book.zone.parse(f"2026-{day}T00:00:00"), wh)
                for meter in (METER, "531-204-119")
                for day, wh in (("10-01", 100_000), ("11-01", 200_000))
            ]
            scope = book.authorize(OPERATOR, Action.SUBMIT_READINGS)
            submit(book.readings, scope, ReadingBatch.from_readings(rows), rules=REST)

        ran = flask("bill", "run", "2026-10")
        assert ran.exit_code == 1
        assert {"made: 1", "failed: 1"} < set(ran.stdout.splitlines())
        why, count = ran.stderr.splitlines()[-2:]
        assert why.startswith("531-204-119: ")
        assert "GONE" in why
        assert count == "Error: 1 bill of 2026-10 failed."
        assert answered("bill", "run", "2026-10", code=1)["unchanged"] == 1
        both = flask("maintenance", "run", "both")
        assert both.exit_code == 1
        assert both.stdout.splitlines() == ["end day: done", "end month: done, 1 failed"]
        assert both.stderr.splitlines()[-2:] == [why, count]
    with Book.open(home, scheduled=False) as book:
        assert {job.state.value for job in book.jobs.recent()} == {"done"}


@pytest.mark.parametrize("month", ["2026-11", "2030-01"])
def test_a_month_that_is_not_over_is_refused_in_one_sentence(home: Path, month: str) -> None:
    with time_machine.travel(NOW):
        refused = flask("bill", "run", month)
    assert (refused.exit_code, refused.stdout) == (1, "")
    (said,) = refused.stderr.splitlines()
    assert said.startswith(f"Error: month {month} is not over")
    with Book.open(home, scheduled=False) as book:
        assert book.jobs.recent() == []
