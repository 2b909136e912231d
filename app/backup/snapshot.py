"""What a database holds at one moment, in figures that can be compared after it was put back elsewhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    String,
    column,
    create_engine,
    event,
    func,
    inspect,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.pool import NullPool

from app.engine.merkle import Tree

DERIVED = ("search_fts", "sqlite_")  # made from other tables
# Where rows name files: the table, the column, and how the hash becomes the place under MEDIA_DIR.
NAMES = (
    ("media", "sha256", "{0}/{1}"),
    ("media", "small_sha256", "{0}/{1}"),
    ("project_origin", "dossier_sha256", "dossiers/brought/{0}{1}.zip"),
)


@dataclass(frozen=True)
class Head:
    """A community's log: its size and root, the key that signs it, and its newest signed checkpoint."""

    slug: str
    origin: str
    size: int
    root: str
    key: str
    checkpoint: str


@dataclass(frozen=True)
class Snapshot:
    """The revision of the tables, the logs, and how many rows each table has."""

    revision: str
    heads: tuple[Head, ...]
    counts: dict[str, int]

    def told(self) -> dict[str, Any]:
        """As the list of a backup holds it."""
        return {"revision": self.revision, "communities": [asdict(head) for head in self.heads], "counts": self.counts}


def engine_for(url: str) -> Engine:
    """An engine of this work alone: no connection of it stays behind."""
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        # Without a transaction of its own each read would see another moment, and the driver begins none to read.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def read_snapshot(connection: Connection) -> Snapshot | None:
    """What this connection's transaction sees; None where there are no tables of Qiding."""
    tables = tables_of(connection)
    if "alembic_version" not in tables or "log" not in tables:
        return None
    revision = connection.execute(text("select version_num from alembic_version")).scalar()
    counts = {name: rows_in(connection, name) for name in tables}
    return Snapshot(str(revision), tuple(_heads(connection, tables)), counts)


def tables_of(connection: Connection) -> list[str]:
    """The tables that hold what nothing else does, in the order of their names."""
    return sorted(name for name in inspect(connection).get_table_names() if not name.startswith(DERIVED))


def rows_in(connection: Connection, name: str) -> int:
    """How many rows a table has."""
    return int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())


def is_filled(connection: Connection) -> bool:
    """Whether any table has a row, be it Qiding's or not."""
    names = [name for name in tables_of(connection) if name != "alembic_version"]
    return any(connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() for name in names)


def _heads(connection: Connection, tables: list[str]) -> list[Head]:
    found = []
    communities = connection.execute(text("select id, slug, public_id from community order by id")).all()
    for number, slug, public_id in communities:
        of = {"c": number}
        tree = Tree()
        bodies = text("select body from log where community_id = :c order by seq")
        for (body,) in connection.execute(bodies, of, execution_options={"yield_per": 2000}):
            tree.append(body.encode())
        key = checkpoint = None
        if "checkpoint" in tables:
            keys = text("select key from log_key where community_id = :c order by seq desc limit 1")
            notes = text("select note from checkpoint where community_id = :c order by size desc limit 1")
            key, checkpoint = connection.execute(keys, of).scalar(), connection.execute(notes, of).scalar()
        root = tree.root().hex()
        found.append(Head(slug, f"qiding/log/{public_id}", tree.size, root, key or "", checkpoint or ""))
    return found


def named_files(connection: Connection) -> set[str]:
    """The files under MEDIA_DIR that rows name and that nothing makes anew."""
    inspector, found = inspect(connection), set()
    for name, hashed, place in NAMES:
        if not inspector.has_table(name) or hashed not in {item["name"] for item in inspector.get_columns(name)}:
            continue
        there = column(hashed, String())
        query = select(there).select_from(table(name)).where(there.is_not(None)).distinct()
        found |= {place.format(sha256[:2], sha256[2:]) for sha256 in connection.execute(query).scalars()}
    return found
