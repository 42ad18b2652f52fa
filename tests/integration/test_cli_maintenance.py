"""`flask receiving`, `flask maintenance`, `flask readings restore` in a home without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.accounts.model import Account
from data_layer.book import Book
from tests.integration.operator_commands import answered, flask

METER = "531-204-118"
ROWS = f"meter_id,timestamp,reading\n{METER},2026-05-01T00:00:00,1\n{METER},2026-05-01T00:30:00,2\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    with Book.open(home, scheduled=False) as book:
        book.accounts.register(Account(METER, "Tan", "1 Orchard Road"), actor="cli")
    return home


def imported(tmp_path: Path) -> dict[str, object]:
    return answered("readings", "import", str(_file(tmp_path)))


def test_receiving_is_stopped_and_resumed_by_command(tmp_path: Path) -> None:
    assert answered("receiving", "status") == {"stopped": False, "since": None, "by": None}
    assert answered("receiving", "stop")["receiving"] is False
    said = answered("receiving", "status")
    assert (said["stopped"], said["by"]) == (True, "cli")
    assert answered("home", "status")["stopped"] is True
    refused = flask("readings", "import", str(_file(tmp_path)))
    assert refused.exit_code == 1
    assert "receiving was stopped at" in refused.stderr
    assert "stopped already" in flask("receiving", "stop").stderr
    assert answered("receiving", "resume")["receiving"] is True
    assert imported(tmp_path)["accepted"] == 2


def test_maintenance_and_restore_tell_what_they_did(home: Path, tmp_path: Path) -> None:
    imported(tmp_path)
    both = answered("maintenance", "run", "both")["jobs"]
    assert [job["kind"] for job in both] == ["end_day", "end_month"]
    assert both[0]["readings_merged"] == 2
    assert answered("maintenance", "status") == {"is_maintenance_mode": False, "job": None}
    restored = answered("readings", "restore")
    assert (restored["restored_meters"], restored["restored_readings"]) == (1, 2)
    (home / "daily" / "2026-05-01.csv").unlink()
    assert "2026-05-01.csv is missing" in flask("readings", "restore").stderr


def _file(tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    return file
