"""Inspectors of a vote, and notices that were overtaken

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "poll_inspector",
        sa.Column("id", KEY, nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("poll_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("named_at", sa.BIGINT(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(found_at is null) = (fault = '')", name=op.f("ck_poll_inspector_fault")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_poll_inspector_community_id")),
        sa.ForeignKeyConstraint(
            ["poll_id", "community_id"],
            ["poll.id", "poll.community_id"],
            name=op.f("fk_poll_inspector_poll_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_poll_inspector_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_inspector")),
        sa.UniqueConstraint("poll_id", "person_id", name=op.f("uq_poll_inspector_poll_id_person_id")),
    )
    op.create_index(op.f("ix_poll_inspector_poll_id"), "poll_inspector", ["poll_id"])
    op.create_index(op.f("ix_poll_inspector_person_id"), "poll_inspector", ["person_id"])
    with op.batch_alter_table("notice") as batch:
        batch.add_column(sa.Column("overtaken_at", sa.BigInteger(), nullable=True))
        batch.drop_constraint("uq_notice_activity_run_id", type_="unique")
        batch.create_check_constraint("overtaken", "overtaken_at is null or posted_at is not null")
    op.create_index(
        "uq_notice_standing",
        "notice",
        ["activity_run_id"],
        unique=True,
        sqlite_where=sa.text("overtaken_at is null"),
        postgresql_where=sa.text("overtaken_at is null"),
    )


# What the tables of before have no place for.
STAYS = {
    "inspectors": "select 1 from poll_inspector limit 1",
    "notices overtaken by another": "select 1 from notice where overtaken_at is not null limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_index("uq_notice_standing", table_name="notice")
    with op.batch_alter_table("notice") as batch:
        batch.drop_constraint("overtaken", type_="check")
        batch.create_unique_constraint("uq_notice_activity_run_id", ["activity_run_id"])
        batch.drop_column("overtaken_at")
    op.drop_table("poll_inspector")
