"""Rings of which a third must take part stand with the poll

Revision ID: 0008
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll", sa.Column("rings", sa.JSON(), nullable=False, server_default="{}"))


# What the tables of before have no place for.
STAYS = {
    "quorums by rings": "select 1 from poll where cast(rings as varchar) <> '{}' limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_column("poll", "rings")
