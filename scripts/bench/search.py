"""What a search costs as the archive grows: ``.venv/bin/python -m scripts.bench.search [100000] [postgresql]``.

Makes a database of its own (a file, or one on the server that QIDING_TEST_POSTGRESQL names), writes 100 comments of some
sixty characters and searches them, then N. Prints for each question the least milliseconds of nine tries at both sizes
and their ratio in this one run: a word of two characters that one document in a hundred holds, one character, a word in
every document, two words at once, a word nobody wrote, and the list without a question. Then what the rebuilding of the
index takes a document, and a comment's commit with its indexing beside one without.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from scripts.bench.roll import database

FEW, TIMES, BATCH = 100, 9, 10_000
SYLLABLES = "楼道灯光花园树木长椅雨棚晾衣坡道车位垃圾分类老人孩子安全邻居商量方案造价维修居民公示意见时间地点"
QUESTIONS = {
    "电梯 (1 in 100)": {"said": "电梯"},
    "亭 (1 in 1,000)": {"said": "亭"},
    "的 (in each)": {"said": "的"},
    "电梯 维修": {"said": "电梯 维修"},
    "梯电 (none)": {"said": "梯电"},
    "nothing asked": {"said": ""},
    "nothing asked, comments": {"said": "", "kind": "comment"},
}


def text_of(n: int, chance: random.Random) -> str:
    """A comment of some sixty characters; every hundredth speaks of a lift, every thousandth of a pavilion."""
    words = "".join(chance.choice(SYLLABLES) for _ in range(50))
    return f"{words}的第{n}条，{'电梯几时装？' if n % 100 == 0 else ''}{'亭子漏雨。' if n % 1000 == 7 else ''}"


def town(app: Flask) -> tuple[int, dict[str, int]]:
    """A community with a project and its talk; the community's id, and what a comment needs to stand there."""
    from sqlalchemy import select

    from app.cli import store_shipped_methods
    from app.comments.models import Talk
    from app.core.database import db
    from app.core.transaction import transaction
    from app.people.commands import setup_town
    from app.people.models import Person, RoleGrant
    from app.people.places import Community
    from app.people.session import actor_of
    from app.projects.models import ActivityRun, MethodVersion, Project
    from app.projects.service import start_project

    setup_town("清溪镇", "ziteng", "紫藤里", "admin@example.org", "管理员", "three words in a row")
    store_shipped_methods()
    here = db.session.scalars(select(Community.id)).one()
    with transaction() as tx:
        lead = Person(name="陈老师", email="lead@example.org", created_at=tx.now)
        tx.session.add(lead)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=lead.id, community_id=here, role="facilitator", at=tx.now))
        person = lead.id
    lift = MethodVersion.key == "lift"
    method = db.session.scalars(select(MethodVersion.public_id).where(lift)).one()
    start_project(actor_of(person), here, title="加装", place="5号楼", summary="一部", method_public_id=method)
    project, run = db.session.execute(select(Project.id, ActivityRun.id).join(ActivityRun).limit(1)).one()
    with transaction() as tx:
        talk = Talk(
            community_id=here, project_id=project, activity_run_id=run, subject="bench", title="议一议", href="/"
        )
        tx.session.add(talk)
        tx.session.flush()
        return here, {"community_id": here, "talk_id": talk.id, "person_id": person}


def fill(place: dict[str, int], first: int, count: int) -> None:
    """Write comments past the session's rows: the rebuilding finds them."""
    from sqlalchemy import insert

    from app.comments.models import Comment
    from app.core.ids import new_public_id
    from app.core.transaction import transaction

    chance = random.Random(first)
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        rows = [
            {
                **place,
                "public_id": new_public_id(),
                "kind": "concern",
                "text": text_of(n, chance),
                "at": 1_772_942_400_000 + n,
            }
            for n in numbers
        ]
        with transaction() as tx:
            tx.session.execute(insert(Comment), rows)


def took(work: Callable[[], object]) -> float:
    """The least milliseconds of a piece of work: what it takes when nobody else wants the machine."""
    from app.core.database import db

    seconds = []
    for _ in range(TIMES):
        db.session.rollback()
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds) * 1000


def searches(here: int) -> dict[str, float]:
    """What each question takes now."""
    from app.archive.queries import Filters, choices, find

    found = {}
    for name, asked in QUESTIONS.items():
        filters = Filters(here, kind=asked.get("kind", ""))
        found[name] = took(lambda said=asked["said"], filters=filters: find(said, filters))
    found["the filters' choices"] = took(lambda: choices(here))
    return found


def posting(place: dict[str, int]) -> tuple[float, float]:
    """A comment written through the session, which indexes it, and one past it."""
    from sqlalchemy import insert

    from app.comments.models import Comment
    from app.core.ids import new_public_id
    from app.core.transaction import transaction

    values = {**place, "kind": "concern", "text": text_of(1, random.Random(0)), "at": 1_772_942_400_000}

    def indexed() -> None:
        with transaction() as tx:
            tx.session.add(Comment(**values))

    def bare() -> None:
        with transaction() as tx:
            tx.session.execute(insert(Comment), [{**values, "public_id": new_public_id()}])

    return took(indexed), took(bare)


def run(app: Flask, many: int) -> None:
    """Fill, search, fill, search; print."""
    from flask_migrate import upgrade

    from app.archive.index import rebuild
    from app.core.database import db

    with app.test_request_context():
        upgrade()
        here, place = town(app)
        fill(place, 0, FEW)
        rebuild()
        few = searches(here)
        fill(place, FEW, many - FEW)
        start = time.perf_counter()
        count = rebuild()
        seconds = time.perf_counter() - start
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("analyze")
        grown = searches(here)
        indexed, bare = posting(place)
        db.engine.dispose()
    print(f"{'question':28} {FEW:>9} {many:>9}  ratio")
    for name, small in few.items():
        print(f"{name:28} {small:6.1f} ms {grown[name]:6.1f} ms {grown[name] / small:6.1f}")
    print(f"rebuilding: {count} documents in {seconds:.1f} s, {seconds / count * 1000:.2f} ms each")
    print(f"a comment with its indexing {indexed:.2f} ms, without {bare:.2f} ms: {indexed / bare:.2f}")


if __name__ == "__main__":
    from app.config import Config
    from app.factory import create_app

    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        run(create_app(Config(database_url=url, media_dir=Path(name), secret="bench", testing=True)), size)
