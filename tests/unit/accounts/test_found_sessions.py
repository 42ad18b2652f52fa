"""Found sessions are believed for a second, and never past a change made in this process."""

from __future__ import annotations

import pytest

from data_layer.accounts.model import Role
from data_layer.accounts.people import find_person
from data_layer.accounts.room import AccountsRoom
from data_layer.accounts.sessions import KEPT_SECONDS, FoundSessions, Session, SessionStore
from data_layer.storage.database import Database
from tests.unit.accounts.conftest import HandClock

EMAIL = "tan@example.org"
SESSION = Session(EMAIL, Role.HOUSEHOLD, "s", created_at=0, last_seen_at=0, expires_at=1)


class Moments:
    """A monotonic clock the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def moments() -> Moments:
    return Moments()


@pytest.fixture
def store(database: Database, clock: HandClock, moments: Moments) -> SessionStore:
    return SessionStore(database, clock, FoundSessions(now=moments))


@pytest.fixture
def beside(database: Database, clock: HandClock) -> SessionStore:
    """As a command in another process sees the same table."""
    return SessionStore(database, clock)


def begin(store: SessionStore) -> str:
    return store.begin(email=EMAIL, role=Role.HOUSEHOLD, stamp="s")


def test_the_table_is_asked_once_a_second(store: SessionStore, moments: Moments) -> None:
    session_id = begin(store)
    found = store.find(session_id)

    assert store.find(session_id) is found
    moments.now += KEPT_SECONDS
    again = store.find(session_id)
    assert again == found
    assert again is not found


def test_what_a_command_ends_is_over_within_a_second(
    store: SessionStore, beside: SessionStore, moments: Moments
) -> None:
    session_id = begin(store)
    assert store.find(session_id) is not None

    assert beside.end_all(EMAIL) == 1
    moments.now += KEPT_SECONDS

    assert store.find(session_id) is None


def test_what_is_ended_here_is_over_at_once(store: SessionStore) -> None:
    signed_out, thrown_out = begin(store), begin(store)
    assert store.find(signed_out) is not None
    assert store.find(thrown_out) is not None

    store.end(signed_out)
    assert store.find(signed_out) is None
    assert store.find(thrown_out) is not None
    store.end_all(EMAIL)
    assert store.find(thrown_out) is None


def test_a_found_session_idles_out_by_the_clock(store: SessionStore, clock: HandClock) -> None:
    session_id = begin(store)
    assert store.find(session_id) is not None

    clock.pass_by(minutes=30)

    assert store.find(session_id) is None


def test_renewing_counts_at_once(store: SessionStore, clock: HandClock) -> None:
    session_id = begin(store)
    found = store.find(session_id)
    assert found is not None
    clock.pass_by(minutes=29)
    store.renew(session_id, found)
    clock.pass_by(minutes=2)

    assert store.find(session_id) is not None


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    found = FoundSessions()
    before = found.changes
    found.forget("of somebody else")

    found.keep("key", SESSION, changes=before)
    assert found.get("key") is None
    found.keep("key", SESSION, changes=found.changes)
    assert found.get("key") is SESSION


def test_a_new_password_ends_found_sessions_at_once(furnished: AccountsRoom) -> None:
    boss = find_person(furnished.accounts, furnished.staff, "boss@example.org")
    assert boss is not None
    session_id = furnished.sessions.begin(email=boss.email, role=boss.role, stamp=boss.stamp)
    assert furnished.sign_in.whoever(session_id) is not None

    furnished.staff.set_password_hash("boss@example.org", "another", actor="cli")

    assert furnished.sign_in.whoever(session_id) is None
