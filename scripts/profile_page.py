"""Where the time of a page goes: ``.venv/bin/python scripts/profile_page.py PATH [nobody|resident|staff] [made]``.

Asks one page of the present database a hundred times within this process, as nobody, as the first paired device, or as the first
facilitator, and prints the fastest of them, how many statements it sent, and what took longest. ``made`` keeps no page.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from dataclasses import replace
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event, select

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

TIMES = 100


def reader(client: FlaskClient, who: str) -> FlaskClient:
    """The browser, signed in as somebody."""
    from app.core.database import db
    from app.people.models import Device, Person, RoleGrant
    from app.people.staff_sessions import begin

    with client.application.app_context():
        if who == "resident":
            device = db.session.scalars(select(Device.public_id).where(Device.ended_at.is_(None)).order_by(Device.id))
            user = f"device:{device.first()}"
        else:
            query = select(Person).join(RoleGrant, RoleGrant.person_id == Person.id)
            person = db.session.scalars(query.where(RoleGrant.role == "facilitator").order_by(Person.id)).first()
            if person is None:
                raise SystemExit("nobody facilitates here")
            user = f"staff:{begin(person.id, 'profile').public_id}"
    with client.session_transaction() as session:
        session.update({"_user_id": user, "_fresh": True, "at": time.time_ns() // 1_000_000})
    return client


def main(path: str, who: str, made: bool) -> None:
    """Ask and print."""
    from app.config import Config
    from app.core.database import db
    from app.factory import create_app

    config = Config.from_env()
    app = create_app(replace(config, page_cache=0) if made else config)
    client = app.test_client() if who == "nobody" else reader(app.test_client(), who)
    if (status := client.get(path).status_code) != 200:
        raise SystemExit(f"{path} answers {status}")
    client.get(path)
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    client.get(path)
    asked, best, profile = len(statements), 1e9, cProfile.Profile()
    for _ in range(TIMES):
        begun = time.process_time()
        client.get(path)
        best = min(best, time.process_time() - begun)
    print(f"{path} for {who}: {best * 1000:.1f} ms of the processor, {asked} statements")
    with profile:
        for _ in range(TIMES):
            client.get(path)
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(15)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "nobody", "made" in sys.argv[3:])
