"""What ``make run`` does once the dependencies are there: database, demonstration, server. Each failure is one line."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402
from flask_migrate import upgrade  # noqa: E402
from sqlalchemy import create_engine, inspect, text  # noqa: E402
from sqlalchemy.exc import OperationalError  # noqa: E402

from app.config import Config, MissingPackage  # noqa: E402


def fail(sentence: str) -> None:
    """Say in one line what is wrong and how to mend it."""
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


def check_port() -> str:
    """The port to serve at, which must be free."""
    port = os.environ.get("PORT", "8000")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        fail(f"PORT={port} is no port. Choose one, such as: make run PORT=8001")
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            fail(
                f"Port {port} is taken. Stop what runs there, or choose another: make run PORT={int(port) % 65535 + 1}"
            )
    return port


def revision(url: str) -> str | None:
    """The migration at which the database stands; None for an empty one."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
            return found
    finally:
        engine.dispose()


def newest() -> str:
    """The newest migration of this program."""
    from alembic.config import Config as AlembicConfig
    from alembic.script import ScriptDirectory

    options = AlembicConfig()
    options.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(options).get_current_head() or ""


def keep_copy(path: Path, at: str) -> Path:
    """Copy a SQLite database as it stands, before it is migrated."""
    folder = path.parent / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"before-{newest()}-from-{at}-{time.strftime('%Y%m%d-%H%M%S')}.db"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return target


def migrate(app: Flask, config: Config, path: Path | None) -> None:
    """Bring the database to this program's tables, with a copy kept of what was there."""
    at = revision(config.database_url)
    if at == newest():
        return
    if at is not None and path is not None:
        print(f"Updating the database; a copy is kept in {keep_copy(path, at)}")
    with app.app_context():
        upgrade()


def first_time(path: Path) -> None:
    """Make a SQLite database with the demonstration aside, then move it to its place: there is all of it or none."""
    from app.factory import create_app

    part = path.with_suffix(".part")
    for rest in path.parent.glob(part.name + "*"):
        rest.unlink()
    os.environ["DATABASE_URL"] = f"sqlite:///{part}"
    print("Making the database ...", flush=True)
    app = create_app(Config.from_env())
    load(app)
    del os.environ["DATABASE_URL"]
    part.replace(path)
    part.with_name(part.name + "-journal").unlink(missing_ok=True)


def load(app: Flask) -> None:
    """Migrate and, where there is no community yet, load the demonstration."""
    from app.core.database import db
    from app.demo.story import load_demonstration
    from app.people.queries import any_community

    with app.app_context():
        upgrade()
        if not any_community():
            print("Loading the demonstration (about half a minute, once) ...", flush=True)
            load_demonstration()
        db.session.remove()
        db.engine.dispose()


def main() -> None:
    """Prepare and become the server."""
    port = check_port()
    try:
        config = Config.from_env()
        config.media_dir.mkdir(parents=True, exist_ok=True)
    except ValueError as error:  # a setting that is wrong says so itself
        fail(str(error))
    except OSError as error:
        fail(f"The data folder can't be used ({error}). Make it writable, or set QIDING_VAR to another.")
    given = bool(os.environ.get("DATABASE_URL"))
    path = Path(config.database_url.removeprefix("sqlite:///")) if config.is_sqlite else None
    if path is not None and not given and not path.exists():
        first_time(path)
    try:
        from app.factory import create_app

        app = create_app(Config.from_env())
        migrate(app, config, path)
        if given:
            load(app)
    except MissingPackage as error:
        fail(str(error))
    except OperationalError as error:
        fail(f"The database at DATABASE_URL does not answer ({str(error.orig).splitlines()[0]}). Is it started?")
    from app.demo.story import sign_ins

    print(f"\nQiding is at http://127.0.0.1:{port}   (stop with Ctrl-C)\n")
    print(sign_ins(config) or "Sign in at /sign-in; staff at /sign-in/staff.", flush=True)
    if not config.jobs_in_thread:
        print("Long work needs a worker beside it: .venv/bin/flask --app wsgi worker\n", flush=True)
    gunicorn = Path(sys.executable).parent / "gunicorn"
    os.chdir(ROOT)
    os.execv(gunicorn, [str(gunicorn), "wsgi:app"])


if __name__ == "__main__":
    main()
