"""Tariffs, their versions, and price series."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tariffs",
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_tariffs"),
    )
    op.create_table(
        "tariff_versions",
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("entered_at", sa.BigInteger, nullable=False),
        sa.Column("entered_by", sa.String(254), nullable=False),
        sa.Column("replaced_by", sa.Integer),
        sa.PrimaryKeyConstraint("code", "number", name="pk_tariff_versions"),
        sa.ForeignKeyConstraint(["code"], ["tariffs.code"], name="fk_tariff_versions_code"),
    )
    op.create_table(
        "prices",
        sa.Column("series", sa.String(32), nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("price", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("series", "start", name="pk_prices"),
    )
