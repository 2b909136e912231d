"""Personal data: erasures, whose data was looked at on which page, the day on which a device was last used

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=True),
        sa.Column("ground", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("words", sa.Boolean(), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.CheckConstraint("ground in ('asked','paper','left','order','again')", name=op.f("ck_erasure_ground")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_erasure_by_id")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_erasure_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("person", name=op.f("uq_erasure_person")),
        sa.UniqueConstraint("public_id", name=op.f("uq_erasure_public_id")),
    )
    with op.batch_alter_table("access_log") as batch:
        batch.add_column(sa.Column("whose", sa.String(length=10), nullable=False, server_default="list"))
        batch.add_column(sa.Column("route", sa.String(length=60), nullable=False, server_default=""))
    with op.batch_alter_table("device") as batch:
        batch.add_column(sa.Column("seen_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_access_log_subject"), "access_log", ["subject"])


def downgrade() -> None:
    # Who was erased stays erased; only the list of it goes, and stays in the file beside the database.
    op.drop_index(op.f("ix_access_log_subject"), "access_log")
    with op.batch_alter_table("device") as batch:
        batch.drop_column("seen_at")
    with op.batch_alter_table("access_log") as batch:
        batch.drop_column("route")
        batch.drop_column("whose")
    op.drop_table("erasure")
