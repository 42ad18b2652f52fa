"""API keys by command: told once, listed without themselves, revoked once."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.accounts.api_keys import PREFIX
from data_layer.book import Book
from tests.integration.operator_commands import answered, flask

METER = "531-204-118"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(home))
    words = ("account", "add", "--meter", METER, "--owner", "Tan", "--address", "12 Bedok Rd")
    answered(*words)
    return home


def test_the_key_is_the_last_line_and_is_told_once(home: Path) -> None:
    shown = flask("key", "create", "--role", "household", "--meter", METER, "--name", "display")

    key = shown.stdout.splitlines()[-1]
    assert key.startswith(PREFIX)
    listed = flask("key", "list").stdout
    assert key not in listed
    assert key not in flask("key", "list", "--json").stdout
    assert listed.splitlines()[1].split()[:4] == ["k1", "household", "display", METER]
    with Book.open(home, writable=False) as book:
        found = book.api_keys.find(key)
    assert found is not None
    assert [bound.meter_id for bound in found.meters] == [METER]


def test_a_key_as_json_says_all_of_it(home: Path) -> None:
    made = answered("key", "create", "--role", "government")

    assert made.pop("key").startswith(PREFIX)
    assert made == {
        "id": "k1",
        "number": 1,
        "role": "government",
        "name": "",
        "meters": [],
        "created_at": made["created_at"],
        "created_by": "cli",
        "last_used_at": None,
        "revoked_at": None,
    }
    assert answered("key", "list")["keys"] == [made]


def test_a_key_is_revoked_once(home: Path) -> None:
    key = answered("key", "create", "--role", "admin")["key"]

    assert answered("key", "revoke", "k1")["revoked_at"] is not None

    assert answered("key", "revoke", "k1", code=1)["error"]["status"] == 409
    assert answered("key", "revoke", "k9", code=1)["error"]["status"] == 404
    with Book.open(home, writable=False) as book:
        assert book.api_keys.find(key) is None


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--role", "household"), 400),
        (("--role", "household", "--meter", "531-999-999"), 404),
        (("--role", "admin", "--meter", METER), 400),
    ],
)
def test_a_key_of_no_use_is_refused(home: Path, words: tuple[str, ...], status: int) -> None:
    assert answered("key", "create", *words, code=1)["error"]["status"] == status
    assert answered("key", "list")["keys"] == []
