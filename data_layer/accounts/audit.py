"""The audit: who did what, when; lines are only ever added, and each seals the one before.

A line's hash is the SHA-256 of its own fields and the hash of the line before it, so a changed or
missing line shows in `verify`. The database refuses to change or delete lines. No secret is ever
written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Row, insert, select

from data_layer.accounts.tables import audit
from data_layer.clock import Clock, epoch_of
from data_layer.storage.database import Database

FIRST_HASH = "0" * 64
LONGEST_TEXT = 254
PAGE = 1000
Detail = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit; `at` is epoch seconds."""

    number: int
    at: int
    actor: str
    action: str
    subject: str
    details: dict[str, Detail]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The audit table: adds, shows and proves."""

    database: Database
    clock: Clock

    def record(self, actor: str, action: str, subject: str = "", **details: Detail) -> Entry:
        """Add one line in a transaction of its own; it is on disk on return."""
        with self.database.write() as connection:
            return self.record_in(connection, actor, action, subject, **details)

    def record_in(
        self,
        connection: Connection,
        actor: str,
        action: str,
        subject: str = "",
        **details: Detail,
    ) -> Entry:
        """Add one line in the caller's write transaction: both happen, or neither."""
        last = connection.execute(
            select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
        ).first()
        number, previous = (last.number + 1, last.hash) if last else (1, FIRST_HASH)
        at = epoch_of(self.clock())
        actor, subject = _storable(actor), _storable(subject)
        entry = Entry(
            number=number,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            details=details,
            previous_hash=previous,
            hash=_seal(number, at, actor, action, subject, details, previous),
        )
        connection.execute(insert(audit).values({f: getattr(entry, f) for f in _FIELDS}))
        return entry

    def recent(
        self, limit: int = 100, *, before: int | None = None, actor: str = "", action: str = ""
    ) -> list[Entry]:
        """The latest lines, newest first; `before` is a line number, for the next page."""
        wanted = select(audit).order_by(audit.c.number.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(audit.c.number < before)
        if actor:
            wanted = wanted.where(audit.c.actor == actor)
        if action:
            wanted = wanted.where(audit.c.action == action)
        with self.database.read() as connection:
            return [_entry(row) for row in connection.execute(wanted)]

    def about(self, subject: str, *actions: str) -> list[Entry]:
        """All lines of these actions on one subject, oldest first; a long one as it is stored."""
        stored = _storable(subject)
        wanted = select(audit).where(audit.c.subject == stored, audit.c.action.in_(actions))
        with self.database.read() as connection:
            return [_entry(row) for row in connection.execute(wanted.order_by(audit.c.number))]

    def verify(self) -> int | None:
        """The number of the first line that was changed or follows a missing one; None if whole."""
        number, previous = 1, FIRST_HASH
        for entry in self._all():
            sealed = _seal(
                entry.number, entry.at, entry.actor, entry.action, entry.subject, entry.details,
                entry.previous_hash,
            )  # fmt: skip
            if (entry.number, entry.previous_hash, entry.hash) != (number, previous, sealed):
                return number
            number, previous = number + 1, entry.hash
        return None

    def _all(self) -> Iterator[Entry]:
        """Every line in order, read a page at a time."""
        last = -(1 << 31)
        while page := self._after(last):
            yield from page
            last = page[-1].number

    def _after(self, number: int) -> list[Entry]:
        wanted = select(audit).where(audit.c.number > number).order_by(audit.c.number)
        with self.database.read() as connection:
            return [_entry(row) for row in connection.execute(wanted.limit(PAGE))]


_FIELDS = ("number", "at", "actor", "action", "subject", "details", "previous_hash", "hash")


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in _FIELDS})


def _storable(text: str) -> str:
    """Cut to size; PostgreSQL keeps no NUL, which an address that was denied may hold."""
    return text[:LONGEST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _seal(
    number: int,
    at: int,
    actor: str,
    action: str,
    subject: str,
    details: dict[str, Detail],
    previous_hash: str,
) -> str:
    fields = [number, at, actor, action, subject, details, previous_hash]
    line = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(line.encode()).hexdigest()
