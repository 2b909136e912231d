"""Votes with proof: decisions have a state, ballots enter the log in batches, owners are a third electorate

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNIT = (
    "(household_id is not null and person_id is null and owner_id is null)"
    " or (household_id is null and person_id is not null and owner_id is null)"
    " or (household_id is null and person_id is null and owner_id is not null)"
)
UNIT_BEFORE = "(household_id is null) <> (person_id is null)"
STATES = "state in ('drafting','deciding','adopted','rejected','lapsed','withdrawn')"


def _check(table: Any, name: str, key: str, text: str) -> None:
    table.create_check_constraint(op.f(f"ck_{name}_{key}"), text)


def _uncheck(table: Any, name: str, key: str) -> None:
    table.drop_constraint(op.f(f"ck_{name}_{key}"), type_="check")


def upgrade() -> None:
    op.create_table(
        "ballot_batch",
        sa.Column("id", KEY, nullable=False),
        sa.Column("poll_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["poll.id"], name=op.f("fk_ballot_batch_poll_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_batch")),
        sa.UniqueConstraint("id", "poll_id", name=op.f("uq_ballot_batch_id_poll_id")),
        sa.UniqueConstraint("poll_id", "number", name=op.f("uq_ballot_batch_poll_id_number")),
    )
    op.add_column("person", sa.Column("reminders", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("decision") as table:
        table.add_column(sa.Column("state", sa.String(length=10), nullable=False, server_default="drafting"))
        table.add_column(sa.Column("state_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("narrowed_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("proposer_id", KEY, nullable=True))
        table.create_foreign_key(op.f("fk_decision_proposer_id"), "person", ["proposer_id"], ["id"])
        _check(table, "decision", "state", STATES)
    with op.batch_alter_table("poll") as table:
        table.add_column(sa.Column("paper", sa.String(length=5), nullable=False, server_default="none"))
        table.add_column(sa.Column("matter", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("prolong_days", sa.BigInteger(), nullable=False, server_default="0"))
        for name in ("prolonged_until", "final_at", "links_deleted_at"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
        _uncheck(table, "poll", "electorate")
        _check(table, "poll", "electorate", "electorate in ('household','person','owner')")
        _check(table, "poll", "paper", "paper in ('none','last','final')")
        _check(table, "poll", "prolonged", "prolonged_until is null or prolonged_until > closes_at")
    with op.batch_alter_table("roll_entry") as table:
        for name in ("owner_id", "entered_by_id", "checked_by_id"):
            table.add_column(sa.Column(name, KEY, nullable=True))
        table.add_column(sa.Column("rings", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("source", sa.String(length=120), nullable=False, server_default=""))
        for name in ("disputed_at", "boxed_at"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("voted", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.create_foreign_key(op.f("fk_roll_entry_owner_id"), "owner", ["owner_id"], ["id"])
        table.create_foreign_key(op.f("fk_roll_entry_entered_by_id"), "person", ["entered_by_id"], ["id"])
        table.create_foreign_key(op.f("fk_roll_entry_checked_by_id"), "person", ["checked_by_id"], ["id"])
        table.create_unique_constraint(op.f("uq_roll_entry_poll_id_owner_id"), ["poll_id", "owner_id"])
        table.create_index(op.f("ix_roll_entry_owner_id"), ["owner_id"], unique=False)
        _uncheck(table, "roll_entry", "unit")
        _check(table, "roll_entry", "unit", UNIT)
    with op.batch_alter_table("ballot") as table:
        table.alter_column("slot_id", existing_type=sa.BigInteger(), nullable=True)
        table.drop_column("batch")
        table.add_column(sa.Column("serial", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("helper", sa.String(length=60), nullable=False, server_default=""))
        table.add_column(sa.Column("form", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("batch_id", sa.BigInteger(), nullable=True))
        table.create_unique_constraint(op.f("uq_ballot_slot_id_form"), ["slot_id", "form"])
        table.create_foreign_key(
            op.f("fk_ballot_batch_id_poll_id"), "ballot_batch", ["batch_id", "poll_id"], ["id", "poll_id"]
        )
    unsealed, serial = sa.text("batch_id is null"), sa.text("live and serial is not null")
    op.create_index(
        "ix_ballot_unsealed", "ballot", ["poll_id", "commitment"], sqlite_where=unsealed, postgresql_where=unsealed
    )
    op.create_index(
        "uq_ballot_serial", "ballot", ["poll_id", "serial"], unique=True, sqlite_where=serial, postgresql_where=serial
    )
    # What was announced before is under way; nothing was adopted yet.
    op.execute(
        "update decision set state = 'deciding',"
        " state_at = (select max(announced_at) from poll where poll.decision_id = decision.id)"
        " where id in (select decision_id from poll)"
    )


# What the tables of before have no place for.
STAYS = {
    "ballots that are sealed in batches": "select 1 from ballot_batch limit 1",
    "ballots without a slot": "select 1 from ballot where slot_id is null limit 1",
    "owners on a roll": "select 1 from roll_entry where owner_id is not null limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    op.drop_index("uq_ballot_serial", table_name="ballot")
    op.drop_index("ix_ballot_unsealed", table_name="ballot")
    with op.batch_alter_table("ballot") as table:
        table.drop_constraint(op.f("fk_ballot_batch_id_poll_id"), type_="foreignkey")
        table.drop_constraint(op.f("uq_ballot_slot_id_form"), type_="unique")
        for name in ("batch_id", "form", "helper", "serial"):
            table.drop_column(name)
        table.add_column(sa.Column("batch", sa.BigInteger(), nullable=True))
        table.alter_column("slot_id", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("roll_entry") as table:
        table.drop_index(op.f("ix_roll_entry_owner_id"))
        table.drop_constraint(op.f("uq_roll_entry_poll_id_owner_id"), type_="unique")
        for name in ("owner_id", "entered_by_id", "checked_by_id"):
            table.drop_constraint(op.f(f"fk_roll_entry_{name}"), type_="foreignkey")
        _uncheck(table, "roll_entry", "unit")
        for name in (
            *("voted", "boxed_at", "disputed_at", "source", "rings"),
            *("checked_by_id", "entered_by_id", "owner_id"),
        ):
            table.drop_column(name)
        _check(table, "roll_entry", "unit", UNIT_BEFORE)
    with op.batch_alter_table("poll") as table:
        for key in ("paper", "prolonged", "electorate"):
            _uncheck(table, "poll", key)
        for name in ("links_deleted_at", "final_at", "prolonged_until", "prolong_days", "matter", "paper"):
            table.drop_column(name)
        _check(table, "poll", "electorate", "electorate in ('household','person')")
    with op.batch_alter_table("decision") as table:
        table.drop_constraint(op.f("fk_decision_proposer_id"), type_="foreignkey")
        _uncheck(table, "decision", "state")
        for name in ("proposer_id", "narrowed_at", "state_at", "state"):
            table.drop_column(name)
    op.drop_column("person", "reminders")
    op.drop_table("ballot_batch")
