"""One-time links: how a first or a new password reaches its owner without anybody knowing it.

A link holds a random 256-bit token, works once, for 24 hours, and only its SHA-256 is kept. A
new link for the same person ends the one before.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import delete, insert, select

from data_layer.accounts.tables import one_time_links
from data_layer.clock import Clock, epoch_of
from data_layer.errors import NotFound
from data_layer.storage.database import Database

LIFETIME = 24 * 60 * 60


class Purpose(StrEnum):
    FIRST_ADMIN = "first_admin"
    SET_PASSWORD = "set_password"  # noqa: S105 - the name of a purpose, not a password


@dataclass(frozen=True, slots=True)
class Link:
    """What a token is good for; `email` is empty for the first admin of a home."""

    purpose: Purpose
    email: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class OneTimeLinks:
    """The table of links. Tokens are handed out once and kept only as hashes."""

    database: Database
    clock: Clock

    def issue(self, purpose: Purpose, *, email: str = "") -> str:
        """A new token; earlier ones of the same person and purpose are dead."""
        now = epoch_of(self.clock())
        token = secrets.token_urlsafe(32)
        with self.database.write() as connection:
            connection.execute(
                delete(one_time_links).where(
                    (one_time_links.c.expires_at <= now)
                    | (
                        (one_time_links.c.purpose == purpose.value)
                        & (one_time_links.c.email == email)
                    )
                )
            )
            connection.execute(
                insert(one_time_links).values(
                    token_hash=_hash(token),
                    purpose=purpose.value,
                    email=email,
                    created_at=now,
                    expires_at=now + LIFETIME,
                )
            )
        return token

    def look(self, token: str) -> Link:
        """What the token is good for, without using it up. Raises NotFound."""
        with self.database.read() as connection:
            row = connection.execute(
                select(one_time_links).where(one_time_links.c.token_hash == _hash(token))
            ).first()
        if row is None or row.expires_at <= epoch_of(self.clock()):
            raise _gone()
        return Link(purpose=Purpose(row.purpose), email=row.email, expires_at=row.expires_at)

    def use(self, token: str) -> Link:
        """Take the token: of two who try at once, one gets it. Raises NotFound."""
        link = self.look(token)
        with self.database.write() as connection:
            taken = connection.execute(
                delete(one_time_links).where(one_time_links.c.token_hash == _hash(token))
            ).rowcount
        if taken != 1:
            raise _gone()
        return link


def _gone() -> NotFound:
    return NotFound("this link has been used or has expired: ask for a new one.")


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
