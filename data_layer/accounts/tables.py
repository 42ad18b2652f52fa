"""Tables of the accounts room: meters, supplies, sessions, links, API keys, attempts, audit.

Accounts and staff themselves are not here: they are the lines of users.csv and admins.csv.
Times are epoch seconds. Of a secret only its SHA-256 is kept.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from data_layer.storage.database import METADATA

meters = Table(
    "meters",
    METADATA,
    Column("meter_id", String(32), primary_key=True),
    Column("mpan", String(13), nullable=False, default=""),
    Column("serial_number", String(32), nullable=False, default=""),
    Index("ix_meters_mpan", "mpan"),
    Index("ix_meters_serial_number", "serial_number"),
)

registers = Table(
    "registers",
    METADATA,
    Column("meter_id", ForeignKey("meters.meter_id"), primary_key=True),
    Column("register_id", String(16), primary_key=True),
    Column("role", String(12), nullable=False),
    CheckConstraint(
        "role IN ('import_total', 'import_band', 'export', 'info')", name="ck_registers_role"
    ),
)

supplies = Table(
    "supplies",
    METADATA,
    Column("meter_id", String(32), primary_key=True),
    # An exact decimal as text.
    Column("sanctioned_kw", String(16), nullable=False),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("id_hash", String(64), primary_key=True),
    Column("email", String(254), nullable=False),
    Column("role", String(12), nullable=False),
    # What the session was opened under (password, role, status); another value ends it.
    Column("stamp", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Index("ix_sessions_email", "email"),
    Index("ix_sessions_last_seen_at", "last_seen_at"),
)

one_time_links = Table(
    "one_time_links",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    # Empty for the first admin of a home, who says on the page who they are.
    Column("email", String(254), nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("purpose IN ('first_admin', 'set_password')", name="ck_one_time_links_purpose"),
    Index("ix_one_time_links_email", "email"),
)

api_keys = Table(
    "api_keys",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("key_hash", String(64), nullable=False),
    Column("role", String(12), nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String(254), nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    CheckConstraint("role IN ('admin', 'government', 'household')", name="ck_api_keys_role"),
)

api_key_meters = Table(
    "api_key_meters",
    METADATA,
    Column("number", ForeignKey("api_keys.number"), primary_key=True),
    Column("meter_id", String(32), primary_key=True),
    # The occupant for whom the key was made; the next one's data is not for it.
    Column("email", String(254), nullable=False),
    Column("moved_in", String(10), nullable=False),
)

attempts = Table(
    "attempts",
    METADATA,
    # An account or an address that failed to sign in, as a SHA-256: nothing to read here.
    Column("subject_hash", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(254), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(254), nullable=False, default=""),
    Column("details", JSON, nullable=False, default=dict),
    # SHA-256 over this line and the hash of the line before it.
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_actor", "actor"),
)
