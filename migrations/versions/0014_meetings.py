"""Meetings: called, who came, what was noted, the versions of the minutes and who confirmed them

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("activity_run_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("rings", sa.JSON(), nullable=False),
        sa.Column("starts_at", sa.BIGINT(), nullable=False),
        sa.Column("ends_at", sa.BIGINT(), nullable=False),
        sa.Column("called_at", sa.BIGINT(), nullable=False),
        sa.Column("called_by_id", KEY, nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("change_reason", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("commitments", sa.JSON(), nullable=False),
        sa.CheckConstraint("cancelled_at is null or opened_at is null", name=op.f("ck_meeting_cancelled")),
        sa.CheckConstraint("ended_at is null or opened_at is not null", name=op.f("ck_meeting_ended")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_meeting_hours")),
        sa.ForeignKeyConstraint(
            ["activity_run_id", "community_id"],
            ["activity_run.id", "activity_run.community_id"],
            name=op.f("fk_meeting_activity_run_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["called_by_id"], ["person.id"], name=op.f("fk_meeting_called_by_id")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meeting_community_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "community_id"],
            ["project.id", "project.community_id"],
            name=op.f("fk_meeting_project_id_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("id", "community_id", name=op.f("uq_meeting_id_community_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_public_id")),
    )
    op.create_index(op.f("ix_meeting_activity_run_id"), "meeting", ["activity_run_id"])
    op.create_index(op.f("ix_meeting_community_id_starts_at"), "meeting", ["community_id", "starts_at"])
    op.create_table(
        "meeting_minutes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BIGINT(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=True),
        sa.Column("present", sa.BigInteger(), nullable=False),
        sa.Column("needed", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("commitments", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("dropped_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("frozen_at is null or dropped_at is null", name=op.f("ck_meeting_minutes_dropped")),
        sa.CheckConstraint("frozen_at is null or offered_at is not null", name=op.f("ck_meeting_minutes_frozen")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meeting_minutes_community_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id", "community_id"],
            ["meeting.id", "meeting.community_id"],
            name=op.f("fk_meeting_minutes_meeting_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meeting_minutes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_minutes")),
        sa.UniqueConstraint("id", "community_id", name=op.f("uq_meeting_minutes_id_community_id")),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_meeting_minutes_meeting_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_minutes_public_id")),
    )
    op.create_index(
        "uq_meeting_minutes_open",
        "meeting_minutes",
        ["meeting_id"],
        unique=True,
        sqlite_where=sa.text("frozen_at is null and dropped_at is null"),
        postgresql_where=sa.text("frozen_at is null and dropped_at is null"),
    )
    op.create_table(
        "meeting_note",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=False),
        sa.Column("ring", sa.String(length=40), nullable=False),
        sa.Column("speaker", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("due", sa.String(length=10), nullable=False),
        sa.Column("in_favour", sa.BigInteger(), nullable=True),
        sa.Column("against", sa.BigInteger(), nullable=True),
        sa.Column("abstained", sa.BigInteger(), nullable=True),
        sa.Column("media", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind in ('point','minority','decision','hands','photo')", name=op.f("ck_meeting_note_kind")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meeting_note_community_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id", "community_id"],
            ["meeting.id", "meeting.community_id"],
            name=op.f("fk_meeting_note_meeting_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meeting_note_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_note_public_id")),
    )
    op.create_index(op.f("ix_meeting_note_meeting_id_live"), "meeting_note", ["meeting_id", "live"])
    op.create_table(
        "meeting_presence",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("ring", sa.String(length=40), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint("how in ('code','paper')", name=op.f("ck_meeting_presence_how")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meeting_presence_community_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_meeting_presence_entered_by_id")),
        sa.ForeignKeyConstraint(
            ["household_id", "community_id"],
            ["household.id", "household.community_id"],
            name=op.f("fk_meeting_presence_household_id_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id", "community_id"],
            ["meeting.id", "meeting.community_id"],
            name=op.f("fk_meeting_presence_meeting_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meeting_presence_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_presence")),
        sa.UniqueConstraint("id", "community_id", name=op.f("uq_meeting_presence_id_community_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_presence_public_id")),
    )
    op.create_index(op.f("ix_meeting_presence_meeting_id_live"), "meeting_presence", ["meeting_id", "live"])
    op.create_index(
        "uq_meeting_presence_person",
        "meeting_presence",
        ["meeting_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "meeting_confirmation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("minutes_id", sa.BigInteger(), nullable=False),
        sa.Column("presence_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("entered_by_id", KEY, nullable=True),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.CheckConstraint("how in ('screen','paper')", name=op.f("ck_meeting_confirmation_how")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meeting_confirmation_community_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_meeting_confirmation_entered_by_id")),
        sa.ForeignKeyConstraint(
            ["minutes_id", "community_id"],
            ["meeting_minutes.id", "meeting_minutes.community_id"],
            name=op.f("fk_meeting_confirmation_minutes_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meeting_confirmation_person_id")),
        sa.ForeignKeyConstraint(
            ["presence_id", "community_id"],
            ["meeting_presence.id", "meeting_presence.community_id"],
            name=op.f("fk_meeting_confirmation_presence_id_community_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_confirmation")),
        sa.UniqueConstraint("minutes_id", "presence_id", name=op.f("uq_meeting_confirmation_minutes_id_presence_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_confirmation_public_id")),
    )


# What the tables of before have no place for.
STAYS = {
    "meetings": "select 1 from meeting limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    for table in ("meeting_confirmation", "meeting_presence", "meeting_note", "meeting_minutes", "meeting"):
        op.drop_table(table)
