"""Words beside records, corrections of records, and what the law bids remove

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "removal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("project_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("href", sa.String(length=200), nullable=False),
        sa.Column("ground", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("hashes", sa.JSON(), nullable=False),
        sa.CheckConstraint("ground in ('personal','unlawful','rights','order')", name=op.f("ck_removal_ground")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_removal_community_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_removal_project_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_removal_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_removal_public_id")),
    )
    op.create_index(op.f("ix_removal_community_id_id"), "removal", ["community_id", "id"])
    with op.batch_alter_table("record") as batch:
        batch.add_column(sa.Column("corrects_id", KEY, nullable=True))
        batch.drop_constraint("uq_record_step_run_id", type_="unique")
        batch.create_foreign_key(op.f("fk_record_corrects_id"), "record", ["corrects_id"], ["id"])
        batch.create_unique_constraint(op.f("uq_record_corrects_id"), ["corrects_id"])
    op.create_index(op.f("ix_record_step_run_id"), "record", ["step_run_id"])
    op.create_index(
        "uq_record_step_run",
        "record",
        ["step_run_id"],
        unique=True,
        sqlite_where=sa.text("corrects_id is null"),
        postgresql_where=sa.text("corrects_id is null"),
    )
    op.create_table(
        "record_word",
        sa.Column("id", KEY, nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("removal_id", KEY, nullable=True),
        sa.CheckConstraint("(text is null) = (salt is null)", name=op.f("ck_record_word_whole")),
        sa.CheckConstraint("(text is null) = (removal_id is not null)", name=op.f("ck_record_word_removed")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_record_word_record_id")),
        sa.ForeignKeyConstraint(["removal_id"], ["removal.id"], name=op.f("fk_record_word_removal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_word")),
        sa.UniqueConstraint("record_id", "hash", name=op.f("uq_record_word_record_id_hash")),
    )
    op.create_index(op.f("ix_record_word_hash"), "record_word", ["hash"])
    op.add_column("event", sa.Column("hash", sa.String(length=64), server_default="", nullable=False))


# What the tables of before have no place for.
STAYS = {
    "words beside records": "select 1 from record_word limit 1",
    "words that were removed": "select 1 from removal limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_column("event", "hash")
    op.drop_table("record_word")
    op.drop_index("uq_record_step_run", table_name="record")
    op.drop_index(op.f("ix_record_step_run_id"), table_name="record")
    with op.batch_alter_table("record") as batch:
        batch.drop_constraint(op.f("uq_record_corrects_id"), type_="unique")
        batch.drop_constraint(op.f("fk_record_corrects_id"), type_="foreignkey")
        batch.create_unique_constraint("uq_record_step_run_id", ["step_run_id"])
        batch.drop_column("corrects_id")
    op.drop_table("removal")
