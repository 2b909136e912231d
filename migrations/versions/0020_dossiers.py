"""Dossiers of projects, and projects that were brought from another installation

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dossier",
        sa.Column("id", KEY, nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("lang", sa.String(length=10), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_dossier_community_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "community_id"],
            ["project.id", "project.community_id"],
            name=op.f("fk_dossier_project_id_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("project_id", "lang", name=op.f("uq_dossier_project_id_lang")),
    )

    op.create_table(
        "project_origin",
        sa.Column("id", KEY, nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("community_name", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=240), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("dossier_sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_project_origin_community_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "community_id"],
            ["project.id", "project.community_id"],
            name=op.f("fk_project_origin_project_id_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_origin")),
        sa.UniqueConstraint("project_id", name=op.f("uq_project_origin_project_id")),
    )
    op.create_index(op.f("ix_project_origin_origin"), "project_origin", ["origin"])
    with op.batch_alter_table("project") as batch:
        batch.drop_constraint("state", type_="check")
        batch.create_check_constraint("state", "state in ('running','paused','ended','completed','imported')")


# What the tables of before have no place for.
STAYS = {
    "projects brought from elsewhere": "select 1 from project_origin limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_table("project_origin")
    with op.batch_alter_table("project") as batch:
        batch.drop_constraint("state", type_="check")
        batch.create_check_constraint("state", "state in ('running','paused','ended','completed')")
    op.drop_table("dossier")
