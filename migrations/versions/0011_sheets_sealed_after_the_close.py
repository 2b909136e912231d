"""Sheets enter the log after the close; the hour of a cast on screen, until the count; messages name no sheet

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("roll_entry", sa.Column("online_at", sa.BigInteger(), nullable=True))
    # Of all sheets that are there, the log told as it happened.
    op.add_column("paper_sheet", sa.Column("sealed", sa.Boolean(), nullable=False, server_default=sa.true()))
    where = sa.text("not sealed")
    op.create_index(
        "ix_paper_sheet_unsealed", "paper_sheet", ["poll_id", "number"], sqlite_where=where, postgresql_where=where
    )
    message = sa.table("message", sa.column("id"), sa.column("kind"), sa.column("data", sa.JSON()))
    told = sa.select(message.c.id, message.c.data).where(message.c.kind.like("paper.%"))
    for row in op.get_bind().execute(told).all():
        data = {key: value for key, value in row.data.items() if key != "serial"}
        op.execute(sa.update(message).where(message.c.id == row.id).values(data=data))


# What the tables of before have no place for.
STAYS = {
    "sheets that the log doesn't name yet": "select 1 from paper_sheet where not sealed limit 1",
    "hours of casts beside paper": "select 1 from roll_entry where online_at is not null limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_index("ix_paper_sheet_unsealed", "paper_sheet")
    op.drop_column("paper_sheet", "sealed")
    op.drop_column("roll_entry", "online_at")
