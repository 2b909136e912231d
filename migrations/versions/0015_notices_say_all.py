"""Notices say all that one must say; complaints by code, proofs on the board, templates, days that the town sets

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = (("scope", 300), ("contact", 300), ("signatory", 120), ("wording", 40))


def upgrade() -> None:
    with op.batch_alter_table("notice") as batch:
        for name, most in WORDS:
            batch.add_column(sa.Column(name, sa.String(length=most), nullable=False, server_default=""))
        for name in ("conclusion", "objecting"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("figures", sa.JSON(), nullable=True))
        # What was posted before has the fingerprint of its text alone.
        batch.add_column(sa.Column("hash_form", sa.BigInteger(), nullable=False, server_default="2"))
        batch.add_column(sa.Column("count", sa.String(length=10), nullable=False, server_default="calendar"))
        batch.add_column(sa.Column("days", sa.BigInteger(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("commitments", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("posted_until", sa.BigInteger(), nullable=True))
    op.execute("update notice set hash_form = 1, posted_until = until_at where posted_at is not null")
    _commit_to_texts()
    with op.batch_alter_table("notice") as batch:
        batch.create_check_constraint(
            "not_shortened", "posted_at is null or (posted_until is not null and until_at >= posted_until)"
        )
        batch.create_check_constraint("count", "count in ('calendar','working')")
        batch.create_check_constraint("hash_form", "hash_form in (1,2)")
    with op.batch_alter_table("complaint") as batch:
        batch.alter_column("person_id", existing_type=sa.BigInteger(), nullable=True)
        batch.add_column(sa.Column("household_id", sa.BigInteger(), nullable=True))
        batch.create_foreign_key(
            "fk_complaint_household_id_community_id",
            "household",
            ["household_id", "community_id"],
            ["id", "community_id"],
        )
        batch.create_check_constraint("whose", "person_id is not null or household_id is not null")
    op.create_index(op.f("ix_complaint_household_id"), "complaint", ["household_id"])
    op.create_table(
        "notice_proof",
        sa.Column("id", KEY, nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("photo", sa.String(length=16), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("hung_by", sa.String(length=60), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id", "community_id"],
            ["notice.id", "notice.community_id"],
            name=op.f("fk_notice_proof_notice_id_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["building_id", "community_id"],
            ["building.id", "building.community_id"],
            name=op.f("fk_notice_proof_building_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_notice_proof_community_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_notice_proof_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_proof")),
        sa.UniqueConstraint(
            "notice_id", "building_id", "photo", name=op.f("uq_notice_proof_notice_id_building_id_photo")
        ),
    )
    op.create_index(op.f("ix_notice_proof_notice_id"), "notice_proof", ["notice_id"])
    op.create_table(
        "notice_wording",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_notice_wording_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_wording")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notice_wording_public_id")),
    )
    op.create_index(op.f("ix_notice_wording_community_id"), "notice_wording", ["community_id"])
    op.create_table(
        "special_day",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_day")),
        sa.UniqueConstraint("day", name=op.f("uq_special_day_day")),
    )
    with op.batch_alter_table("project") as batch:
        batch.add_column(sa.Column("copied_from_id", KEY, nullable=True))
        batch.create_foreign_key("fk_project_copied_from_id", "project", ["copied_from_id"], ["id"])


def _commit_to_texts() -> None:
    """What was posted before has the hash of its text, unsalted, for a commitment."""
    columns = (sa.column("id"), sa.column("text_hash"), sa.column("posted_at"), sa.column("commitments", sa.JSON()))
    notice = sa.table("notice", *columns)
    posted = sa.select(notice.c.id, notice.c.text_hash).where(notice.c.posted_at.is_not(None))
    for row in op.get_bind().execute(posted).all():
        made = {"text": {"hash": row.text_hash, "salt": ""}}
        op.execute(notice.update().where(notice.c.id == row.id).values(commitments=made))


# What the tables of before have no place for.
STAYS = {
    "notices whose texts have commitments": "select 1 from notice where hash_form = 2 and posted_at is not null limit 1",
    "photos of notice boards": "select 1 from notice_proof limit 1",
    "wordings of notices": "select 1 from notice_wording limit 1",
    "special days": "select 1 from special_day limit 1",
    "complaints by a household": "select 1 from complaint where person_id is null or household_id is not null limit 1",
    "projects copied from another": "select 1 from project where copied_from_id is not null limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    with op.batch_alter_table("project") as batch:
        batch.drop_constraint("fk_project_copied_from_id", type_="foreignkey")
        batch.drop_column("copied_from_id")
    op.drop_table("special_day")
    op.drop_table("notice_wording")
    op.drop_table("notice_proof")
    op.drop_index(op.f("ix_complaint_household_id"), table_name="complaint")
    with op.batch_alter_table("complaint") as batch:
        batch.drop_constraint("whose", type_="check")
        batch.drop_constraint("fk_complaint_household_id_community_id", type_="foreignkey")
        batch.drop_column("household_id")
        batch.alter_column("person_id", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("notice") as batch:
        for name in ("not_shortened", "count", "hash_form"):
            batch.drop_constraint(name, type_="check")
        for name in ("posted_until", "provisional", "days", "count", "hash_form", "commitments", "figures"):
            batch.drop_column(name)
        for name in ("objecting", "conclusion", *(name for name, _ in WORDS)):
            batch.drop_column(name)
