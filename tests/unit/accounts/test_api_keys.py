"""API keys: kept as hashes, bound to meters and their occupants, over when revoked anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from data_layer.accounts.api_keys import LOOK_EVERY, PREFIX
from data_layer.accounts.authorize import Denied
from data_layer.accounts.model import Account, Role, Viewer
from data_layer.accounts.tables import api_keys
from data_layer.book import Book
from data_layer.errors import BadInput, Conflict, NotFound
from data_layer.readings.model import Action

OWN, ALSO_OWN, OTHER = "531-000-001", "531 000/2", "531-000-003"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path / "home", scheduled=False) as found:
        for meter_id, email in ((OWN, "tan@a.org"), (ALSO_OWN, "tan@a.org"), (OTHER, "lim@a.org")):
            account = Account(meter_id, "Owner", "1 Orchard Road", email=email)
            found.accounts.register(account, actor="cli")
        yield found


def issued(book: Book, role: Role, *meter_ids: str) -> str:
    return book.api_keys.issue(role, name="test", meter_ids=meter_ids, actor="cli")[1]


def viewer(book: Book, text: str) -> Viewer:
    key = book.api_keys.find(text)
    assert key is not None
    return book.api_keys.viewer(key)


def test_a_key_is_kept_as_its_hash_only(book: Book) -> None:
    text = issued(book, Role.ADMIN)

    with book.database.read() as connection:
        row = connection.execute(select(api_keys)).one()
    assert text.startswith(PREFIX)
    assert len(text) > len(PREFIX) + 42
    assert not any(text in str(value) for value in row)
    assert not any(text in str(entry) for entry in book.audit.recent())
    assert viewer(book, text) == Viewer(Role.ADMIN, "api:k1")
    assert book.api_keys.find(text[:-1]) is None


def test_a_households_key_opens_its_meters_and_no_other(book: Book) -> None:
    who = viewer(book, issued(book, Role.HOUSEHOLD, OWN))

    assert book.authorize(who, Action.READ_METER).meter_ids == {OWN}
    assert book.authorize(who, Action.READ_METER, OWN).meter_ids == {OWN}
    for meter_id in (ALSO_OWN, OTHER, "531-999-999"):
        with pytest.raises(Denied, match="is not known"):
            book.authorize(who, Action.READ_METER, meter_id)


@pytest.mark.parametrize("change", [{"email": "next@a.org"}, {"moved_in": "2026-03-01"}])
def test_the_next_occupant_is_not_shown_to_the_key_of_the_one_before(
    book: Book, change: dict[str, str]
) -> None:
    text = issued(book, Role.HOUSEHOLD, OWN, ALSO_OWN)
    account = book.accounts.get(OWN)
    assert account is not None
    book.accounts.modify(replace(account, **change), actor="cli")  # type: ignore[arg-type]

    assert book.authorize(viewer(book, text), Action.READ_METER).meter_ids == {ALSO_OWN}


def test_a_closed_account_is_closed_to_its_key(book: Book) -> None:
    who = viewer(book, issued(book, Role.HOUSEHOLD, OWN))
    book.accounts.deactivate(OWN, actor="cli")

    with pytest.raises(Denied):
        book.authorize(who, Action.READ_METER, OWN)


def test_a_key_that_would_open_nothing_or_too_much_is_not_made(book: Book) -> None:
    book.accounts.deactivate(OTHER, actor="cli")
    with pytest.raises(BadInput, match="bound to meters"):
        issued(book, Role.HOUSEHOLD)
    with pytest.raises(BadInput, match="not bound to meters"):
        issued(book, Role.GOVERNMENT, OWN)
    with pytest.raises(NotFound):
        issued(book, Role.HOUSEHOLD, "531-999-999")
    with pytest.raises(Conflict, match="inactive"):
        issued(book, Role.HOUSEHOLD, OTHER)
    with pytest.raises(BadInput, match="one line"):
        book.api_keys.issue(Role.ADMIN, name="a\nb", meter_ids=(), actor="cli")
    assert book.api_keys.all() == ()


def test_a_revoked_key_opens_nothing_at_once(book: Book) -> None:
    text = issued(book, Role.ADMIN)
    assert book.api_keys.find(text) is not None

    assert book.api_keys.revoke("k1", actor="cli").revoked_at is not None

    assert book.api_keys.find(text) is None
    with pytest.raises(Conflict):
        book.api_keys.revoke("k1", actor="cli")
    with pytest.raises(NotFound):
        book.api_keys.revoke("k2", actor="cli")
    actions = [(entry.action, entry.subject) for entry in book.audit.recent(2)]
    assert actions == [("API key revoked", "k1"), ("API key created", "k1")]


def test_what_another_process_makes_and_revokes_is_heard_of(book: Book) -> None:
    with Book.open(book.home, writable=False) as command:
        first = issued(command, Role.ADMIN)
        assert book.api_keys.find(first) is not None
        time.sleep(0.06)
        second = issued(command, Role.ADMIN)
        assert book.api_keys.find(second) is not None

        command.api_keys.revoke("k1", actor="cli")
        time.sleep(LOOK_EVERY + 0.1)
        assert book.api_keys.find(first) is None
        assert book.api_keys.find(second) is not None


def test_last_use_is_written_once_a_minute(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with Book.open(tmp_path / "home", scheduled=False, clock=lambda: now) as book:
        text = issued(book, Role.ADMIN)

        def used_at() -> float | None:
            key = book.api_keys.find(text)
            assert key is not None
            book.api_keys.used(key)
            return book.api_keys.all()[0].last_used_at

        begin = now.timestamp()
        assert book.api_keys.all()[0].last_used_at is None
        assert used_at() == begin
        now += timedelta(seconds=59)
        assert used_at() == begin
        now += timedelta(seconds=1)
        assert used_at() == begin + 60


def test_a_key_works_on_when_its_use_cannot_be_written(
    book: Book, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = book.api_keys.find(issued(book, Role.ADMIN))
    assert key is not None

    class Full:
        """A database on a disk without room."""

        def write(self) -> None:
            raise OperationalError("UPDATE", None, Exception("database or disk is full"))

    monkeypatch.setattr(book.api_keys, "_database", Full())
    book.api_keys.used(key)

    assert "the use of API key k1 is not written down" in caplog.text
