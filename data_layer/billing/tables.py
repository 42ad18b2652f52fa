"""The table of the billing room: a bill is one row, with everything on it as a document.

The columns beside it are for lists. Rows are only ever added.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from data_layer.storage.database import METADATA

bills = Table(
    "bills",
    METADATA,
    Column("meter_id", String(32), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(254), nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("consumption_wh", BigInteger, nullable=False),
    Column("document", JSON, nullable=False),
    Index("ix_bills_month", "month"),
)
