"""Alembic's door: runs the migrations inside the transaction that `Database` opened."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite's DDL is transactional; the one transaction is the caller's
)
context.run_migrations()
