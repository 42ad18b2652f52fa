"""Bills, and the load a supply is sanctioned for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bills",
        sa.Column("meter_id", sa.String(32), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.String(254), nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("consumption_wh", sa.BigInteger, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("meter_id", "month", "version", name="pk_bills"),
    )
    op.create_index("ix_bills_month", "bills", ["month"])
    op.create_table(
        "supplies",
        sa.Column("meter_id", sa.String(32), nullable=False),
        sa.Column("sanctioned_kw", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("meter_id", name="pk_supplies"),
    )
