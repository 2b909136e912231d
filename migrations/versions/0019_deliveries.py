"""E-mail addresses, the robots of groups, and what is delivered to them

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mail_address",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("address", sa.String(length=160), nullable=False),
        sa.Column("nonce", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("choice", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.BIGINT(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BIGINT(), nullable=False),
        sa.Column("next_at", sa.BIGINT(), nullable=False),
        sa.CheckConstraint("choice in ('daily','weekly','once','none')", name=op.f("ck_mail_address_choice")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_address_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_address")),
        sa.UniqueConstraint("person_id", name=op.f("uq_mail_address_person_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_mail_address_public_id")),
    )
    op.create_index(op.f("ix_mail_address_choice_next_at"), "mail_address", ["choice", "next_at"])
    op.create_table(
        "group_hook",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("added_by_id", KEY, nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_group_hook_added_by_id")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_group_hook_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_hook")),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_hook_public_id")),
        sa.UniqueConstraint("id", "community_id", name=op.f("uq_group_hook_id_community_id")),
    )
    op.create_index(op.f("ix_group_hook_community_id"), "group_hook", ["community_id"])
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("community_id", KEY, nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("hook_id", KEY, nullable=True),
        sa.Column("shown", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("href", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BIGINT(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=20), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BIGINT(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state in ('queued','sending','sent','failed','uncertain')", name=op.f("ck_delivery_state")),
        sa.CheckConstraint("(state = 'sending') = (lease_until is not null)", name=op.f("ck_delivery_lease")),
        sa.CheckConstraint("(channel = 'email') = (person_id is not null)", name=op.f("ck_delivery_person")),
        sa.CheckConstraint("(channel = 'group') = (hook_id is not null)", name=op.f("ck_delivery_hook")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_delivery_community_id")),
        sa.ForeignKeyConstraint(["hook_id"], ["group_hook.id"], name=op.f("fk_delivery_hook_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_delivery_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_delivery_public_id")),
    )
    op.create_index(op.f("ix_delivery_state_next_at"), "delivery", ["state", "next_at"])
    op.create_index(op.f("ix_delivery_community_id_state"), "delivery", ["community_id", "state"])
    op.create_index(op.f("ix_delivery_person_id"), "delivery", ["person_id"])
    op.create_index(op.f("ix_delivery_hook_id"), "delivery", ["hook_id"])
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("delivery_id", KEY, nullable=True))
        batch.create_foreign_key(op.f("fk_message_delivery_id"), "delivery", ["delivery_id"], ["id"])
    for name, columns, where in INDEXES:
        op.create_index(name, "message", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


INDEXES = (
    ("ix_message_unmailed", ["person_id", "created_at"], "delivery_id is null"),
    ("ix_message_mailed", ["delivery_id"], "delivery_id is not null"),
)


# What the tables of before have no place for.
STAYS = {
    "addresses for e-mail": "select 1 from mail_address limit 1",
    "groups that are told": "select 1 from group_hook limit 1",
    "deliveries": "select 1 from delivery limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="message")
    with op.batch_alter_table("message") as batch:
        batch.drop_constraint(op.f("fk_message_delivery_id"), type_="foreignkey")
        batch.drop_column("delivery_id")
    for table in ("delivery", "group_hook", "mail_address"):
        op.drop_table(table)
