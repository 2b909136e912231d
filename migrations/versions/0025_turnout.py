"""Live ballots have an index of their own: a turnout is read from it alone

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live = sa.text("live")
    op.create_index("ix_ballot_counted", "ballot", ["poll_id", "stance"], sqlite_where=live, postgresql_where=live)
    op.create_index("ix_ballot_poll_id", "ballot", ["poll_id"])
    op.drop_index("ix_ballot_poll_id_stance", "ballot")


def downgrade() -> None:
    op.create_index("ix_ballot_poll_id_stance", "ballot", ["poll_id", "stance"])
    op.drop_index("ix_ballot_poll_id", "ballot")
    op.drop_index("ix_ballot_counted", "ballot")
