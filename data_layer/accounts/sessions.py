"""Who is signed in: server-side sessions that can be ended, idle out, and never outlive a change.

The browser holds a random 256-bit id; the table holds only its SHA-256. Each session carries a
stamp of what it was opened under (password, role, status): when those change, by page, command
or an editor in users.csv, the stamp no longer fits and the session is over at its next request.

What was found is kept for a second, so that a page's many requests ask the table once. Every
change made here is in force at once; one made by a command beside the server, within the second.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from data_layer.accounts.model import Role
from data_layer.accounts.tables import sessions
from data_layer.clock import Clock, epoch_of
from data_layer.storage.database import Database

MINUTE = 60
HOUR = 60 * MINUTE
SEEN_EVERY = MINUTE
"""Last-seen is written at most this often, so that reading a page costs no disk write."""
KEPT_SECONDS = 1.0
"""How long a found session is believed without asking the table again."""
MOST_KEPT = 10_000


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


class _Kept(NamedTuple):
    session: Session
    until: float


class FoundSessions:
    """Sessions as the table told them a moment ago, by the hash of their id.

    A look-up that began before a change must not keep what it read after it: `changes` is counted
    up by each change, and what was read under another count is not kept.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.changes = 0
        self._now = now
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def get(self, key: str) -> Session | None:
        kept = self._kept.get(key)
        return None if kept is None or self._now() >= kept.until else kept.session

    def keep(self, key: str, session: Session, *, changes: int) -> None:
        with self._lock:
            if changes != self.changes:
                return
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = _Kept(session, self._now() + KEPT_SECONDS)

    def forget(self, key: str | None = None) -> None:
        """One session, or any, changed in the table: ask it again."""
        with self._lock:
            self.changes += 1
            if key is None:
                self._kept.clear()
            else:
                self._kept.pop(key, None)


@dataclass(frozen=True, slots=True)
class SessionStore:
    """The sessions table. Ids are handed out once and kept only as hashes."""

    database: Database
    clock: Clock
    found: FoundSessions = field(default_factory=FoundSessions, repr=False)

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
        key = _hash(session_id)
        found = self.found.get(key) or self._in_table(key)
        if found is not None and epoch_of(self.clock()) >= found.expires_at:
            self._delete(key)
            return None
        return found

    def _in_table(self, key: str) -> Session | None:
        changes = self.found.changes
        with self.database.read() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id_hash == key)).first()
        if row is None:
            return None
        session = _session(row)
        self.found.keep(key, session, changes=changes)
        return session

    def renew(self, session_id: str, found: Session) -> None:
        """Its person is there: idling starts anew. Written at most once a minute."""
        now = epoch_of(self.clock())
        if now - found.last_seen_at < SEEN_EVERY:
            return
        key = _hash(session_id)
        with self.database.write() as connection:
            connection.execute(
                update(sessions).where(sessions.c.id_hash == key).values(last_seen_at=now)
            )
        self.found.forget(key)

    def end(self, session_id: str) -> None:
        """Sign out: the id is dead from now on, whoever still has it."""
        self._delete(_hash(session_id))

    def end_all(self, email: str) -> int:
        """End every session of one person; returns how many there were."""
        with self.database.write() as connection:
            ended = connection.execute(delete(sessions).where(sessions.c.email == email)).rowcount
        self.found.forget()
        return ended

    def _delete(self, key: str) -> None:
        with self.database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.id_hash == key))
        self.found.forget(key)


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
