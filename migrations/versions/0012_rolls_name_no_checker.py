"""A roll names nobody who checked it: no command ever wrote that down

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("roll_entry") as table:
        table.drop_constraint(op.f("fk_roll_entry_checked_by_id"), type_="foreignkey")
        table.drop_column("checked_by_id")


def downgrade() -> None:
    with op.batch_alter_table("roll_entry") as table:
        table.add_column(sa.Column("checked_by_id", KEY, nullable=True))
        table.create_foreign_key(op.f("fk_roll_entry_checked_by_id"), "person", ["checked_by_id"], ["id"])
