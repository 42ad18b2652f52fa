"""Slows down guessing: each failed sign-in makes the account and the address wait longer.

The wait doubles from one second to a quarter of an hour and is forgotten after an hour of peace:
nobody is ever locked out for good. An attempt counts as failed the moment it begins, in the same
transaction that checks the wait, so a hundred guesses at once are still one guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from data_layer.accounts.tables import attempts
from data_layer.clock import Clock, epoch_of
from data_layer.errors import TooManyAttempts
from data_layer.storage.database import Database

LONGEST_WAIT = 15 * 60
FORGOTTEN_AFTER = 60 * 60
FREE_PER_ACCOUNT = 0
FREE_PER_ADDRESS = 20
"""Many people may sit behind one address, so it is let off more failures than an account."""


def wait_after(failures: int, *, free: int) -> int:
    """Seconds to wait after so many failures: 1, 2, 4 ... up to a quarter of an hour."""
    paid = failures - free
    return 0 if paid <= 0 else int(min(2 ** min(paid - 1, 20), LONGEST_WAIT))


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed sign-ins of accounts and addresses, remembered across restarts."""

    database: Database
    clock: Clock

    def begin(self, *, email: str, address: str) -> None:
        """Count an attempt. Raises TooManyAttempts, and counts nothing, while one must wait."""
        now = epoch_of(self.clock())
        subjects = ((_account(email), FREE_PER_ACCOUNT), (_address(address), FREE_PER_ADDRESS))
        with self.database.write() as connection:
            connection.execute(delete(attempts).where(attempts.c.last_at < now - FORGOTTEN_AFTER))
            wait = max(_remaining(connection, key, free, now) for key, free in subjects)
            if wait > 0:
                raise TooManyAttempts(
                    f"too many attempts: try again in {_words(wait)}.", retry_after=wait
                )
            for key, _ in subjects:
                _count(connection, key, now)

    def succeeded(self, *, email: str, address: str) -> None:
        """Take the attempt back: the account starts afresh, the address loses this failure."""
        with self.database.write() as connection:
            connection.execute(delete(attempts).where(attempts.c.subject_hash == _account(email)))
            connection.execute(
                update(attempts)
                .where(attempts.c.subject_hash == _address(address), attempts.c.failures > 0)
                .values(failures=attempts.c.failures - 1)
            )


def _account(email: str) -> str:
    return sha256(f"account:{email}".encode()).hexdigest()


def _address(address: str) -> str:
    return sha256(f"address:{address}".encode()).hexdigest()


def _remaining(connection: Connection, key: str, free: int, now: int) -> int:
    row = connection.execute(select(attempts).where(attempts.c.subject_hash == key)).first()
    return 0 if row is None else row.last_at + wait_after(row.failures, free=free) - now


def _count(connection: Connection, key: str, now: int) -> None:
    row = connection.execute(select(attempts).where(attempts.c.subject_hash == key)).first()
    if row is None:
        connection.execute(insert(attempts).values(subject_hash=key, failures=1, last_at=now))
        return
    connection.execute(
        update(attempts)
        .where(attempts.c.subject_hash == key)
        .values(failures=row.failures + 1, last_at=now)
    )


def _words(seconds: int) -> str:
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
