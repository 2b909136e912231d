"""The public archive is searched: documents, and each database's own full-text index

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger()
KEY = BIG.with_variant(sa.Integer(), "sqlite")

# The table holds the words; FTS5 holds only their index, which the triggers keep.
ADD = """insert into search_fts(rowid, title_words, words, facets)
    values (new.id, new.title_words, new.words, new.facets);"""
REMOVE = """insert into search_fts(search_fts, rowid, title_words, words, facets)
    values ('delete', old.id, old.title_words, old.words, old.facets);"""
SQLITE = (
    """create virtual table search_fts using fts5(title_words, words, facets,
        content='search_document', content_rowid='id', tokenize="unicode61 remove_diacritics 0")""",
    f"create trigger search_document_added after insert on search_document begin {ADD} end",
    f"create trigger search_document_removed after delete on search_document begin {REMOVE} end",
    f"""create trigger search_document_changed after update of title_words, words, facets on search_document
        begin {REMOVE} {ADD} end""",
)
# Without places: phrases are looked for in the words themselves, whose length PostgreSQL does not limit.
VECTOR = "tsvector generated always as (strip(to_tsvector('simple'::regconfig, {words}))) stored"
POSTGRESQL = (
    "alter table search_document add column found " + VECTOR.format(words="title_words || words || facets"),
    "alter table search_document add column found_title " + VECTOR.format(words="title_words || facets"),
    "create index ix_search_document_found on search_document using gin (found)",
    "create index ix_search_document_found_title on search_document using gin (found_title)",
)


def upgrade() -> None:
    op.create_table(
        "search_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("community_id", KEY, nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("year", BIG, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("title_words", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facets", sa.String(length=200), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_search_document_community_id"),
        sa.ForeignKeyConstraint(
            ["project_id", "community_id"],
            ["project.id", "project.community_id"],
            name="fk_search_document_project_id_community_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_document"),
        sa.UniqueConstraint("kind", "public_id", name="uq_search_document_kind_public_id"),
    )
    op.create_index("ix_search_document_at", "search_document", ["at"])
    op.create_index("ix_search_document_kind_at", "search_document", ["kind", "at"])
    op.create_index("ix_search_document_community_id_at", "search_document", ["community_id", "at"])
    op.create_index("ix_search_document_community_id_kind_at", "search_document", ["community_id", "kind", "at"])
    bind = op.get_bind()
    for statement in SQLITE if bind.dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    # What was published before is indexed by the first worker that looks for work.
    op.execute(
        """insert into job (public_id, kind, arguments, state, run_after, attempts, done, total, key, created_at)
        select 'SEARCHREBU1LD000', 'search.rebuild', '{}', 'queued', 0, 0, 0, 0, 'search.rebuild:0017', 0
        where exists (select 1 from community)
        and not exists (select 1 from job where key = 'search.rebuild:0017')"""
    )


def downgrade() -> None:
    op.execute("delete from job where key = 'search.rebuild:0017'")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop table search_fts")
    op.drop_table("search_document")
