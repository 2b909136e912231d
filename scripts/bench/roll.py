"""How long a roll takes: ``.venv/bin/python -m scripts.bench.roll 50000 [postgresql]``.

Makes a database of its own (a file, or one on the server that QIDING_TEST_POSTGRESQL names), sends a spreadsheet of
N rows through the service, confirms it, sends a later one in which a tenth changed and a hundredth is gone, and
prints the seconds: to read and stage it, to confirm it, of the confirming transaction alone, in all. Meanwhile a
second thread appends to the community's log as a cast does: its longest wait is how long casting was blocked.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

SERVER = os.environ.get("QIDING_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


def spreadsheet(households: int, *, later: bool = False) -> bytes:
    """An xlsx file: buildings of 60 units; the later one has other areas, and lacks some units."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["楼号", "单元", "室号", "户主", "建筑面积", "居住情况"])
    line = 1
    for n in range(households):
        if later and n % 100 == 99:
            continue
        building, rest = divmod(n, 60)
        entrance, flat = divmod(rest, 30)
        room = (flat // 2 + 1) * 100 + flat % 2 + 1
        area = 60 + n % 90 + (0.5 if later and n % 10 == 0 else 0)
        sheet.write_row(line, 0, [f"{building + 1}号楼", f"{entrance + 1}单元", room, f"户主{n}", area, "自住"])
        line += 1
    book.close()
    return out.getvalue()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, gone afterwards."""
    if kind != "postgresql":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    import psycopg
    from sqlalchemy.engine import make_url

    server, name = make_url(SERVER), f"qiding_bench_{uuid.uuid4().hex[:12]}"
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Caster(threading.Thread):
    """Appends to a community's log again and again, and keeps the longest wait."""

    def __init__(self, app: Flask, community_id: int) -> None:
        super().__init__(daemon=True)
        self.app, self.community_id = app, community_id
        self.longest, self.count, self.done = 0.0, 0, threading.Event()

    def run(self) -> None:
        from app.core.events import record_event
        from app.core.transaction import transaction

        while not self.done.is_set():
            start = time.perf_counter()
            with self.app.app_context(), transaction() as tx:
                record_event(tx, "bench.cast", community_id=self.community_id)
            self.longest, self.count = max(self.longest, time.perf_counter() - start), self.count + 1
            self.done.wait(0.02)


def watch_transactions() -> list[float]:
    """The seconds of each transaction that this thread commits from now on."""
    from sqlalchemy import event

    from app.core.database import db

    me, begun = threading.get_ident(), [0.0]
    lengths: list[float] = []

    def begin(_connection: object) -> None:
        if threading.get_ident() == me:
            begun[0] = time.perf_counter()

    def commit(_connection: object) -> None:
        if threading.get_ident() == me:
            lengths.append(time.perf_counter() - begun[0])

    event.listen(db.engine, "begin", begin)
    event.listen(db.engine, "commit", commit)
    return lengths


def run(app: Flask, households: int) -> None:
    """Send two files and print what they took."""
    from flask_migrate import upgrade

    from app.core import jobs
    from app.core.database import db
    from app.people import roll
    from app.people.communities import create_community
    from app.people.session import actor_of
    from app.people.staff import create_admin, invite

    with app.app_context():
        upgrade()
        community_id = create_community(None, "bench", name="测")
        admin = actor_of(create_admin("bench@example.org", "Bench", "three quiet words"))
        invite(admin, email="bench@example.org", name="Bench", role="facilitator", community_id=community_id)
        actor = actor_of(admin.person())
        lengths = watch_transactions()
        print(f"{households} rows on {db.engine.dialect.name}")
        print(f"{'':8}{'read':>8}{'confirm':>9}{'tx':>8}{'in all':>8}{'blocked':>9}   added changed gone same")
    for name, later in (("first", False), ("later", True)):
        data = spreadsheet(households, later=later)
        caster = Caster(app, community_id)
        caster.start()
        with app.app_context():
            start = time.perf_counter()
            public_id = roll.receive(actor, community_id, data, f"{name}.xlsx")
            jobs.run_all(app.extensions["qiding.jobs"])
            read = time.perf_counter()
            lengths.clear()
            roll.confirm(actor, public_id, gone=True)
            end = time.perf_counter()
            row = roll.find(public_id)
            counts = f"{row.added} {row.changed} {row.gone} {row.same}"
        caster.done.set()
        caster.join(60)
        took = f"{read - start:7.1f}s{end - read:8.2f}s{max(lengths):7.2f}s{end - start:7.1f}s"
        print(f"{name:8}{took}{caster.longest:8.2f}s   {counts}")


def main() -> int:
    """Make a database and run."""
    from app.config import Config
    from app.core.database import db
    from app.factory import create_app

    households = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        app = create_app(Config(database_url=url, media_dir=Path(folder) / "media", secret="bench"))
        try:
            run(app, households)
        finally:
            with app.app_context():
                db.engine.dispose()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
