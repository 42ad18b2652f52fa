"""The table of long work: what was asked, how far it is, how it ended. Times are epoch seconds."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, String, Table, Text

from data_layer.storage.database import METADATA

jobs = Table(
    "jobs",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("params", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("done", BigInteger, nullable=False, default=0),
    Column("total", BigInteger, nullable=False, default=0),
    Column("message", Text, nullable=False, default=""),
    Column("result", JSON, nullable=False, default=dict),
    Column("error", Text, nullable=False, default=""),
    Column("actor", String(254), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("heartbeat", BigInteger),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="ck_jobs_state"),
    Index("ix_jobs_state", "state", "created_at"),
    Index("ix_jobs_created_at", "created_at"),
)
