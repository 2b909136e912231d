"""Copy database and media into var/backups/<time> while the server runs, and say where."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.config import Config  # noqa: E402


def copy_database(config: Config, folder: Path) -> str:
    """Copy the database as one moment shows it; returns what was written, or exits with the mend."""
    if config.is_sqlite:
        source = Path(config.database_url.removeprefix("sqlite:///"))
        if not source.exists():
            raise SystemExit(f"There is no database at {source}. Start once with: make run")
        target = folder / "qiding.db"
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy, pages=512, sleep=0.01)
            found = copy.execute("pragma integrity_check").fetchone()[0]
        if found != "ok":
            raise SystemExit(f"The copy at {target} is not whole: {found}")
        return target.name
    if shutil.which("pg_dump") is None:
        raise SystemExit("pg_dump is missing. On Debian or Ubuntu: sudo apt install postgresql-client")
    target = folder / "qiding.dump"
    url = config.database_url.replace("postgresql+psycopg://", "postgresql://")
    done = subprocess.run(["pg_dump", "--format=custom", f"--file={target}", url], check=False)
    if done.returncode:
        raise SystemExit("pg_dump failed; nothing was kept.")
    return target.name


def main() -> None:
    """Database first, then media: every file that a row names was written before the row."""
    config = Config.from_env()
    folder = (ROOT / "var" / "backups" if len(sys.argv) < 2 else Path(sys.argv[1])) / time.strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    name = copy_database(config, folder)
    if config.media_dir.exists():
        shutil.copytree(config.media_dir, folder / "media")
    print(f"{folder}: {name} and media, bundles of votes among them.")
    print(
        f"Not in it, so that it can be handed on: keep a copy of the secret ({ROOT / 'var' / 'secret'}) apart from it,"
    )
    print(
        f"and of the signing key ({config.signing_file or 'QIDING_SIGNING_KEY'}): without it checkpoints get a new key."
    )


if __name__ == "__main__":
    main()
