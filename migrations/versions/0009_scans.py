"""A sheet of paper may have a scan

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper_sheet", sa.Column("scan", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("paper_sheet", sa.Column("scan_sha256", sa.String(length=64), nullable=False, server_default=""))


# What the tables of before have no place for.
STAYS = {
    "scans of sheets": "select 1 from paper_sheet where scan <> '' limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_column("paper_sheet", "scan_sha256")
    op.drop_column("paper_sheet", "scan")
