"""API keys: kept as hashes, bound to meters and their occupants, over when revoked anywhere."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from data_layer.accounts.api_keys import LOOK_EVERY, LOOK_EVERY_FOR_UNKNOWN, PREFIX, ApiKeys
from data_layer.accounts.authorize import Denied
from data_layer.accounts.model import Account, Role, Viewer
from data_layer.accounts.room import AccountsRoom
from data_layer.accounts.tables import api_keys
from data_layer.clock import Clock, epoch_of
from data_layer.errors import BadInput, Conflict, NotFound
from data_layer.readings.model import Action
from data_layer.storage.database import Database
from tests.unit.accounts.conftest import HandClock

OWN, ALSO_OWN, OTHER = "531-000-001", "531 000/2", "531-000-003"


@pytest.fixture
def book(room: AccountsRoom) -> AccountsRoom:
    for meter_id, email in ((OWN, "tan@a.org"), (ALSO_OWN, "tan@a.org"), (OTHER, "lim@a.org")):
        account = Account(meter_id, "Owner", "1 Orchard Road", email=email)
        room.accounts.register(account, actor="cli")
    return room


def issued(book: AccountsRoom, role: Role, *meter_ids: str) -> str:
    return book.api_keys.issue(role, name="test", meter_ids=meter_ids, actor="cli")[1]


def viewer(book: AccountsRoom, text: str) -> Viewer:
    key = book.api_keys.find(text)
    assert key is not None
    return book.api_keys.viewer(key)


def test_a_key_is_kept_as_its_hash_only(book: AccountsRoom, database: Database) -> None:
    text = issued(book, Role.ADMIN)

    with database.read() as connection:
        row = connection.execute(select(api_keys)).one()
    assert text.startswith(PREFIX)
    assert len(text) > len(PREFIX) + 42
    assert not any(text in str(value) for value in row)
    assert not any(text in str(entry) for entry in book.audit.recent())
    assert viewer(book, text) == Viewer(Role.ADMIN, "api:k1")
    assert book.api_keys.find(text[:-1]) is None


def test_a_households_key_opens_its_meters_and_no_other(book: AccountsRoom) -> None:
    who = viewer(book, issued(book, Role.HOUSEHOLD, OWN))

    assert book.authorize(who, Action.READ_METER).meter_ids == {OWN}
    assert book.authorize(who, Action.READ_METER, OWN).meter_ids == {OWN}
    for meter_id in (ALSO_OWN, OTHER, "531-999-999"):
        with pytest.raises(Denied, match="is not known"):
            book.authorize(who, Action.READ_METER, meter_id)


@pytest.mark.parametrize("change", [{"email": "next@a.org"}, {"moved_in": "2026-03-01"}])
def test_the_next_occupant_is_not_shown_to_the_key_of_the_one_before(
    book: AccountsRoom, change: dict[str, str]
) -> None:
    text = issued(book, Role.HOUSEHOLD, OWN, ALSO_OWN)
    account = book.accounts.get(OWN)
    assert account is not None
    book.accounts.modify(replace(account, **change), actor="cli")  # type: ignore[arg-type]

    assert book.authorize(viewer(book, text), Action.READ_METER).meter_ids == {ALSO_OWN}


def test_a_closed_account_is_closed_to_its_key(book: AccountsRoom) -> None:
    who = viewer(book, issued(book, Role.HOUSEHOLD, OWN))
    book.accounts.deactivate(OWN, actor="cli")

    with pytest.raises(Denied):
        book.authorize(who, Action.READ_METER, OWN)


def test_a_key_that_would_open_nothing_or_too_much_is_not_made(book: AccountsRoom) -> None:
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


def test_a_revoked_key_opens_nothing_at_once(book: AccountsRoom) -> None:
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


def test_what_another_process_makes_and_revokes_is_heard_of(
    book: AccountsRoom, database: Database, clock: Clock
) -> None:
    command = ApiKeys(database, clock, book.audit, book.accounts)
    _, first = command.issue(Role.ADMIN, name="", meter_ids=(), actor="cli")
    assert book.api_keys.find(first) is not None
    time.sleep(LOOK_EVERY_FOR_UNKNOWN + 0.01)
    _, second = command.issue(Role.ADMIN, name="", meter_ids=(), actor="cli")
    assert book.api_keys.find(second) is not None

    command.revoke("k1", actor="cli")
    time.sleep(LOOK_EVERY + 0.1)
    assert book.api_keys.find(first) is None
    assert book.api_keys.find(second) is not None


def test_last_use_is_written_once_a_minute(book: AccountsRoom, clock: HandClock) -> None:
    text = issued(book, Role.ADMIN)

    def used_at() -> int | None:
        key = book.api_keys.find(text)
        assert key is not None
        book.api_keys.used(key)
        return book.api_keys.all()[0].last_used_at

    begin = epoch_of(clock())
    assert book.api_keys.all()[0].last_used_at is None
    assert used_at() == begin
    clock.pass_by(seconds=59)
    assert used_at() == begin
    clock.pass_by(seconds=1)
    assert used_at() == begin + 60


def test_a_key_works_on_when_its_use_cannot_be_written(
    book: AccountsRoom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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
