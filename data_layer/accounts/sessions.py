"""Who is signed in: server-side sessions that can be ended, idle out, and never outlive a change.

The browser holds a random 256-bit id; the table holds only its SHA-256. Each session carries a
stamp of what it was opened under (password, role, status): when those change, by page, command
or an editor in users.csv, the stamp no longer fits and the session is over at its next request.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from data_layer.accounts.model import Role
from data_layer.accounts.tables import sessions
from data_layer.clock import Clock, epoch_of
from data_layer.storage.database import Database

MINUTE = 60
HOUR = 60 * MINUTE
SEEN_EVERY = MINUTE
"""Last-seen is written at most this often, so that reading a page costs no disk write."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives without use, and at most, in seconds."""

    idle: int
    absolute: int


LIMITS = {
    Role.HOUSEHOLD: Limits(idle=30 * MINUTE, absolute=12 * HOUR),
    Role.GOVERNMENT: Limits(idle=30 * MINUTE, absolute=12 * HOUR),
    Role.ADMIN: Limits(idle=15 * MINUTE, absolute=8 * HOUR),
}


@dataclass(frozen=True, slots=True)
class Session:
    """A live session; `expires_at` is when it ends if nothing renews it (epoch)."""

    email: str
    role: Role
    stamp: str
    created_at: int
    last_seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class SessionStore:
    """The sessions table. Ids are handed out once and kept only as hashes."""

    database: Database
    clock: Clock

    def begin(self, *, email: str, role: Role, stamp: str) -> str:
        """Open a session and return its id, which is told to nobody else. Clears away old ones."""
        now = epoch_of(self.clock())
        session_id = secrets.token_urlsafe(32)
        with self.database.write() as connection:
            connection.execute(delete(sessions).where(or_(*_over(now))))
            connection.execute(
                insert(sessions).values(
                    id_hash=_hash(session_id),
                    email=email,
                    role=role.value,
                    stamp=stamp,
                    created_at=now,
                    last_seen_at=now,
                )
            )
        return session_id

    def find(self, session_id: str) -> Session | None:
        """The live session with this id, or None. Looking does not renew it."""
        now = epoch_of(self.clock())
        key = _hash(session_id)
        with self.database.read() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id_hash == key)).first()
        if row is None:
            return None
        found = _session(row)
        if now >= found.expires_at:
            self._delete(key)
            return None
        return found

    def renew(self, session_id: str, found: Session) -> None:
        """Its person is there: idling starts anew. Written at most once a minute."""
        now = epoch_of(self.clock())
        if now - found.last_seen_at < SEEN_EVERY:
            return
        with self.database.write() as connection:
            connection.execute(
                update(sessions)
                .where(sessions.c.id_hash == _hash(session_id))
                .values(last_seen_at=now)
            )

    def end(self, session_id: str) -> None:
        """Sign out: the id is dead from now on, whoever still has it."""
        self._delete(_hash(session_id))

    def end_all(self, email: str) -> int:
        """End every session of one person; returns how many there were."""
        with self.database.write() as connection:
            return connection.execute(delete(sessions).where(sessions.c.email == email)).rowcount

    def _delete(self, key: str) -> None:
        with self.database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.id_hash == key))


def _over(now: int) -> Iterator[ColumnElement[bool]]:
    """For each role, what makes its sessions be over."""
    for role, limits in LIMITS.items():
        idled = sessions.c.last_seen_at <= now - limits.idle
        yield (sessions.c.role == role.value) & (
            idled | (sessions.c.created_at <= now - limits.absolute)
        )


def _session(row: Row[tuple[object, ...]]) -> Session:
    role = Role(row.role)
    limits = LIMITS[role]
    return Session(
        email=row.email,
        role=role,
        stamp=row.stamp,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=min(row.last_seen_at + limits.idle, row.created_at + limits.absolute),
    )


def _hash(session_id: str) -> str:
    return sha256(session_id.encode()).hexdigest()
