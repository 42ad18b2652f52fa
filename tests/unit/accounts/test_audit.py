"""The audit: only added to, and every tampering shows."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from data_layer.accounts.audit import AuditTrail
from data_layer.clock import Clock
from data_layer.storage.database import Database


@pytest.fixture
def trail(database: Database, clock: Clock) -> AuditTrail:
    written = AuditTrail(database, clock)
    for n in range(5):
        written.record("boss", "account registered", f"531-00{n}", number=n)
    return written


def test_lines_are_numbered_and_chained(trail: AuditTrail) -> None:
    newest, before = trail.recent(2)

    assert (newest.number, before.number) == (5, 4)
    assert newest.previous_hash == before.hash
    assert trail.verify() is None
    assert [entry.number for entry in trail.recent(2, before=4)] == [3, 2]


def test_lines_about_one_subject_come_oldest_first(trail: AuditTrail) -> None:
    trail.record("clerk", "account closed", "531-002")
    trail.record("clerk", "account modified", "531-002")

    told = trail.about("531-002", "account registered", "account closed")

    assert [entry.action for entry in told] == ["account registered", "account closed"]


def test_lines_about_a_subject_that_was_cut_are_found(trail: AuditTrail) -> None:
    place = "/mnt/" + "deep/" * 60 + "\0tuesday"
    trail.record("clerk", "backup made", place)

    assert len(trail.about(place, "backup made")) == 1


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_lines(
    trail: AuditTrail, database: Database, change: str
) -> None:
    with pytest.raises(IntegrityError, match="append-only"), database.write() as connection:
        connection.execute(text(change))

    assert trail.verify() is None


@pytest.mark.parametrize(
    ("change", "first_bad"),
    [
        ("UPDATE audit SET actor = 'x' WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("UPDATE audit SET details = '{\"number\": 9}' WHERE number = 1", 1),
    ],
)
def test_tampering_behind_its_back_shows(
    trail: AuditTrail, database: Database, change: str, first_bad: int
) -> None:
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP TRIGGER audit_refuses_changes ON audit"))
        else:
            connection.execute(text("DROP TRIGGER audit_refuses_update"))
            connection.execute(text("DROP TRIGGER audit_refuses_delete"))
        connection.execute(text(change))

    assert trail.verify() == first_bad


def test_a_subject_that_no_database_keeps_is_kept_as_far_as_it_can_be(trail: AuditTrail) -> None:
    trail.record("api:k2", "denied", "/api/accounts/\0")

    assert trail.recent(1)[0].subject == "/api/accounts/\N{REPLACEMENT CHARACTER}"
    assert trail.verify() is None
