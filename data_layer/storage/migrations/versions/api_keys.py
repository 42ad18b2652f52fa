"""API keys and the meters that a household's key is bound to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(254), nullable=False),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("number", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        sa.CheckConstraint("role IN ('admin', 'government', 'household')", name="ck_api_keys_role"),
    )
    op.create_table(
        "api_key_meters",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("meter_id", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("moved_in", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("number", "meter_id", name="pk_api_key_meters"),
        sa.ForeignKeyConstraint(["number"], ["api_keys.number"], name="fk_api_key_meters_number"),
    )
