"""Made-up requests over the whole map of addresses: ``.venv/bin/python scripts/fuzz.py [times] [sqlite|postgresql] [seed]``.

Builds the town of the permission table on a database of its own and asks as every role, with every method, odd addresses,
queries, headers and forms. Prints the seed; exit status 1 when anything answered 5xx, logged a traceback, or wrote what
its answer doesn't explain. ``make fuzz`` sends fifty thousand.
"""

from __future__ import annotations

import logging
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

PART = 1000


def main(times: int, kind: str, seed: int) -> int:
    """Furnish, ask, and say what came of it."""
    from app.core.clock import FixedClock
    from app.core.database import db
    from scripts.bench.roll import database
    from tests.conftest import NOON
    from tests.fuzz import Fuzz
    from tests.installation import installed
    from tests.permission_requests import keep_world
    from tests.permission_world import build

    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        clock = FixedClock(NOON)
        app = installed(url, Path(name), clock)
        logging.getLogger().setLevel(logging.ERROR)
        app.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
        fuzz = Fuzz(keep_world(build(app, clock)), seed)
        for start in range(0, times, PART):
            fuzz.run(min(PART, times - start))
            print(f"{min(start + PART, times)}: {dict(sorted(fuzz.answered.items()))}", flush=True)
            if fuzz.wrong:
                break
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    if fuzz.wrong:
        print("\n".join(fuzz.wrong))
        return 1
    print(f"{kind}: {fuzz.verdict()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 50_000,
            sys.argv[2] if len(sys.argv) > 2 else "sqlite",
            int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32),
        )
    )
