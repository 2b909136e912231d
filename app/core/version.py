"""Versions: a number a community that every commit changes with what it wrote, so that what was kept of before is known.

Whatever goes through the engine is seen, ORM or not: a write notes its community, and the commit raises the versions of the
noted ones in the same transaction, last of all locks. See docs/decisions/0022-pages-kept.md.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import bindparam, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ColumnClause

from app.core.database import Base, BigKey, db, table_of

TOWN = 0  # the version of what belongs to no community, part of every page's
SHARDS = 4  # rows a community, of which a commit takes one: casts at the same moment seldom wait for each other
BITS = 44  # of chance in a number: no two states are ever likely to share it, and a town's sum fits in 63

# What is written for machines or for one person, and stands on no page that is kept.
UNSEEN = frozenset(
    {
        *(
            "version",
            "alembic_version",
            "job",
            "tries",
            "once_key",
            "message",
            "delivery",
            "mail_address",
            "group_hook",
        ),
        *("staff_link", "household_code", "move_code", "device", "access_log", "roll_import", "roll_row"),
        *("staff_session", "second_factor", "recovery_code", "erasure"),
    }
)
# What belongs to no community though it stands on pages of each.
OF_THE_TOWN = frozenset({"town", "community", "person", "method_version", "special_day"})
_WRITTEN, _FLUSHING = "qiding.written", "qiding.flushing"
_RAW = re.compile(r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+\"?(\w+)", re.IGNORECASE)
_FOLLOWS = -1  # a row that names no community: it belongs where the transaction's other rows do


class Version(Base):
    """One share of a community's version: a number drawn anew by each commit that takes this share."""

    __tablename__ = "version"

    community_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]


def keep_versions(app: Flask) -> None:
    """Watch what goes through the engine of ``app``, and what its sessions write."""
    with app.app_context():
        engine: Engine = db.engine
    if event.contains(engine, "commit", _raise):
        return
    event.listen(engine, "before_cursor_execute", _statement)
    event.listen(engine, "commit", _raise)
    event.listen(engine, "rollback", _forget)
    if not event.contains(Session, "before_flush", _objects):
        event.listen(Session, "before_flush", _objects)
        event.listen(Session, "after_flush", _flushed)


def _noted(connection: Connection) -> set[int]:
    found: set[int] = connection.info.setdefault(_WRITTEN, set())
    return found


def _objects(session: Session, _context: object, _instances: object) -> None:
    found: set[int] = set()
    for row in (*session.new, *session.dirty, *session.deleted):
        table = row.__tablename__
        if table == "community":
            found |= {row.id or TOWN, TOWN}
        elif table in OF_THE_TOWN:
            found.add(TOWN)
        elif table not in UNSEEN:
            named = getattr(row, "community_id", _FOLLOWS)
            found.add(TOWN if named is None else named)
    connection = session.connection()
    _noted(connection).update(found)
    connection.info[_FLUSHING] = True  # what the flush sends is known already


def _flushed(session: Session, _context: object) -> None:
    session.connection().info.pop(_FLUSHING, None)


def _statement(
    connection: Connection, _cursor: object, statement: str, _parameters: object, context: Any, _many: bool
) -> None:
    compiled = None if context is None else context.compiled
    if compiled is not None and not context.is_text:
        if context.execution_options.get("quiet"):
            return  # pages that show it ask for it each time: see live.py
        if not (context.isinsert or context.isupdate or context.isdelete):
            return
        name = compiled.statement.table.name
    else:
        raw = _RAW.match(statement)
        if raw is None:
            return
        name, compiled = raw[1].lower(), None
    if name in UNSEEN or name.startswith("search_fts") or connection.info.get(_FLUSHING):
        return
    if name in OF_THE_TOWN or compiled is None:
        _noted(connection).add(TOWN)
    else:
        _noted(connection).update(_named(compiled, context.compiled_parameters))


def _named(compiled: Any, parameters: Sequence[Any]) -> set[int]:
    """The communities that an INSERT's rows, or the condition of an UPDATE or DELETE, name."""
    if compiled.isinsert:
        found = {row.get("community_id", _FOLLOWS) for row in parameters}
        return {TOWN if named is None else int(named) for named in found}
    where = compiled.statement.whereclause
    names = []
    for part in (
        where.clauses if isinstance(where, BooleanClauseList) and where.operator is operators.and_ else (where,)
    ):
        if isinstance(part, BinaryExpression) and part.operator is operators.eq:
            column, value = part.left, part.right
            if isinstance(column, ColumnClause) and column.name == "community_id" and isinstance(value, BindParameter):
                names.append(compiled.bind_names[value])
    found = {row.get(names[0], _FOLLOWS) if len(names) == 1 else _FOLLOWS for row in parameters}
    return {TOWN if named is None else int(named) for named in found}


def _raise(connection: Connection) -> None:
    written: set[int] | None = connection.info.pop(_WRITTEN, None)
    connection.info.pop(_FLUSHING, None)
    if not written or connection.get_execution_options().get("versions") is False:
        return
    named = written - {_FOLLOWS} or {TOWN}
    raise_versions(connection, sorted(named))


def raise_versions(connection: Connection, communities: Sequence[int]) -> None:
    """Draw new numbers for some communities, in their order, so that two transactions never wait for each other in a ring."""
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table_of(Version))
    again = insert.on_conflict_do_update(index_elements=["community_id", "shard"], set_={"n": insert.excluded.n})
    for community_id in communities:
        row = {"community_id": community_id, "shard": secrets.randbelow(SHARDS), "n": secrets.randbits(BITS)}
        connection.execute(again, row)


def _forget(connection: Connection) -> None:
    if connection.invalidated:
        return  # its server is gone, and what was noted with it: to ask for it would keep the session from being rolled back
    connection.info.pop(_WRITTEN, None)
    connection.info.pop(_FLUSHING, None)


_N, _OF = table_of(Version).c.n, table_of(Version).c.community_id
_WHOLE = select(func.coalesce(func.sum(_N), 0))


def of_town() -> int:
    """The version of everything, for pages that show more than one community."""
    return int(db.session.execute(_WHOLE).scalar_one())


def of_community(slug: str) -> int:
    """The version of a community together with the town's. Asked before anything of a page is read, of the same server."""
    return int(db.session.execute(_within(), {"slug": slug}).scalar_one())


_statements: list[Any] = []


def _within() -> Any:
    if not _statements:
        community = Base.metadata.tables["community"]
        one = select(community.c.id).where(community.c.slug == bindparam("slug")).scalar_subquery()
        _statements.append(_WHOLE.where((_OF == TOWN) | (one == _OF)))
    return _statements[0]
