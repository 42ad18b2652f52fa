"""What a restore builds, and what it refuses to believe or to build over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from data_layer.book import Book
from data_layer.errors import Unavailable
from data_layer.storage.database import Database
from data_layer.storage.home import BEING_RESTORED, PRIVATE_FOLDER
from tests.integration.backup.home import NOW, refused, rows
from tests.integration.operator_commands import answered, flask
from tests.postgresql import Postgres


def test_a_home_that_holds_something_is_refused_with_what_to_type(home: Path, backup: Path) -> None:
    result = flask("restore", str(backup))

    assert result.exit_code == 1
    assert f"METERBOOK_HOME={home}-restored .venv/bin/flask restore {backup}" in result.stderr


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda backup: flip(backup / "daily" / "2026-11-19.csv"), "does not carry its checksum"),
        (lambda backup: flip(backup / "logs" / "log.txt"), "does not carry its checksum"),
        (lambda backup: flip(backup / "tables" / "audit.jsonl"), "does not carry its checksum"),
        (lambda backup: flip(backup / "users.csv"), "does not carry its checksum"),
        (lambda backup: (backup / "daily" / "2026-11-19.csv").unlink(), "is missing"),
        (lambda backup: cut(backup / "logs" / "log.txt"), "does not carry its checksum"),
        (lambda backup: (backup / "SHA256SUMS").unlink(), "was cut short"),
        (lambda backup: shutil.rmtree(backup), "is not there"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_built(
    home: Path,
    backup: Path,
    elsewhere: Path,
    damage: Callable[[Path], object],
    said: str,
) -> None:
    damage(backup)

    for command in ("restore", "verify"):
        result = flask(command, str(backup))
        assert result.exit_code == 1
        assert said in result.stderr
    assert not elsewhere.exists()


def flip(path: Path) -> None:
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(text)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def test_a_backup_whose_parts_contradict_is_refused(backup: Path, elsewhere: Path) -> None:
    """Whoever changes a file and its checksum has not changed what the backup says it is."""
    users = backup / "users.csv"
    users.write_bytes(users.read_bytes().replace(b"Tan Wei Ling", b"Tan Wei Lin "))
    relist(backup, "users.csv")

    result = flask("restore", str(backup))

    assert "users is not what backup.json says it is" in result.stderr
    assert not elsewhere.exists()


def relist(backup: Path, name: str) -> None:
    sums = (backup / "SHA256SUMS").read_text().splitlines(keepends=True)
    digest = sha256((backup / name).read_bytes()).hexdigest()
    changed = [f"{digest}  {name}\n" if line.endswith(f"  {name}\n") else line for line in sums]
    (backup / "SHA256SUMS").write_text("".join(changed))


def test_a_backup_of_a_newer_meterbook_is_refused(backup: Path, elsewhere: Path) -> None:
    about = json.loads((backup / "backup.json").read_text())
    (backup / "backup.json").write_text(json.dumps({**about, "database": "9999"}))
    relist(backup, "backup.json")

    assert "is of a newer Meterbook" in flask("restore", str(backup)).stderr
    assert not elsewhere.exists()


def test_a_restore_that_was_cut_short_is_never_served(
    home: Path, backup: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "migrate", refused)
    result = flask("restore", str(backup))
    monkeypatch.undo()
    monkeypatch.setenv("METERBOOK_HOME", str(elsewhere))

    assert "the disk is full" in result.stderr
    assert (elsewhere / PRIVATE_FOLDER / BEING_RESTORED).exists()
    with pytest.raises(Unavailable, match="is not whole"):
        Book.open(elsewhere)
    again = flask("restore", str(backup))
    assert "is not whole" in again.stderr
    assert f"rm -r {elsewhere}" in again.stderr
    shutil.rmtree(elsewhere)
    answered("restore", str(backup))
    assert rows(elsewhere) == rows(home)


def test_an_older_backup_is_brought_up_to_date(home: Path, backup: Path, elsewhere: Path) -> None:
    """As a Meterbook would have written it that knew no bills and no tariffs yet."""
    about = json.loads((backup / "backup.json").read_text())
    newer = {"bills", "tariffs", "tariff_versions", "prices", "supplies"}
    about["tables"] = [name for name in about["tables"] if name not in newer]
    about["parts"] = {name: part for name, part in about["parts"].items() if name not in newer}
    sums = (backup / "SHA256SUMS").read_text().splitlines(keepends=True)
    kept = [line for line in sums if not any(f"tables/{name}.jsonl" in line for name in newer)]
    (backup / "SHA256SUMS").write_text("".join(kept))
    for name in newer:
        (backup / "tables" / f"{name}.jsonl").unlink()
    about |= {"database": "0002", "files": len(kept) - 1}
    (backup / "backup.json").write_text(json.dumps(about))
    relist(backup, "backup.json")

    answered("restore", str(backup))

    assert rows(elsewhere) == rows(home)
    with Book.open(elsewhere, clock=lambda: NOW, scheduled=False) as book:
        assert book.tariffs.catalog.all() == []


def test_a_backup_goes_into_postgresql_and_back(
    home: Path,
    backup: Path,
    tmp_path: Path,
    postgres: Postgres,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = postgres.new_database().render_as_string(hide_password=False)
    monkeypatch.setenv("METERBOOK_HOME", str(tmp_path / "with-postgresql"))
    monkeypatch.setenv("METERBOOK_DATABASE_URL", address)
    there = answered("restore", str(backup))
    assert not (tmp_path / "with-postgresql" / PRIVATE_FOLDER / "meterbook.sqlite3").exists()
    answered("backup", str(tmp_path / "two"))
    monkeypatch.delenv("METERBOOK_DATABASE_URL")
    monkeypatch.setenv("METERBOOK_HOME", str(tmp_path / "back"))
    back = answered("restore", str(tmp_path / "two"))

    assert there["state"] == back["state"] == answered("verify")["state"]
    assert rows(tmp_path / "back") == rows(home)


def test_a_database_that_holds_something_is_refused(
    home: Path, backup: Path, elsewhere: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres.new_database().render_as_string(hide_password=False)
    with Book.open(elsewhere.with_name("used"), database_url=address, scheduled=False) as book:
        book.audit.record("cli", "something")
    monkeypatch.setenv("METERBOOK_DATABASE_URL", address)

    result = flask("restore", str(backup))

    assert "table audit of METERBOOK_DATABASE_URL has rows" in result.stderr
    assert not elsewhere.exists()
