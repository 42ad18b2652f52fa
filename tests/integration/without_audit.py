"""A database that takes no line of the audit, as one that is away for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from data_layer.storage.database import Database


@contextmanager
def without_audit(database: Database) -> Iterator[None]:
    """The table of the audit is elsewhere until this is left."""
    with database.write() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_elsewhere"))
    try:
        yield
    finally:
        with database.write() as connection:
            connection.execute(text("ALTER TABLE audit_elsewhere RENAME TO audit"))
