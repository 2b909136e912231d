"""The list of those willing to sit on a panel closes before the dice are thrown

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("panel", sa.Column("drawn_at", sa.BigInteger(), nullable=True))
    op.execute("update panel set drawn_at = at")


def downgrade() -> None:
    # The schema of before knows no list that is closed and not drawn from yet.
    op.execute("delete from panel where drawn_at is null")
    op.drop_column("panel", "drawn_at")
