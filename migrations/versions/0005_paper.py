"""Votes on paper: numbered sheets, their entry by two, helpers, the drawn sample

Revision ID: 0005
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "paper_sheet",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("poll_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(length=20), nullable=False),
        sa.Column("roll_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BIGINT(), nullable=False),
        sa.Column("issued_by_id", KEY, nullable=False),
        sa.Column("returned_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state in ('issued','returned','valid','spoilt','blank','overtaken')", name=op.f("ck_paper_sheet_state")
        ),
        sa.CheckConstraint("(state = 'issued') = (returned_at is null)", name=op.f("ck_paper_sheet_returned")),
        sa.CheckConstraint("(state in ('issued','returned')) = (ended_at is null)", name=op.f("ck_paper_sheet_ended")),
        sa.ForeignKeyConstraint(
            ["roll_entry_id", "poll_id"],
            ["roll_entry.id", "roll_entry.poll_id"],
            name=op.f("fk_paper_sheet_roll_entry_id_poll_id"),
        ),
        _to("paper_sheet", "poll_id", "poll"),
        _to("paper_sheet", "issued_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_sheet")),
        sa.UniqueConstraint("public_id", name=op.f("uq_paper_sheet_public_id")),
        sa.UniqueConstraint("poll_id", "number", name=op.f("uq_paper_sheet_poll_id_number")),
        sa.UniqueConstraint("poll_id", "serial", name=op.f("uq_paper_sheet_poll_id_serial")),
    )
    op.create_index(op.f("ix_paper_sheet_poll_id_state"), "paper_sheet", ["poll_id", "state"])
    op.create_index(op.f("ix_paper_sheet_roll_entry_id"), "paper_sheet", ["roll_entry_id"])
    op.create_table(
        "paper_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("sheet_id", KEY, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("roll_entry_id", KEY, nullable=True),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.CheckConstraint("kind in ('valid','spoilt','blank')", name=op.f("ck_paper_entry_kind")),
        _to("paper_entry", "sheet_id", "paper_sheet"),
        _to("paper_entry", "person_id", "person"),
        _to("paper_entry", "roll_entry_id", "roll_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_entry")),
        sa.UniqueConstraint("sheet_id", "turn", "person_id", name=op.f("uq_paper_entry_sheet_id_turn_person_id")),
    )
    op.create_table(
        "paper_helper",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("poll_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("named_by_id", KEY, nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        _to("paper_helper", "poll_id", "poll"),
        _to("paper_helper", "person_id", "person"),
        _to("paper_helper", "named_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_helper")),
        sa.UniqueConstraint("public_id", name=op.f("uq_paper_helper_public_id")),
        sa.UniqueConstraint("poll_id", "person_id", name=op.f("uq_paper_helper_poll_id_person_id")),
    )
    op.create_table(
        "paper_draw",
        sa.Column("id", KEY, nullable=False),
        sa.Column("poll_id", KEY, nullable=False),
        sa.Column("log_size", sa.BigInteger(), nullable=False),
        sa.Column("log_root", sa.String(length=64), nullable=False),
        sa.Column("fixed_at", sa.BIGINT(), nullable=False),
        sa.Column("dice", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("serials", sa.JSON(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=True),
        _to("paper_draw", "poll_id", "poll"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_draw")),
        sa.UniqueConstraint("poll_id", name=op.f("uq_paper_draw_poll_id")),
    )
    op.create_table(
        "paper_check",
        sa.Column("id", KEY, nullable=False),
        sa.Column("sheet_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        _to("paper_check", "sheet_id", "paper_sheet"),
        _to("paper_check", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_check")),
        sa.UniqueConstraint("sheet_id", name=op.f("uq_paper_check_sheet_id")),
    )


# What the tables of before have no place for.
STAYS = {
    "sheets of paper": "select 1 from paper_sheet limit 1",
    "helpers": "select 1 from paper_helper limit 1",
    "draws of a sample": "select 1 from paper_draw limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    for name in ("paper_check", "paper_draw", "paper_helper", "paper_entry", "paper_sheet"):
        op.drop_table(name)
