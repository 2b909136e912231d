"""Load a world into an empty database: ``.venv/bin/python -m scripts.dataset town --database sqlite``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from flask import Flask

from scripts.dataset import world
from scripts.dataset.sizes import COMMUNITIES, Share

ROOT = Path(__file__).resolve().parent.parent.parent


def say(sentence: str) -> None:
    """Progress, for whoever waits."""
    print(sentence, flush=True)


def place(kind: str, size: str) -> str:
    """The address of a size's database: what DATABASE_URL says, else one of its own, made when it isn't there."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    if kind == "sqlite":
        folder = Path(os.environ.get("QIDING_VAR", ROOT / "var"))
        folder.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{folder.resolve() / f'dataset-{size}.db'}"
    return world.server_database(f"qiding_dataset_{size}")


def application(url: str) -> Flask:
    """The application on this database, its tables brought up to date."""
    from flask_migrate import upgrade

    from app.config import Config
    from app.factory import create_app

    app = create_app(Config.from_env({**os.environ, "DATABASE_URL": url}))
    with app.app_context():
        upgrade()
    return app


def main() -> int:
    """Load, and say how long it took."""
    parser = argparse.ArgumentParser(prog="scripts.dataset", description=__doc__)
    parser.add_argument("size", choices=[*COMMUNITIES, "real"])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--part", type=float, default=1.0, help="less of everything in each community, for a try")
    parser.add_argument("--communities", type=int, default=0, help="other than the size's own number")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="where the real ones lie")
    asked = parser.parse_args()
    url = place(asked.database, asked.size)
    app = application(url)
    begun = time.perf_counter()
    try:
        if asked.size == "real":
            from scripts.dataset import real

            count = real.load(app, asked.data, say)
        else:
            share = Share() if asked.part == 1 else Share().scaled(asked.part)
            count = world.load(app, asked.communities or COMMUNITIES[asked.size], share, say)
    except world.Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    seconds = time.perf_counter() - begun
    say(f"{count:,} rows in {seconds:.0f} s, {count / seconds:,.0f} a second: {url}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
