"""Open data gives proposals in the order in which they were sent

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_proposal_submitted_at", "proposal", ["submitted_at"])


def downgrade() -> None:
    op.drop_index("ix_proposal_submitted_at", "proposal")
