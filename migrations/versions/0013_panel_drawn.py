"""The list of those willing to sit on a panel closes before the dice are thrown

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("panel", sa.Column("drawn_at", sa.BigInteger(), nullable=True))
    op.execute("update panel set drawn_at = at")


# What the tables of before have no place for.
STAYS = {
    "a panel's list that is closed and not drawn from": "select 1 from panel where drawn_at is null limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_column("panel", "drawn_at")
