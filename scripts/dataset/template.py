"""The first community as rows, played in a file of its own: those all communities share, its own, and the big project's."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.config import ROOT, Config
from app.core.clock import FixedClock
from app.core.database import Base, db
from app.demo.stage import Stage
from app.demo.story import unhurried_disk
from app.factory import create_app
from scripts.dataset import people, play
from scripts.dataset.chance import seeded
from scripts.dataset.sizes import Share
from scripts.dataset.tape import Tape, heard

TODAY = int(datetime(2026, 6, 15, 4, 0, tzinfo=UTC).timestamp() * 1000)  # a Monday, noon in the town
OPENING = -230
# What belongs to the installation that runs: its jobs, its tries, and the proof that its own key signs.
NOT_KEPT = frozenset(
    {"job", "tries", "once_key", "log_key", "checkpoint", "log_tile", "log_mark", "bundle", "version", "staff_session"}
)
MESSAGES = 10  # to each person
ORDER = {"ballot": "seq, id"}  # a ballot comes after the one that it replaces; other rows as their keys count up
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Template:
    """What was played: ``base`` all communities share, ``usual`` each has, ``first`` is the first with its big project."""

    base: Rows
    usual: Rows
    first: Rows
    tape: Tape


def columns(table: str) -> list[str]:
    """The columns of a table, in their order."""
    return [column.name for column in Base.metadata.tables[table].columns]


def tables() -> list[str]:
    """The tables that are kept, those first that others point to."""
    return [table.name for table in Base.metadata.sorted_tables if table.name not in NOT_KEPT]


def make(share: Share, projects: Sequence[int] = range(len(play.STEPS))) -> Template:
    """Play the first community in a file of its own, with some of its ten projects, and read its rows."""
    from flask_migrate import upgrade

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "play.db"
        config = Config(database_url=f"sqlite:///{path}", media_dir=Path(name), secret="a played world", testing=True)
        clock = FixedClock(TODAY)
        app = create_app(config, clock)
        with app.app_context():
            upgrade()
            stage = Stage(clock)
            clock.set(stage.at(OPENING, 9))
        with heard() as tape, seeded("qiding"), app.test_request_context(), unhurried_disk():
            town = people.found(stage)
            assert isinstance(town, people.Neighbourhood)
            method = people.methods((ROOT / "app" / "methods" / "qiding.toml").read_text(encoding="utf-8"))
            db.session.remove()
            base = read(path)
            people.settle(town, share)
            with people.known(town):
                stage.play([play.story(town, method, share, n) for n in projects])
                clock.set(max(clock.now(), TODAY - 86_400_000))
                play.rest(town, share)
                db.session.remove()
                usual = read(path)
                play.big(town, method, share)
                db.session.remove()
                first = read(path)
        with app.app_context():
            db.engine.dispose()
        return Template(base, without(usual, base), without(first, base), tape)


def read(path: Path) -> Rows:
    """All rows as they are stored."""
    with closing(sqlite3.connect(path)) as file:
        rows = {table: file.execute(_all(table)).fetchall() for table in tables()}
    return {**rows, "message": newest(rows["message"])}


def _all(table: str) -> str:
    return f'SELECT {", ".join(columns(table))} FROM "{table}" ORDER BY {ORDER.get(table, "rowid")}'  # noqa: S608


def newest(messages: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Each person's newest messages: a million people's old ones would be most of a world, and no page shows them."""
    person, kept, found = columns("message").index("person_id"), Counter[int](), []
    for row in reversed(messages):
        kept[row[person]] += 1
        if kept[row[person]] <= MESSAGES:
            found.append(row)
    return found[::-1]


def without(rows: Rows, base: Rows) -> Rows:
    """Rows that are not among the others."""
    return {
        table: [row for row in found if row not in set(base[table])] if base[table] else found
        for table, found in rows.items()
    }
