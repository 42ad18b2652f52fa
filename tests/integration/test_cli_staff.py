"""Staff by command: listed, let in again after a lost password, and let go."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.accounts.passwords import matches
from data_layer.book import Book
from tests.integration.operator_commands import answered, flask

PASSWORD, NEW_PASSWORD = "a quiet river at dawn", "a loud harbor at noon"
ADMIN, ANALYST = "ada@example.org", "bo@example.org"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an admin who can run it and an analyst who has not come in yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    words = ("staff", "add", ADMIN, "--role", "admin", "--name", "Ada Lim", "--password-stdin")
    answered(*words, stdin=f"{PASSWORD}\n")
    answered("staff", "add", ANALYST, "--role", "government")
    return home


def test_staff_are_listed_without_their_hashes(home: Path) -> None:
    assert answered("staff", "list")["staff"] == [
        {
            "email": ADMIN,
            "name": "Ada Lim",
            "role": "admin",
            "status": "active",
            "has_password": True,
        },
        {
            "email": ANALYST,
            "name": ANALYST,
            "role": "government",
            "status": "active",
            "has_password": False,
        },
    ]
    shown = flask("staff", "list").stdout
    assert [line.split()[-1] for line in shown.splitlines()] == ["password", "set", "yet"]
    assert "$argon2" not in shown


def test_a_link_is_a_full_address_and_replaces_a_lost_password(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERBOOK_HOST", "10.1.2.3")
    monkeypatch.setenv("METERBOOK_PORT", "8123")

    link = answered("staff", "link", "ADA@example.org")["set_up_link"]

    before, _, token = link.rpartition("/")
    assert before == "http://10.1.2.3:8123/set-up"
    with Book.open(home, writable=False) as book:
        book.sign_in.set_password(token, password=NEW_PASSWORD, address="127.0.0.1")
        member = book.staff.get(ADMIN)
        assert member is not None
        assert matches(member.password_hash, NEW_PASSWORD)


def test_adding_prints_the_full_address_too(home: Path) -> None:
    said = flask("staff", "add", "cy@example.org", "--role", "admin").stdout

    assert "open once, within 24 hours: http://127.0.0.1:8050/set-up/" in said


@pytest.mark.parametrize("command", ["link", "deactivate"])
def test_who_is_not_staff_is_not_found(home: Path, command: str) -> None:
    refused = answered("staff", command, "nobody@example.org", code=1)["error"]

    assert (refused["type"], refused["field"]) == ("not-found", "email")
    assert refused["sentence"] == "'nobody@example.org' is not registered as staff."


def test_who_is_let_go_is_signed_out_and_gets_no_link(home: Path) -> None:
    answered(
        *("staff", "add", "cy@example.org", "--role", "admin", "--password-stdin"),
        stdin=f"{PASSWORD}\n",
    )
    with Book.open(home, writable=False) as book:
        session = book.sign_in.enter(email=ADMIN, password=PASSWORD, address="127.0.0.1")

        gone = answered("staff", "deactivate", ADMIN)

        assert gone["status"] == "inactive"
        assert book.sessions.find(session) is None
    assert "is inactive" in flask("staff", "link", ADMIN).stderr


def test_the_last_active_admin_stays(home: Path) -> None:
    refused = answered("staff", "deactivate", ADMIN, code=1)["error"]

    assert refused["type"] == "conflict"
    assert "last active admin" in refused["sentence"]
    assert answered("staff", "list")["staff"][0]["status"] == "active"
