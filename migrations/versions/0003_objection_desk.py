"""The objection desk: each objection has a life of its own; a decision that was adopted has an outcome

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, keys: dict[str, str], *columns: sa.schema.SchemaItem) -> None:
    big = {"objection_id"}
    op.create_table(
        name,
        sa.Column("id", KEY, nullable=False),
        *(sa.Column(key, sa.BigInteger() if key in big else KEY, nullable=False) for key in keys),
        *columns,
        *(sa.ForeignKeyConstraint([key], [f"{to}.id"], name=op.f(f"fk_{name}_{key}")) for key, to in keys.items()),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def upgrade() -> None:
    with op.batch_alter_table("objection") as table:
        for name in ("disagreed_at", "offered_at"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
        for name in ("words", "answer"):
            table.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("defers", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("owner", sa.String(length=60), nullable=False, server_default=""))
        table.add_column(sa.Column("due_on", sa.String(length=10), nullable=False, server_default=""))
        table.add_column(sa.Column("accepted", sa.Boolean(), nullable=True))
    at = ("at", sa.BIGINT())
    _table(
        "disagreement",
        {"objection_id": "objection", "person_id": "person"},
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(*at, nullable=False),
        sa.UniqueConstraint("objection_id", "person_id", name=op.f("uq_disagreement_objection_id_person_id")),
    )
    _table(
        "willing",
        {"poll_id": "poll", "person_id": "person"},
        sa.Column(*at, nullable=False),
        sa.UniqueConstraint("poll_id", "person_id", name=op.f("uq_willing_poll_id_person_id")),
    )
    _table(
        "panel",
        {"objection_id": "objection"},
        sa.Column("checkpoint", sa.String(length=200), nullable=False),
        sa.Column("dice", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("pool", sa.JSON(), nullable=False),
        sa.Column(*at, nullable=False),
        sa.UniqueConstraint("objection_id", name=op.f("uq_panel_objection_id")),
    )
    _table(
        "panel_seat",
        {"panel_id": "panel", "person_id": "person"},
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("panel_id", "number", name=op.f("uq_panel_seat_panel_id_number")),
        sa.UniqueConstraint("panel_id", "person_id", name=op.f("uq_panel_seat_panel_id_person_id")),
    )
    _table(
        "panel_word",
        {"seat_id": "panel_seat"},
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(*at, nullable=False),
        sa.UniqueConstraint("seat_id", "turn", name=op.f("uq_panel_word_seat_id_turn")),
    )
    _table(
        "objection_message",
        {"objection_id": "objection"},
        sa.Column("from_desk", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(*at, nullable=False),
    )
    op.create_index(op.f("ix_objection_message_objection_id"), "objection_message", ["objection_id"])
    _table(
        "decision_outcome",
        {"decision_id": "decision", "by_id": "person"},
        sa.Column("by_name", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("tasks", sa.Text(), nullable=False),
        sa.Column("review_at", sa.BIGINT(), nullable=False),
        sa.Column(*at, nullable=False),
        sa.Column("found", sa.Text(), nullable=False, server_default=""),
        sa.Column("found_by", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("found_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("decision_id", name=op.f("uq_decision_outcome_decision_id")),
    )


# What the tables of before have no place for.
STAYS = {
    "objections that were answered": "select 1 from objection where offered_at is not null or defers limit 1",
    "objections that a panel or an answer ended": "select 1 from objection where accepted is not null limit 1",
    "objections disagreed with": "select 1 from objection where disagreed_at is not null limit 1",
    "disagreement with reasons": "select 1 from disagreement limit 1",
    "residents willing to sit on a panel": "select 1 from willing limit 1",
    "panels": "select 1 from panel limit 1",
    "messages between the desk and who objected": "select 1 from objection_message limit 1",
    "outcomes that were adopted": "select 1 from decision_outcome limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_table("decision_outcome")
    op.drop_index(op.f("ix_objection_message_objection_id"), table_name="objection_message")
    for name in ("objection_message", "panel_word", "panel_seat", "panel", "willing", "disagreement"):
        op.drop_table(name)
    with op.batch_alter_table("objection") as table:
        for name in ("accepted", "due_on", "owner", "defers", "answer", "words", "offered_at", "disagreed_at"):
            table.drop_column(name)
