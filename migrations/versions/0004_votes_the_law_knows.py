"""Votes the law knows: owners and who speaks for them, matters, authorisations, mandates, objections to a count

Revision ID: 0004
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.downgrades import refuse_loss

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", KEY, nullable=False)


def _ref(name: str, *, null: bool = False) -> sa.Column[int]:
    """What refers to one row by its key, or, within a community, together with another column."""
    together = name in ("poll_id", "roll_entry_id", "decision_id") or name.endswith("_at")
    return sa.Column(name, sa.BigInteger() if together else KEY, nullable=null)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _within(table: str, target: str) -> sa.ForeignKeyConstraint:
    columns = [f"{target}_id", "community_id"]
    name = op.f(f"fk_{table}_{target}_id_community_id")
    return sa.ForeignKeyConstraint(columns, [f"{target}.id", f"{target}.community_id"], name=name)


def _entry(table: str) -> sa.ForeignKeyConstraint:
    columns = ["roll_entry_id", "poll_id"]
    name = op.f(f"fk_{table}_roll_entry_id_poll_id")
    return sa.ForeignKeyConstraint(columns, ["roll_entry.id", "roll_entry.poll_id"], name=name)


def _primary(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _public(table: str) -> list[sa.SchemaItem]:
    return [
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
    ]


def upgrade() -> None:
    with op.batch_alter_table("owner") as table:
        table.add_column(sa.Column("is_developer", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("poll") as table:
        table.add_column(sa.Column("roll_area", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("roll_entry") as table:
        table.add_column(sa.Column("unit_key", sa.String(64), nullable=True))
        table.drop_constraint(op.f("uq_roll_entry_poll_id_owner_id"), type_="unique")
        table.create_unique_constraint(op.f("uq_roll_entry_poll_id_unit_key"), ["poll_id", "unit_key"])
    op.create_table(
        "owner_person",
        *(_id(), _ref("community_id"), sa.Column("owner_id", sa.BigInteger(), nullable=False), _ref("person_id")),
        sa.Column("paper", sa.String(200), nullable=False),
        *(_ref("entered_by_id"), sa.Column("at", sa.BIGINT(), nullable=False), _ref("ended_at", null=True)),
        _key("owner_person", "community_id", "community"),
        _key("owner_person", "entered_by_id", "person"),
        _key("owner_person", "person_id", "person"),
        _within("owner_person", "owner"),
        _primary("owner_person"),
        sa.UniqueConstraint("owner_id", "person_id", name=op.f("uq_owner_person_owner_id_person_id")),
    )
    op.create_index(op.f("ix_owner_person_person_id"), "owner_person", ["person_id"])
    op.create_table(
        "roll_voice",
        *(_id(), _ref("poll_id"), _ref("roll_entry_id")),
        *(_ref("household_id", null=True), _ref("owner_id", null=True)),
        sa.CheckConstraint("(household_id is null) <> (owner_id is null)", name=op.f("ck_roll_voice_one")),
        _key("roll_voice", "household_id", "household"),
        _key("roll_voice", "owner_id", "owner"),
        _entry("roll_voice"),
        _primary("roll_voice"),
        sa.UniqueConstraint("roll_entry_id", "household_id", name=op.f("uq_roll_voice_roll_entry_id_household_id")),
        sa.UniqueConstraint("roll_entry_id", "owner_id", name=op.f("uq_roll_voice_roll_entry_id_owner_id")),
    )
    for column in ("household_id", "owner_id", "poll_id"):
        op.create_index(op.f(f"ix_roll_voice_{column}"), "roll_voice", [column])
    op.create_table(
        "mandate",
        *(_id(), *_public("mandate"), _ref("community_id"), _ref("poll_id"), _ref("roll_entry_id"), _ref("holder_id")),
        sa.Column("paper", sa.String(200), nullable=False),
        sa.Column("scan", sa.String(16), nullable=False),
        *(_ref("entered_by_id"), sa.Column("at", sa.BIGINT(), nullable=False)),
        *(_ref("revoked_at", null=True), _ref("revoked_by_id", null=True)),
        _key("mandate", "community_id", "community"),
        *(_key("mandate", name, "person") for name in ("entered_by_id", "holder_id", "revoked_by_id")),
        _within("mandate", "poll"),
        _entry("mandate"),
        _primary("mandate"),
    )
    op.create_index(op.f("ix_mandate_holder_id"), "mandate", ["holder_id"])
    op.create_index(op.f("ix_mandate_poll_id"), "mandate", ["poll_id"])
    standing = sa.text("revoked_at is null")
    op.create_index(
        "uq_mandate_standing",
        "mandate",
        ["roll_entry_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "matter",
        *(_id(), _ref("community_id"), _ref("decision_id")),
        sa.Column("item", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *(_ref("classified_by_id"), sa.Column("at", sa.BIGINT(), nullable=False)),
        _key("matter", "classified_by_id", "person"),
        _key("matter", "community_id", "community"),
        _within("matter", "decision"),
        _primary("matter"),
        sa.UniqueConstraint("decision_id", name=op.f("uq_matter_decision_id")),
    )
    op.create_table(
        "authorisation",
        *(_id(), *_public("authorisation"), _ref("community_id")),
        sa.Column("authority", sa.String(120), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("date", sa.String(10), nullable=False),
        sa.Column("scan", sa.String(16), nullable=False),
        *(_ref("entered_by_id"), sa.Column("at", sa.BIGINT(), nullable=False)),
        *(_ref("revoked_at", null=True), _ref("revoked_by_id", null=True)),
        sa.Column("revoked_reason", sa.Text(), nullable=False),
        _key("authorisation", "community_id", "community"),
        *(_key("authorisation", name, "person") for name in ("entered_by_id", "revoked_by_id")),
        _primary("authorisation"),
    )
    op.create_index(op.f("ix_authorisation_community_id"), "authorisation", ["community_id"])
    op.create_table(
        "count_objection",
        *(_id(), *_public("count_objection"), _ref("community_id"), _ref("poll_id"), _ref("person_id")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BIGINT(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        *(_ref("answered_by_id", null=True), _ref("answered_at", null=True)),
        sa.CheckConstraint(
            "(answered_at is null) = (answered_by_id is null)", name=op.f("ck_count_objection_answered")
        ),
        _key("count_objection", "community_id", "community"),
        *(_key("count_objection", name, "person") for name in ("answered_by_id", "person_id")),
        _within("count_objection", "poll"),
        _primary("count_objection"),
    )
    op.create_index(op.f("ix_count_objection_poll_id"), "count_objection", ["poll_id"])
    # Who the unit is, where that needs no owners: of rolls that were frozen with it, before they came back here.
    op.execute(
        "update roll_entry set unit_key = coalesce("
        "(select public_id from household where household.id = roll_entry.household_id),"
        " (select public_id from person where person.id = roll_entry.person_id))"
    )
    op.execute(
        "update poll set roll_area = (select coalesce(sum(area), 0) from roll_entry where roll_entry.poll_id = poll.id)"
    )


# What the tables of before have no place for.
STAYS = {
    "persons who cast for owners": "select 1 from owner_person limit 1",
    "owners' voices on a roll": "select 1 from roll_voice where owner_id is not null limit 1",
    "mandates": "select 1 from mandate limit 1",
    "matters": "select 1 from matter limit 1",
    "authorisations": "select 1 from authorisation limit 1",
    "objections to a count": "select 1 from count_objection limit 1",
    "developers among the owners": "select 1 from owner where is_developer limit 1",
}


def downgrade() -> None:
    refuse_loss(revision, STAYS)
    for name in ("count_objection", "authorisation", "matter", "mandate", "roll_voice", "owner_person"):
        op.drop_table(name)
    with op.batch_alter_table("roll_entry") as table:
        table.drop_constraint(op.f("uq_roll_entry_poll_id_unit_key"), type_="unique")
        table.create_unique_constraint(op.f("uq_roll_entry_poll_id_owner_id"), ["poll_id", "owner_id"])
        table.drop_column("unit_key")
    with op.batch_alter_table("poll") as table:
        table.drop_column("roll_area")
    with op.batch_alter_table("owner") as table:
        table.drop_column("is_developer")
