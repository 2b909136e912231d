"""The proof: keys of the logs, checkpoints, tiles and marks of the log, bundles

Revision ID: 0006
Revises: 0002
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, parent: str, unique: tuple[str, str] | tuple[str, str, str], *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", KEY, nullable=False),
        sa.Column(f"{parent}_id", KEY, nullable=False),
        *columns,
        sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_{name}_{parent}_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}")),
    )


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _text(name: str, length: int | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=length) if length else sa.Text(), nullable=False)


def upgrade() -> None:
    _table("log_key", "community", ("community_id", "seq"), _text("key", 64), _number("seq"), _number("at"))
    _table(
        "checkpoint",
        "community",
        ("community_id", "size"),
        _number("size"),
        _text("root", 64),
        _text("frontier"),
        _text("note"),
        _number("at"),
    )
    _table("log_tile", "community", ("community_id", "number"), _number("number"), _text("root", 64))
    _table(
        "log_mark",
        "community",
        ("community_id", "subject", "seq"),
        _text("subject", 16),
        _number("seq"),
        _text("kind", 60),
    )
    _table(
        "bundle",
        "poll",
        ("poll_id", "size"),
        _number("size"),
        _text("sha256", 64),
        _number("length"),
        sa.Column("checks", sa.JSON(), nullable=False),
        _number("at"),
    )
    _keys_from_the_log()


def _keys_from_the_log() -> None:
    """A database that was here before, and went back: its log names the keys that sign it."""
    bind = op.get_bind()
    told = bind.execute(
        sa.text('select community_id, seq, body from log where body like \'%"kind":"key.%\' order by community_id, seq')
    ).all()
    for community_id, seq, text in told:
        body = json.loads(text)
        if body["kind"] in ("key.introduced", "key.rotated"):
            values = {"community_id": community_id, "seq": seq, "key": body["key"], "at": body["at"]}
            bind.execute(
                sa.text("insert into log_key (community_id, seq, key, at) values (:community_id, :seq, :key, :at)"),
                values,
            )


def downgrade() -> None:
    for name in ("bundle", "log_mark", "log_tile", "checkpoint", "log_key"):
        op.drop_table(name)
