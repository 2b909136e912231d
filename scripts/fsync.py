"""Whether each ballot waits for the disk: ``.venv/bin/python scripts/fsync.py [casts]``. Needs Debian's ``strace``.

Casts on SQLite in a child process that strace watches, and compares how often it asked the disk to keep what was written
with how many transactions it committed. No kill of a process can show this: what is written survives that either way.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]


def child(url: str, folder: str, casts: int) -> None:
    """Cast so often, and print how many transactions were committed that wrote something, all in all."""
    from sqlalchemy import event

    from app.core.clock import FixedClock
    from app.core.database import db
    from tests.ballots.world import build
    from tests.conftest import NOON
    from tests.installation import installed

    clock = FixedClock(NOON)
    app = installed(url, Path(folder), clock)
    with app.app_context():
        engine = db.engine
    commits, wrote = [0], [False]

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        wrote[0] = wrote[0] or statement.startswith(("INSERT", "UPDATE", "DELETE"))

    def committed(_connection: object) -> None:
        commits[0] += wrote[0]
        wrote[0] = False

    event.listen(engine, "after_cursor_execute", note)
    event.listen(engine, "commit", committed)
    world = build(app, clock, residents=3)
    poll = world.open()
    for number in range(casts):
        world.cast(number % 3, poll)
    print(f"commits {commits[0]}", flush=True)


def main(casts: int) -> int:
    """Watch a child, and say what was counted."""
    with tempfile.TemporaryDirectory() as name:
        trace = Path(name) / "trace"
        command = ["strace", "-f", "-q", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
        command += [sys.executable, __file__, "--child", f"sqlite:///{name}/fsync.db", name, str(casts)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
        found = re.search(r"commits (\d+)", done.stdout)
        if done.returncode or found is None:
            print(done.stdout, done.stderr)
            return 1
        commits = int(found[1])
        syncs = sum(("fsync(" in line or "fdatasync(" in line) for line in trace.read_text().splitlines())
    print(f"{casts} casts: {commits} commits, {syncs} times the disk was asked to keep what was written")
    return 0 if syncs >= commits >= casts else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        raise SystemExit(0)
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
