"""Tables of the tariffs room. A version is never changed: a new one replaces it and both stay,
so that a bill can be made again from what it was made from."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, String, Table

from data_layer.storage.database import METADATA

tariffs = Table(
    "tariffs",
    METADATA,
    Column("code", String(32), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("currency", String(3), nullable=False),
)

tariff_versions = Table(
    "tariff_versions",
    METADATA,
    Column("code", ForeignKey("tariffs.code"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", String(10), nullable=False),
    Column("document", JSON, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("entered_by", String(254), nullable=False),
    # Number of the version that took its place; null while it applies.
    Column("replaced_by", Integer),
)

prices = Table(
    "prices",
    METADATA,
    Column("series", String(32), primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    # An exact decimal as text: no database rounds it.
    Column("price", String(32), nullable=False),
)
